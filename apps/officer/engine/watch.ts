// Looks into the inbox again and again while the officer is signed in. A worker's timers run on while its page is hidden. After
// a failure the pauses grow. Looking never asks for the passkey: when the login ends, it stops and says so.

import type { OrderPreview } from "../../../client/index.ts";
import { tell } from "../../shared/remote.ts";
import { atPost, cases, transport } from "./held.ts";

/** How often the inbox is looked at, in seconds, until the page says otherwise (state.ts). */
const LOOK_SECONDS = 4;
const LONGEST_PAUSE_SECONDS = 60;

export interface InboxItem extends OrderPreview {
  /** this trustee has decided */
  decided: boolean;
}
export interface Inbox {
  /** unix seconds */
  at: number;
  items: InboxItem[];
  /** orders that do not verify; they are not shown */
  unreadable: number;
}

/** The emergencies first, then what ends first. */
const byUrgency = (a: InboxItem, b: InboxItem): number =>
  Number(b.emergency) - Number(a.emergency) || a.expiresAt - b.expiresAt;

async function readInbox(): Promise<Inbox> {
  const { officer } = await atPost();
  const waiting = await officer.inbox();
  const items: InboxItem[] = [];
  let unreadable = 0;
  for (const one of waiting) {
    cases.set(one.caseId, one);
    try {
      items.push({ ...officer.preview(one), decided: one.decided });
    } catch {
      unreadable++;
    }
  }
  return { at: transport.now(), items: items.sort(byUrgency), unreadable };
}

let timer: ReturnType<typeof setTimeout> | undefined;
let every = LOOK_SECONDS;
let failures = 0;
let watching = 0;

async function look(run: number): Promise<void> {
  const { officer } = await atPost();
  if (run !== watching) return;
  if (officer.signedInUntil <= transport.now()) {
    watching++;
    tell("signed-out", undefined);
    return;
  }
  try {
    const inbox = await readInbox();
    failures = 0;
    if (run === watching) tell("inbox", inbox);
  } catch {
    failures++;
    if (run === watching) tell("missed", failures);
  }
  if (run !== watching) return;
  const seconds = Math.min(every * 2 ** failures, Math.max(every, LONGEST_PAUSE_SECONDS));
  timer = setTimeout(() => void look(run), seconds * 1000);
}

/** Looks at once, and then every so many seconds. */
export function watch(seconds = every): void {
  every = seconds;
  clearTimeout(timer);
  void look(++watching);
}
export function stopWatching(): void {
  clearTimeout(timer);
  watching++;
}
