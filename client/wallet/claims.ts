// The claims that this wallet leaves at its check-ins (protocol/claim.ts), and the phones that they tell of. A phone is one
// set of this wallet's secrets: a generation and its salt.

import { type ClaimContent, type ClaimPlace, openClaim, sealClaim } from "../../protocol/claim.ts";
import { hexToBytes } from "../../protocol/encodings.ts";
import type { WalletContext } from "./context.ts";
import { claimKey, type Phone } from "./keys.ts";
import type { WalletState } from "./state.ts";

/** Every phone that the wallet knows: from the registrar, and from its own sessions. */
export function knownPhones(state: Readonly<WalletState>): Phone[] {
  const all: Phone[] = [...state.generations, ...state.sessions];
  return all.flatMap(({ generation, salt }, i) =>
    all.findIndex((p) => p.generation === generation && p.salt === salt) === i ? { generation, salt } : [],
  );
}

/** The claim for a session that the wallet is about to open. */
export const claimFor = (
  w: WalletContext,
  place: ClaimPlace,
  { generation, salt }: Phone,
  slot: Pick<ClaimContent, "epoch" | "slot">,
): Uint8Array => sealClaim(claimKey(w.root), place, { generation, salt: hexToBytes(salt), ...slot }, w.transport.rng);

/** The content of a claim of this wallet; undefined for all others. */
export const readClaim = (w: WalletContext, place: ClaimPlace, claim: Uint8Array): ClaimContent | undefined =>
  openClaim(claimKey(w.root), place, claim);
