// The desk of a clinic. A screen per path. Before the desk is open, start/ decides what is shown.

import "./styles.css";
import type { ComponentType } from "preact";
import { path } from "../shared/route.ts";
import { startPage } from "../shared/start.tsx";
import { Frame } from "../shared/ui/frame.tsx";
import { NewVersion } from "../shared/ui/new-version.tsx";
import { startOffline } from "../shared/update.ts";
import { screens as ask } from "./ask/screens.tsx";
import { facts, isOpen, listen, refresh } from "./desk.ts";
import { LockButton, Menu } from "./menu.tsx";
import { Reception, screens as reception } from "./reception/screens.tsx";
import { screens as keys } from "./start/card.tsx";
import { Start } from "./start/screens.tsx";
import { screens as visit } from "./visit/screens.tsx";
import { words } from "./words.ts";

const screens: Record<string, ComponentType> = { ...reception, ...visit, ...ask, ...keys };

/** The screen of the first part of the path: "/visit/abc" is the screen "/visit". */
const screenOf = (at: string): ComponentType => screens[`/${at.split("/")[1] ?? ""}`] ?? Reception;

function App() {
  const w = words.value;
  if (!isOpen.value)
    return (
      <Frame name={w.app} faults={w.faults}>
        <NewVersion />
        <Start />
      </Frame>
    );
  const Screen = screenOf(path.value);
  return (
    <Frame name={facts.value?.name ?? w.app} faults={w.faults} actions={<LockButton />}>
      <NewVersion>
        <p>{w.newVersionLocks}</p>
      </NewVersion>
      <Menu />
      <Screen />
    </Frame>
  );
}

listen();
void refresh();
startPage(App);
addEventListener("load", () => void startOffline());
