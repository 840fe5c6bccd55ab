// The number of the running build, whether the public log has it, and what this proves and does not.

import { AboutApp } from "../../shared/build/about.tsx";
import { engine } from "../remote.ts";

export const VersionScreen = () => <AboutApp check={() => engine.checkBuild()} />;
