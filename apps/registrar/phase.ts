// Where the desk stands: not begun, in another tab, without a key, locked, or open. The screens follow from it.

import { signal } from "@preact/signals";
import type { LockerState, Opener } from "../shared/locker.ts";
import { go } from "../shared/route.ts";
import { forgetPerson } from "./people/state.ts";
import { engine, onEngine } from "./remote.ts";

export type Phase = "starting" | "elsewhere" | "none" | "locked" | "open";

export const phase = signal<Phase>("starting");
export const lockerState = signal<LockerState>({ kinds: [], credentialIds: [] });

/** @param take the other tab must let go */
export async function begin(take = false): Promise<void> {
  const state = await engine.begin(take);
  if (state) lockerState.value = state;
  phase.value = state === undefined ? "elsewhere" : state.kinds.length > 0 ? "locked" : "none";
}

export async function bring(key: string, opener: Opener): Promise<void> {
  await engine.bring(key, opener);
  phase.value = "open";
}

export async function unlock(opener: Opener): Promise<void> {
  await engine.unlock(opener);
  phase.value = "open";
}

/** Nothing about a person stays on the screen of a locked desk. */
export async function lock(): Promise<void> {
  forgetPerson();
  await engine.lock();
  go("/");
  await begin();
}

export async function forgetKey(): Promise<void> {
  forgetPerson();
  await engine.forget();
  go("/");
  await begin();
}

export function startUp(): void {
  onEngine("moved", () => {
    forgetPerson();
    phase.value = "elsewhere";
  });
  void begin();
}
