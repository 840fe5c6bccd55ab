// What every screen of the officer's app knows: the login, the inbox as it was last seen, and the bell.

import { computed, signal } from "@preact/signals";
import type { Inbox } from "./engine/watch.ts";
import { engine, onEngine } from "./remote.ts";
import { rings, sound } from "./ring.ts";

/** the end of the login, in unix seconds; undefined: signed out */
export const signedInUntil = signal<number | undefined>(undefined);
/** the passkey of this login, base64url */
export const ownCredential = signal<string | undefined>(undefined);
/** the login ended by itself, while the page was open */
export const loginEnded = signal(false);
export const inbox = signal<Inbox | undefined>(undefined);
/** how often in a row the inbox could not be reached */
export const missed = signal(0);
/** index of this trustee, and how many there are */
export const place = signal<{ trustee: number; trustees: number } | undefined>(undefined);

const LOOK_SECONDS = 4;
const HIDDEN_SECONDS = 20;

export const emergencies = computed(() =>
  (inbox.value?.items ?? []).filter(({ emergency, decided }) => emergency && !decided),
);
export const waiting = computed(() => (inbox.value?.items ?? []).filter(({ decided }) => !decided));

/** Somebody watches, or the bell may ring: then the inbox is looked at every few seconds. */
const pace = (): number => (document.visibilityState === "visible" || rings.value ? LOOK_SECONDS : HIDDEN_SECONDS);

export async function signIn(): Promise<void> {
  const { until, credentialId } = await engine.signIn();
  signedInUntil.value = until;
  ownCredential.value = credentialId;
  loginEnded.value = false;
  place.value = await engine.trustee();
  await engine.watch(pace());
}
export async function signOut(): Promise<void> {
  await engine.signOut();
  signedInUntil.value = undefined;
  inbox.value = undefined;
}
/** Looks into the inbox now. */
export const lookNow = (): Promise<void> => engine.watch(pace());

const rung = new Set<string>();
onEngine("inbox", (next: Inbox) => {
  inbox.value = next;
  missed.value = 0;
  const fresh = emergencies.value.filter(({ caseId }) => !rung.has(caseId));
  for (const { caseId } of fresh) rung.add(caseId);
  if (fresh.length > 0 && rings.value) sound();
});
onEngine("missed", (times: number) => {
  missed.value = times;
});
onEngine("signed-out", () => {
  signedInUntil.value = undefined;
  loginEnded.value = true;
  if (rings.value) sound();
});
document.addEventListener("visibilitychange", () => {
  if (signedInUntil.value !== undefined) void lookNow();
});
