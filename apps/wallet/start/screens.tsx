// The screens of start, by path.

import type { ComponentType } from "preact";

export const screens: Record<string, ComponentType> = {};
