// The viewer: shows what somebody shared by a link. It needs nothing but the link.

import type { ComponentType } from "preact";
import { path } from "../shared/route.ts";
import { startPage } from "../shared/start.tsx";
import { Frame } from "../shared/ui/frame.tsx";
import { Ask, Enter, Refusal } from "./ask.tsx";
import { List, One } from "./records.tsx";
import { link, reading, records, refusal, startUp } from "./state.ts";
import { words } from "./words.ts";
import "./styles.css";

function screen(): ComponentType {
  if (records.value !== undefined) return path.value.startsWith("/record/") ? One : List;
  if (link.value !== undefined) return Ask;
  return refusal.value === undefined ? Enter : Refusal;
}

function App() {
  const Screen = screen();
  return <Frame name={words.value.name}>{reading.value ? <main class="page" /> : <Screen />}</Frame>;
}

startUp();
startPage(App);
