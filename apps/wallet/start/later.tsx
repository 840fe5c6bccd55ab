// The screens of start that load after the first one, by the first part of their path.

import type { ComponentType } from "preact";
import { More } from "./more.tsx";
import { RecoveryWords } from "./restore.tsx";

export const screens: Record<string, ComponentType> = {
  "/more": More,
  "/words": RecoveryWords,
};
