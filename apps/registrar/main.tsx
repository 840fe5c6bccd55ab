// The registrar's desk. A screen per path; the phase decides what is shown before the desk is open.

// The design system's styles come first: they say the order of the layers.
import { startPage } from "../shared/start.tsx";
import "./styles.css";
import type { ComponentType } from "preact";
import { path } from "../shared/route.ts";
import { Frame } from "../shared/ui/frame.tsx";
import { Busy, Button, Page, Tabs } from "../shared/ui/kit.tsx";
import { common } from "../shared/words/common.ts";
import { About, BringKey, KeyScreen } from "./key/key.tsx";
import { Unlock } from "./key/lock.tsx";
import { Openings } from "./openings/openings.tsx";
import { Clinics } from "./parties/clinics.tsx";
import { Officers } from "./parties/officers.tsx";
import { Requesters } from "./parties/requesters.tsx";
import { Find } from "./people/find.tsx";
import { Person } from "./people/person.tsx";
import { CodeScreen } from "./people/sheet.tsx";
import { CODE, isAt, PERSON } from "./people/state.ts";
import { begin, lock, phase, startUp } from "./phase.ts";
import { Trustees } from "./trustees/trustees.tsx";
import { faults, words } from "./words.ts";

const SCREENS: Record<string, ComponentType> = {
  "/": Find,
  "/clinics": Clinics,
  "/requesters": Requesters,
  "/officers": Officers,
  "/trustees": Trustees,
  "/openings": Openings,
  "/key": KeyScreen,
  "/about": About,
};

function Missing() {
  return (
    <Page title={words.value.missingTitle}>
      <a href="/">{words.value.toPeople}</a>
    </Page>
  );
}

function Open() {
  const w = words.value;
  const at = path.value;
  const isPerson = at === PERSON || at === CODE;
  const links = [
    { href: "/", text: w.people },
    { href: "/clinics", text: w.clinics },
    { href: "/requesters", text: w.requesters },
    { href: "/officers", text: w.officers },
    { href: "/trustees", text: w.trustees },
    { href: "/openings", text: w.openings },
    { href: "/key", text: w.key },
  ];
  // After a reload the person is gone from memory, and the search is shown.
  const Screen = isAt(PERSON) ? Person : isAt(CODE) ? CodeScreen : isPerson ? Find : (SCREENS[at] ?? Missing);
  return (
    <>
      <div class="page desk parts">
        <Tabs label={w.parts} links={links} current={isPerson ? "/" : at === "/about" ? "/key" : at} />
      </div>
      <Screen key={at} />
    </>
  );
}

function Elsewhere() {
  const { movedTitle, moved, useHere } = common.value;
  return (
    <Page title={movedTitle}>
      <p>{moved}</p>
      <div class="row">
        <Button kind="primary" onClick={() => begin(true)}>
          {useHere}
        </Button>
      </div>
    </Page>
  );
}

function Starting() {
  const w = words.value;
  return (
    <Page title={w.name}>
      <Busy words={w.starting} />
    </Page>
  );
}

const PHASES: Record<typeof phase.value, ComponentType> = {
  starting: Starting,
  elsewhere: Elsewhere,
  none: BringKey,
  locked: Unlock,
  open: Open,
};

function App() {
  const w = words.value;
  const Phase = PHASES[phase.value];
  const actions = phase.value === "open" && <Button onClick={lock}>{w.lockNow}</Button>;
  return (
    <Frame name={w.name} faults={faults.value} actions={actions}>
      <Phase />
    </Frame>
  );
}

startUp();
startPage(App);
