// What the desk's screens share: whether it is open, the line to the service, the visits of today and the newest arrival. The
// worker tells each change.

import { computed, signal } from "@preact/signals";
import { fault } from "../shared/doing.ts";
import type { Line } from "./engine/held.ts";
import type { ClinicFacts, DeskState } from "./engine/keys.ts";
import type { VisitView } from "./engine/reception.ts";
import { engine, onEngine } from "./remote.ts";

/** undefined until the worker has answered */
export const state = signal<DeskState | undefined>(undefined);
/** another tab took the desk over */
export const moved = signal(false);
export const facts = signal<ClinicFacts | undefined>(undefined);
/** undefined until it was asked for once */
export const registered = signal<boolean | undefined>(undefined);
export const line = signal<Line | undefined>(undefined);
/** the service refuses this clinic's events, with this code */
export const refused = signal<string | undefined>(undefined);
export const visits = signal<readonly VisitView[]>([]);
/** the patient who checked in last, while it is news */
export const arrival = signal<VisitView | undefined>(undefined);
/** check-ins that do not verify */
export const badArrivals = signal(0);
/** visits with messages that nobody has read, by tag hash */
export const unread = signal<ReadonlySet<string>>(new Set());

const NEWS_SECONDS = 15 * 60;
const now = (): number => Math.floor(Date.now() / 1000);

export const isOpen = computed(() => state.value?.isOpen === true);

export async function refresh(take = false): Promise<void> {
  const next = await engine.state({ take });
  if (take) moved.value = false;
  if (next.isOpen) facts.value = await engine.facts();
  state.value = next;
  if (next.isOpen) await live();
}

/** Starts the events, and checks whether the clinic is registered. */
async function live(): Promise<void> {
  refused.value = undefined;
  line.value = await engine.startEvents();
  visits.value = await engine.today();
  await checkRegistered();
}

export async function checkRegistered(): Promise<void> {
  try {
    registered.value = await engine.isRegistered();
  } catch {
    // without network nobody can say
  }
}

export async function restartEvents(): Promise<void> {
  refused.value = undefined;
  line.value = await engine.startEvents();
}

export async function lockDesk(): Promise<void> {
  await engine.lock();
  visits.value = [];
  arrival.value = undefined;
  line.value = undefined;
  registered.value = undefined;
  fault.value = undefined;
  await refresh();
}

async function addVisit(view: VisitView): Promise<void> {
  visits.value = await engine.today();
  // After a reconnect several come at once. The newest code that was answered is the newest arrival.
  if (view.at >= now() - NEWS_SECONDS && view.at >= (arrival.value?.at ?? 0)) arrival.value = view;
}

export function listen(): void {
  onEngine("line", (next: Line) => {
    line.value = next;
  });
  onEngine("arrival", (view: VisitView) => void addVisit(view));
  onEngine("bad-arrival", () => {
    badArrivals.value += 1;
  });
  onEngine("events-refused", (code: string) => {
    refused.value = code;
  });
  onEngine("message", (tagHash: string) => {
    unread.value = new Set([...unread.value, tagHash]);
  });
  onEngine("moved", () => {
    moved.value = true;
    state.value = undefined;
  });
}

export function markRead(tagHash: string): void {
  if (!unread.value.has(tagHash)) return;
  unread.value = new Set([...unread.value].filter((one) => one !== tagHash));
}
