// Recovery of sessions from the recovery words. The wallet reads the claims of whole services (protocol/claim.ts), so that
// nobody learns which ones it looks for, and tries its own key on each. A claim that opens names generation, salt, epoch
// and slot. The wallet computes the tag from them itself and accepts the session only if that tag is the session's.
//
//   a service that copies tags      has no claim that opens for its own id, so nothing is accepted from it
//   a registrar that hides a phone  hides nothing: the claims of that phone's visits name its generation and salt
//
// The price is one authenticated decryption of 42 bytes per session of every service, and one tag per session found.

import { CLAIM_BYTES } from "../../protocol/documents.ts";
import { bytesToHex, type Hex, hexToBytes } from "../../protocol/encodings.ts";
import { tagHashOf, tagOf } from "../../protocol/presentation.ts";
import { encodeG2 } from "../../protocol/suite.ts";
import { SymbolonError } from "../errors.ts";
import { ParametersError } from "../parameters.ts";
import { eachBody } from "../shared/paging.ts";
import { listServices } from "../shared/service-list.ts";
import { knownPhones, readClaim } from "./claims.ts";
import type { WalletContext } from "./context.ts";
import { holderSecrets } from "./keys.ts";
import { nothingRead, type WalletSession } from "./state.ts";

const TAG_HASH_BYTES = 32;
const EPOCH_BYTES = 4;
const ROW_BYTES = TAG_HASH_BYTES + EPOCH_BYTES + CLAIM_BYTES;

interface ClaimRow {
  /** 32 bytes */
  tagHash: Uint8Array;
  claim: Uint8Array;
}

/** All rows of a service. @throws ApiError; SymbolonError bad-answer */
async function* claimsOf(w: WalletContext, serviceId: Hex): AsyncGenerator<ClaimRow> {
  const bodies = eachBody("claims of a service", {
    transport: w.transport,
    url: w.deployment.serviceUrl,
    path: `/v1/services/${serviceId}/claims`,
  });
  for await (const bytes of bodies) {
    if (bytes.length % ROW_BYTES !== 0) throw new SymbolonError("bad-answer", "claims of a service");
    for (let at = 0; at < bytes.length; at += ROW_BYTES)
      yield {
        tagHash: bytes.slice(at, at + TAG_HASH_BYTES),
        claim: bytes.slice(at + TAG_HASH_BYTES + EPOCH_BYTES, at + ROW_BYTES),
      };
  }
}

type Found = Pick<WalletSession, "generation" | "salt" | "epoch" | "slot">;

/** The session of this row, if the wallet made it at this service; otherwise undefined. */
function ownSession(w: WalletContext, serviceId: Uint8Array, { tagHash, claim }: ClaimRow): Found | undefined {
  const told = readClaim(w, { serviceId, tagHash }, claim);
  if (!told) return undefined;
  const { generation, epoch, slot } = told;
  const phone = { generation, salt: bytesToHex(told.salt) };
  let hash: Uint8Array;
  try {
    ({ hash } = w.parameters.known(epoch));
  } catch (error) {
    if (error instanceof ParametersError) return undefined; // no check-in can have been made then
    throw error;
  }
  const tag = tagHashOf(encodeG2(tagOf(holderSecrets(w.root, phone).z, hash, epoch, slot)));
  return bytesToHex(tag) === bytesToHex(tagHash) ? { ...phone, epoch, slot } : undefined;
}

/**
 * @param progress is called per service that was read
 * @returns how many sessions were found that the wallet did not know.
 * @throws ApiError, ParametersError; SymbolonError bad-answer
 */
export async function recoverSessions(
  w: WalletContext,
  progress: (done: number, services: number) => void = () => {},
): Promise<number> {
  const found: WalletSession[] = [];
  const services = await listServices(w.transport, w.deployment);
  for (const [i, { id, card }] of services.entries()) {
    for await (const row of claimsOf(w, id)) {
      const own = ownSession(w, hexToBytes(id), row);
      if (own)
        found.push({
          ...own,
          serviceId: id,
          serviceName: card.name,
          tagHash: bytesToHex(row.tagHash),
          state: "recovered",
          shown: [],
        });
    }
    progress(i + 1, services.length);
  }
  let added: WalletSession[] = [];
  await w.update((s) => {
    // Skip sessions that the wallet knew, or that a check-in stored since the search began.
    const isNew = (f: WalletSession): boolean => !s.sessions.some((x) => x.tagHash === f.tagHash);
    added = found.filter((f, i) => isNew(f) && found.findIndex((x) => x.tagHash === f.tagHash) === i);
    const phones = knownPhones(s).length;
    s.sessions.push(...added);
    // A phone that the registrar did not name may have notices anywhere in the log.
    if (knownPhones(s).length > phones) s.logReading = nothingRead();
  });
  return added.length;
}
