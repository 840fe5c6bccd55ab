// The screens of care, by path.

import "./care.css";
import type { ComponentType } from "preact";
import { ClinicsScreen } from "./clinics.tsx";
import { HelpScreen } from "./help/screen.tsx";
import { MessagesScreen } from "./messages.tsx";
import { WhoLookedScreen } from "./who-looked.tsx";

export const screens: Record<string, ComponentType> = {
  "/care": WhoLookedScreen,
  "/messages": MessagesScreen,
  "/clinics": ClinicsScreen,
  "/help": HelpScreen,
};
