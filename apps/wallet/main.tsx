// The wallet. A screen per path; the screens of start/ come before the wallet is open. The other parts load after the first
// screen, so that a person who only checks in does not wait for them.

import { effect, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useState } from "preact/hooks";
import { path } from "../shared/route.ts";
import { startPage } from "../shared/start.tsx";
import { Frame } from "../shared/ui/frame.tsx";
import { Busy, Page, Tabs } from "../shared/ui/kit.tsx";
import { NewVersion } from "../shared/ui/new-version.tsx";
import { startOffline } from "../shared/update.ts";
import { common } from "../shared/words/common.ts";
import { Elsewhere, Evicted } from "./start/elsewhere.tsx";
import { Enrol } from "./start/enrol.tsx";
import { leaveAgain, QuickExit } from "./start/exit.tsx";
import { Unlock } from "./start/lock.tsx";
import { overview, phase, startUp } from "./start/phase.ts";
import { screens as start } from "./start/screens.tsx";
import { followLanguage, words } from "./start/words.ts";
import "./styles.css";

const others = signal<Record<string, ComponentType> | undefined>(undefined);
async function loadOthers(): Promise<void> {
  const parts = await Promise.all([
    import("./records/screens.tsx"),
    import("./care/screens.tsx"),
    import("./card/screens.tsx"),
    import("./share/screens.tsx"),
    import("./about/screens.tsx"),
    import("./start/locks.tsx"),
    import("./start/later.tsx"),
  ]);
  others.value = Object.assign({}, ...parts.map(({ screens }) => screens));
}

/** The screen of the first part of the path: "/records/abc" is the screen "/records". */
function Screen() {
  const first = `/${path.value.split("/")[1] ?? ""}`;
  const w = words.value;
  const Found = start[first] ?? others.value?.[first];
  if (Found) return <Found />;
  if (others.value === undefined)
    return (
      <main class="page">
        <Busy words={common.value.working} />
      </main>
    );
  return (
    <Page title={w.noScreen}>
      <a href="/">{w.tabs.checkIn}</a>
    </Page>
  );
}

function Open() {
  const { tabs } = words.value;
  const links = [
    { href: "/", text: tabs.checkIn },
    { href: "/records", text: tabs.records },
    { href: "/care", text: tabs.care },
    { href: "/share", text: tabs.share },
    { href: "/more", text: tabs.more },
  ];
  return (
    <>
      <Tabs label={tabs.label} links={links} current={`/${path.value.split("/")[1] ?? ""}`} />
      <Screen />
    </>
  );
}

function Locked() {
  const [Forgotten, setForgotten] = useState<ComponentType<{ onBack: () => void }>>();
  const forget = async (): Promise<void> => {
    const { CannotOpen } = await import("./start/more.tsx");
    setForgotten(() => CannotOpen);
  };
  return Forgotten ? <Forgotten onBack={() => setForgotten(undefined)} /> : <Unlock onForgotten={forget} />;
}

/** The help pages need no open wallet: a person who lost a phone reads them too. */
const isHelp = (): boolean => path.value.split("/")[1] === "help";
const HelpLink = () => (
  <footer class="page">
    <a href="/help">{words.value.tabs.help}</a>
  </footer>
);

function Now() {
  if (isHelp() && phase.value !== "open") return <Screen />;
  switch (phase.value) {
    case "starting":
      return (
        <main class="page">
          <h1 class="hidden">Visits</h1>
          <Busy words={common.value.working} />
        </main>
      );
    case "elsewhere":
      return <Elsewhere />;
    case "evicted":
      return <Evicted />;
    case "locked":
      return <Locked />;
    case "none":
      return <Enrol />;
    case "open":
      return overview.value?.enrolled ? <Open /> : <Enrol />;
  }
}

function App() {
  return (
    <Frame name="Visits" actions={<QuickExit />} faults={words.value.faults}>
      <NewVersion />
      <Now />
      {phase.value !== "open" && !isHelp() && <HelpLink />}
    </Frame>
  );
}

if (!leaveAgain()) {
  startUp();
  void followLanguage().then(() => startPage(App));
  addEventListener("load", () => void startOffline());
  effect(() => {
    if ((phase.value === "open" || isHelp()) && others.peek() === undefined) void loadOthers();
  });
}
