// The bases H2(e, j) of an epoch's slots. They are public, and the same for every patient and every case. Hashing one base
// takes 1.3 ms, so a trustee hashes the bases of an epoch once. It keeps them in its vault, and in memory while the isolate
// lives.
//
//   kept   x.c0 ‖ x.c1 ‖ y.c0 ‖ y.c1 of each slot, 48 bytes each, by name = epoch u32 ‖ parameters hash 32; sealed at rest
//          under that name (at-rest.ts)
//
// They are sealed for authenticity, not for secrecy: a base changed in the store would turn an approved slot into one of
// another epoch. If the bytes open under the vault key, this trustee wrote them for this epoch, so the points are not tested
// again. If they do not open, the bases are hashed again.
//
// Most bases are hashed while nobody waits. An officer reads an order before approving it. In that time the trustee hashes
// the bases of the order's epochs, the newest first.

import { bls12_381 as bls } from "@noble/curves/bls12-381.js";
import { publicEngine } from "../../engine/worker.ts";
import { concatBytes, u32be } from "../../protocol/bytes.ts";
import { bytesToHex, type Hex } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { type G2, G2Point, tagBaseMessage } from "../../protocol/suite.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { rng } from "../shared/rng.ts";
import { openAtRest, sealAtRest } from "./at-rest.ts";
import type { Scope } from "./case-order.ts";
import { ownKeys, vaultOf, yieldToRequests } from "./context.ts";

const { Fp2 } = bls.fields;
const COORDINATE_BYTES = 96;
const BASE_BYTES = 2 * COORDINATE_BYTES;
type Epoch = Scope[number];

const nameOf = ({ epoch, paramsHash }: Epoch): Uint8Array => concatBytes(u32be(epoch), paramsHash);

function encodeBase(base: G2): Uint8Array {
  const { x, y } = base.toAffine();
  return concatBytes(Fp2.toBytes(x), Fp2.toBytes(y));
}
function decodeBase(bytes: Uint8Array): G2 {
  const [x, y] = [bytes.subarray(0, COORDINATE_BYTES), bytes.subarray(COORDINATE_BYTES)];
  return G2Point.fromAffine({ x: Fp2.fromBytes(x), y: Fp2.fromBytes(y) }) as G2;
}

function hashed({ epoch, slots, paramsHash }: Epoch): G2[] {
  const engine = publicEngine();
  return Array.from({ length: slots }, (_, slot) =>
    engine.toG2(engine.hashToG2(LABELS.tagG2, tagBaseMessage(paramsHash, epoch, slot))),
  );
}

/** Bases from the vault; undefined if there are none, or if this trustee did not write them. */
function unsealBases(vaultKey: Uint8Array, of: Epoch, sealed: Uint8Array | undefined): G2[] | undefined {
  if (!sealed) return undefined;
  try {
    const bytes = openAtRest(vaultKey, "tag-bases", nameOf(of), sealed);
    if (bytes.length !== of.slots * BASE_BYTES) return undefined;
    return Array.from({ length: of.slots }, (_, slot) =>
      decodeBase(bytes.subarray(slot * BASE_BYTES, (slot + 1) * BASE_BYTES)),
    );
  } catch {
    return undefined; // the seed is another, or somebody changed the store
  }
}

const MAX_BASES_IN_MEMORY = 2048;
/** The bases that this isolate keeps for one vault, by name. If a new epoch does not fit, it forgets all others. */
class Memory {
  readonly #bases = new Map<Hex, readonly G2[]>();
  #count = 0;

  get(of: Epoch): readonly G2[] | undefined {
    const bases = this.#bases.get(bytesToHex(nameOf(of)));
    return bases?.length === of.slots ? bases : undefined;
  }
  put(of: Epoch, bases: readonly G2[]): void {
    if (this.#count + bases.length > MAX_BASES_IN_MEMORY) {
      this.#bases.clear();
      this.#count = 0;
    }
    const name = bytesToHex(nameOf(of));
    this.#count += bases.length - (this.#bases.get(name)?.length ?? 0);
    this.#bases.set(name, bases);
  }
}
const memories = new WeakMap<object, Memory>();
function memoryOf({ TRUSTEE_VAULT: vault }: TrusteeEnv): Memory {
  const memory = memories.get(vault) ?? new Memory();
  memories.set(vault, memory);
  return memory;
}

/** The bases of every epoch of the scope. Those that the vault does not have are hashed, then kept there and in memory. */
async function load(env: TrusteeEnv, scope: Scope): Promise<Map<Epoch, readonly G2[]>> {
  const memory = memoryOf(env);
  const found = new Map<Epoch, readonly G2[]>();
  const missing: Epoch[] = [];
  for (const of of scope) {
    const bases = memory.get(of);
    if (bases) found.set(of, bases);
    else missing.push(of);
  }
  if (missing.length === 0) return found;
  const { vaultKey } = ownKeys(env);
  const kept = await vaultOf(env).tagBases(missing.map(nameOf));
  const fresh: { name: Uint8Array; sealed: Uint8Array }[] = [];
  for (const [i, of] of missing.entries()) {
    const name = nameOf(of);
    let bases = memory.get(of) ?? unsealBases(vaultKey, of, kept[i]); // another request may have loaded them meanwhile
    if (!bases) {
      await yieldToRequests();
      bases = hashed(of);
      const bytes = concatBytes(...bases.map(encodeBase));
      fresh.push({ name, sealed: sealAtRest(vaultKey, "tag-bases", name, bytes, rng) });
    }
    memory.put(of, bases);
    found.set(of, bases);
  }
  if (fresh.length > 0) await vaultOf(env).keepTagBases(fresh);
  return found;
}

/** H2(epoch, slot) */
export interface SlotBase {
  readonly epoch: number;
  readonly slot: number;
  readonly base: G2;
}

/** The bases of all slots of a scope, newest epoch first. */
export async function slotsOf(env: TrusteeEnv, scope: Scope): Promise<SlotBase[]> {
  const found = await load(env, scope);
  return [...scope]
    .reverse()
    .flatMap((of) => found.get(of)!.map((base, slot): SlotBase => ({ epoch: of.epoch, slot, base })));
}

const EPOCHS_AT_ONCE = 8;
/** Prepares the bases of a scope while an officer reads, newest epochs first. It yields to requests between epochs. */
export async function prepareBases(env: TrusteeEnv, scope: Scope): Promise<void> {
  for (let to = scope.length; to > 0; to -= EPOCHS_AT_ONCE)
    await load(env, scope.slice(Math.max(0, to - EPOCHS_AT_ONCE), to));
}
