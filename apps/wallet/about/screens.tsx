// The wallet's screen "About this app", loaded after the first screen.

import type { ComponentType } from "preact";
import { AboutApp } from "../../shared/build/about.tsx";
import { engine } from "../remote.ts";

export const screens: Record<string, ComponentType> = {
  "/about": () => <AboutApp waits check={() => engine.checkBuild()} />,
};
