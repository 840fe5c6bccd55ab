// The screens of start, by the first part of their path.

import type { ComponentType } from "preact";
import { CheckIn, Visit } from "./check-in.tsx";
import { More } from "./more.tsx";
import { RecoveryWords } from "./restore.tsx";

export const screens: Record<string, ComponentType> = {
  "/": CheckIn,
  "/visit": Visit,
  "/more": More,
  "/words": RecoveryWords,
};
