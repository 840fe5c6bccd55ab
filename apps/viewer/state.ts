// What the viewer shows: no link, a link that asks, a link that gives nothing, or the records. The link leaves the address at once: it
// opens records, and a browser keeps addresses.

import { signal } from "@preact/signals";
import { doing } from "../shared/doing.ts";
import type { Resource } from "../shared/fhir/value.ts";
import { connect } from "../shared/remote.ts";
import { go } from "../shared/route.ts";
import { scriptUrl } from "../shared/trusted.ts";
import type { Engine, LinkView, Refused } from "./engine.ts";
import engineUrl from "./engine.ts?worker&url";
import { type SharedRecords, sharedRecords } from "./shared-records.ts";

const { remote: engine } = connect<Engine>(new Worker(scriptUrl(engineUrl), { type: "module", name: "viewer" }));

export const link = signal<LinkView | undefined>(undefined);
export const refusal = signal<Refused | undefined>(undefined);
export const records = signal<SharedRecords | undefined>(undefined);
/** the link's text is being read */
export const reading = signal(false);

export async function take(text: string): Promise<void> {
  [link.value, records.value, refusal.value] = [undefined, undefined, undefined];
  reading.value = true;
  try {
    const told = await engine.read(text);
    if ("refusal" in told) refusal.value = told;
    else link.value = told;
  } finally {
    reading.value = false;
  }
}

/** @param wait words for the wait */
export async function open(recipient: string, passcode: string | undefined, wait: string): Promise<void> {
  refusal.value = undefined;
  const told = await doing(wait, () => engine.open(recipient, passcode));
  if (told === undefined) return;
  if (!("refusal" in told)) records.value = sharedRecords(told as Resource[]);
  else {
    refusal.value = told;
    // Wrong once more, or nothing at all: only the first can be tried again.
    if (told.refusal !== "passcode-wrong" || told.left === 0) link.value = undefined;
  }
}

function takeAddress(): void {
  const { hash } = location;
  if (!hash.startsWith("#shlink:")) return;
  history.replaceState(null, "", "/");
  go("/", { replace: true });
  void take(hash.slice(1));
}

export function startUp(): void {
  takeAddress();
  addEventListener("hashchange", takeAddress);
}
