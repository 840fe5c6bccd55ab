// The screens of a check-in, by the first part of their path. They load with the page.

import type { ComponentType } from "preact";
import { CheckIn, Visit } from "./check-in.tsx";

export const screens: Record<string, ComponentType> = {
  "/": CheckIn,
  "/visit": Visit,
};
