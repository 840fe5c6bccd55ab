// The officers' app of one trustee. Before the login there is one button; after it, the inbox.

import "./styles.css";
import { useEffect } from "preact/hooks";
import { fault } from "../shared/doing.ts";
import { language } from "../shared/language.ts";
import { path } from "../shared/route.ts";
import { startPage } from "../shared/start.tsx";
import { Frame } from "../shared/ui/frame.tsx";
import { Button, Tabs } from "../shared/ui/kit.tsx";
import { DecisionScreen } from "./decision/screen.tsx";
import { InboxScreen } from "./inbox/screen.tsx";
import { HistoryScreen } from "./own/history.tsx";
import { PasskeysScreen } from "./own/passkeys.tsx";
import { SignInScreen } from "./own/sign-in.tsx";
import { rings } from "./ring.ts";
import { emergencies, signedInUntil, signOut } from "./state.ts";
import { KeysScreen } from "./trustee/keys.tsx";
import { VersionScreen } from "./trustee/version.tsx";
import { words } from "./words.ts";

/** Screens that need no login. */
const OPEN: Record<string, typeof VersionScreen> = {
  "/passkeys": PasskeysScreen,
  "/keys": KeysScreen,
  "/version": VersionScreen,
};
const SIGNED_IN: Record<string, typeof VersionScreen> = {
  ...OPEN,
  "/": InboxScreen,
  "/case": DecisionScreen,
  "/history": HistoryScreen,
};

function App() {
  const w = words.value;
  const at = `/${path.value.split("/")[1] ?? ""}`;
  const isIn = signedInUntil.value !== undefined;
  const Screen = isIn ? (SIGNED_IN[at] ?? InboxScreen) : (OPEN[at] ?? SignInScreen);
  const links = [
    { href: "/", text: w.inbox },
    ...(isIn ? [{ href: "/history", text: w.history }] : []),
    { href: "/passkeys", text: w.passkeys },
    { href: "/keys", text: w.keys },
    { href: "/version", text: w.version },
  ];
  useEffect(() => {
    fault.value = undefined;
  }, [path.value]);
  // Only if the officer turned the bell on: the title of a page in the background says that an emergency waits.
  const urgent = rings.value && emergencies.value.length > 0;
  useEffect(() => {
    const title = document.title.replace(/^▲ /, "");
    document.title = urgent ? `▲ ${title}` : title;
  }, [urgent, path.value, language.value]);
  return (
    <Frame
      name={w.name}
      faults={w.faults}
      actions={
        isIn && (
          <Button kind="link" onClick={signOut}>
            {w.signOut}
          </Button>
        )
      }
    >
      {/* On the screen of a decision nothing else is offered but the way back. */}
      {isIn && at === "/case" ? (
        <nav class="tabs" aria-label={w.sections}>
          <a href="/">{w.back}</a>
        </nav>
      ) : (
        <Tabs label={w.sections} links={links} current={at} />
      )}
      <Screen />
    </Frame>
  );
}

startPage(App);
