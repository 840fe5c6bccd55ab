// The screens of share, by path.

import type { ComponentType } from "preact";

export const screens: Record<string, ComponentType> = {};
