// The wallet. A screen per path; start/ decides what is shown before the wallet is open.

import type { ComponentType } from "preact";
import { path } from "../shared/route.ts";
import { startPage } from "../shared/start.tsx";
import { Frame } from "../shared/ui/frame.tsx";
import { Page } from "../shared/ui/kit.tsx";
import { screens as care } from "./care/screens.tsx";
import { screens as records } from "./records/screens.tsx";
import { screens as share } from "./share/screens.tsx";
import { screens as start } from "./start/screens.tsx";

const screens: Record<string, ComponentType> = { ...start, ...records, ...care, ...share };

/** The screen of the first part of the path: "/records/abc" is the screen "/records". */
const screenOf = (at: string): ComponentType | undefined => screens[`/${at.split("/")[1] ?? ""}`];

function App() {
  const Screen = screenOf(path.value);
  return <Frame name="Visits">{Screen ? <Screen /> : <Page title="Visits" />}</Frame>;
}

startPage(App);
