// The claims that this wallet leaves at its check-ins (protocol/claim.ts), and the secrets that they lead to.

import { hexToBytes } from "../../protocol/bytes.ts";
import { type ClaimContent, type ClaimPlace, openClaim, sealClaim } from "../../protocol/claim.ts";
import type { WalletContext } from "./context.ts";
import { claimKey } from "./keys.ts";

/** The salt of a phone of this wallet, 32 bytes. @throws SymbolonError bad-state */
export const saltOf = (w: WalletContext, generation: number): Uint8Array => hexToBytes(w.phone(generation).salt);

/** The claim for a session that the wallet is about to open. */
export const claimFor = (
  w: WalletContext,
  place: ClaimPlace,
  { generation, epoch, slot }: Omit<ClaimContent, "salt">,
): Uint8Array =>
  sealClaim(claimKey(w.root), place, { generation, salt: saltOf(w, generation), epoch, slot }, w.transport.rng);

/** The content of a claim of this wallet; undefined for all others. */
export const readClaim = (w: WalletContext, place: ClaimPlace, claim: Uint8Array): ClaimContent | undefined =>
  openClaim(claimKey(w.root), place, claim);
