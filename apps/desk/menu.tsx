// The desk's menu, and the line to the service in words.

import { path } from "../shared/route.ts";
import { Button, Tabs } from "../shared/ui/kit.tsx";
import { line, lockDesk } from "./desk.ts";
import { words } from "./words.ts";

const PLACES = ["/", "/today", "/ask", "/keys"] as const;
const placeOf = (at: string): string => {
  const first = `/${at.split("/")[1] ?? ""}`;
  if (first === "/visit") return "/today";
  if (first === "/about") return "/keys";
  if (first === "/case" || first === "/emergency") return "/ask";
  return (PLACES as readonly string[]).includes(first) ? first : "/";
};

export function Menu() {
  const { menu } = words.value;
  return (
    <div class="menu">
      <Tabs
        label={menu.label}
        current={placeOf(path.value)}
        links={[
          { href: "/", text: menu.reception },
          { href: "/today", text: menu.today },
          { href: "/ask", text: menu.ask },
          { href: "/keys", text: menu.clinic },
        ]}
      />
      <LineState />
    </div>
  );
}

/** The sign and the word say it as well as the colour. */
function LineState() {
  const { menu } = words.value;
  const now = line.value;
  const [sign, text] =
    now === "on" ? ["●", menu.lineOn] : now === "off" ? ["○", menu.lineOff] : ["◌", menu.lineStarting];
  return (
    <span class={`line ${now ?? "starting"} no-print`} role="status">
      <span aria-hidden="true">{sign} </span>
      {text}
    </span>
  );
}

export const LockButton = () => (
  <Button kind="link" onClick={lockDesk}>
    {words.value.menu.lock}
  </Button>
);
