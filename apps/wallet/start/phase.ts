// Where the wallet stands: not begun, in another tab, no wallet yet, locked, or open. The screens follow from it.

import { effect, signal } from "@preact/signals";
import { busy, fault, progress } from "../../shared/doing.ts";
import type { LockerState, Opener } from "../../shared/locker.ts";
import { go, path } from "../../shared/route.ts";
import type { WalletView } from "../engine/core.ts";
import { engine, onEngine } from "../remote.ts";
import { enrolmentCodeIn, invitationIn } from "./codes.ts";

type Phase = "starting" | "elsewhere" | "none" | "evicted" | "locked" | "open";

export const phase = signal<Phase>("starting");
export const lockerState = signal<LockerState>({ kinds: [], credentialIds: [] });
export const overview = signal<WalletView | undefined>(undefined);

/** of a link that was opened; taken when the wallet is open */
export const givenCode = signal<string | undefined>(undefined);
export const givenInvitation = signal<string | undefined>(undefined);

// Says only that there was a wallet here. If the browser threw the wallet away, the app can tell that from a first start.
const MARKER = "kept";
function wasKept(): boolean {
  try {
    return localStorage.getItem(MARKER) !== null;
  } catch {
    return false;
  }
}
export function markKept(kept: boolean): void {
  try {
    if (kept) localStorage.setItem(MARKER, "1");
    else localStorage.removeItem(MARKER);
  } catch {} // a browser may refuse storage
}

/** Takes what a link brought, and removes it from the address, so that it stays in no history. */
function takeLink(): void {
  const { hash } = location;
  if (hash === "") return;
  givenCode.value = enrolmentCodeIn(hash) ?? givenCode.value;
  givenInvitation.value = invitationIn(hash) ?? givenInvitation.value;
  if (givenCode.value === undefined && givenInvitation.value === undefined) return;
  history.replaceState(null, "", location.pathname);
  if (givenInvitation.value !== undefined) go("/", { replace: true });
}

/** @param take another tab must let go of the wallet */
export async function begin(take = false): Promise<void> {
  const state = await engine.begin(take);
  if (!state) {
    phase.value = "elsewhere";
    return;
  }
  lockerState.value = state;
  phase.value = state.kinds.length > 0 ? "locked" : wasKept() ? "evicted" : "none";
}

export async function look(): Promise<void> {
  overview.value = await engine.overview();
  phase.value = "open";
}

export async function create(opener: Opener, words?: string): Promise<void> {
  await engine.create(opener, words);
  lockerState.value = {
    kinds: [opener.kind],
    credentialIds: opener.kind === "passkey" ? [opener.credentialId] : [],
  };
  markKept(true);
  // A browser that says no keeps the wallet all the same, until it needs the room.
  await navigator.storage?.persist?.().catch(() => false);
  await look();
}

export async function unlock(opener: Opener): Promise<void> {
  await engine.unlock(opener);
  await look();
}

export function startUp(): void {
  takeLink();
  addEventListener("hashchange", takeLink);
  onEngine("moved", () => {
    overview.value = undefined;
    phase.value = "elsewhere";
  });
  onEngine("changed", () => {
    if (phase.value === "open") void look();
  });
  onEngine("progress", (now: { done: number; of: number }) => {
    if (busy.value !== undefined) progress.value = now;
  });
  // What went wrong on one screen is not said on the next.
  effect(() => {
    if (path.value) fault.value = undefined;
  });
  void begin();
}
