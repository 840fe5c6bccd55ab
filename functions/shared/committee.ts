// The trustees of today. The bindings pin the committee of the first ceremony; the chain of key sets leads from there to the
// present one (protocol/key-set-chain.ts). The registrar publishes the chains, and each Worker walks them itself.

import type { KeySetChains } from "../../api/registrar/parameters.ts";
import { equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { type Base64url, bytesToHex, type Hex } from "../../protocol/encodings.ts";
import { type KeySet, keySetId } from "../../protocol/key-set.ts";
import { KeySetChain, walkChain } from "../../protocol/key-set-chain.ts";
import { callJson } from "./calls.ts";
import { readBase64url } from "./http.ts";
import { Problem } from "./problems.ts";

export interface CommitteeSource {
  REGISTRAR_URL: string;
  /** JSON list of the Ed25519 identity keys of generation 0, hex */
  TRUSTEE_KEYS: string;
}

/** A resharing reaches every isolate within this time. */
const KEPT_MS = 30_000;
const kept = new Map<string, { chains: KeySet[][]; until: number }>();
/** Walking a chain takes some milliseconds per link, so each isolate walks each chain once. */
const walked = new Map<string, KeySet[]>();

function walk(text: Base64url, pinned: string): KeySet[] {
  const name = `${pinned} ${text}`;
  let keySets = walked.get(name);
  if (!keySets) {
    try {
      const keys = (JSON.parse(pinned) as Hex[]).map(hexToBytes);
      keySets = walkChain(KeySetChain.decode(readBase64url(text, "chains")), keys);
    } catch (cause) {
      throw new Problem("unavailable", undefined, `chain of key sets: ${String(cause)}`);
    }
    if (walked.size >= 16) walked.clear();
    walked.set(name, keySets);
  }
  return keySets;
}

/** Every chain that the registrar serves, walked. @throws Problem unavailable */
async function keySetChains(source: CommitteeSource, now: number): Promise<readonly (readonly KeySet[])[]> {
  const name = `${source.REGISTRAR_URL} ${source.TRUSTEE_KEYS}`;
  const before = kept.get(name);
  if (before && Date.now() < before.until) return before.chains;
  const { chains } = await callJson<KeySetChains>({
    baseUrl: source.REGISTRAR_URL,
    method: "GET",
    path: "/v1/keysets",
    now,
  });
  const fresh = chains.map((text) => walk(text, source.TRUSTEE_KEYS));
  // A chain never gets shorter, so an older answer cannot bring an older committee back while this isolate lives.
  for (const chain of before?.chains ?? [])
    if (!fresh.some((c) => c.length >= chain.length && equalBytes(keySetId(c[0]!), keySetId(chain[0]!))))
      throw new Problem("unavailable", undefined, "a chain of key sets became shorter");
  kept.set(name, { chains: fresh, until: Date.now() + KEPT_MS });
  return fresh;
}

/** The newest key set with this id. @throws Problem unavailable if the registrar publishes no such chain */
export async function committeeFor(source: CommitteeSource, id: Uint8Array, now: number): Promise<KeySet> {
  const chains = (await keySetChains(source, now)).filter((c) => equalBytes(keySetId(c[0]!), id));
  // The registrar may serve the beginning of a chain beside the whole. The longest one counts, in whatever order they come.
  const newest = chains.sort((a, b) => b.length - a.length)[0]?.at(-1);
  if (!newest) throw new Problem("unavailable", undefined, `no chain of key set ${bytesToHex(id)}`);
  return newest;
}
