// The round record-shares of a case at one member of S: shares of the records' file keys, for the requester.
//
// The escrow carries the request and the answer and reads neither. The request is sealed to this trustee and signed by the
// requester: otherwise the escrow could ask for a session of its own choice, and a refusal would tell that the session is not
// in the result. Both messages are padded, so that their lengths tell the number of records in steps only.

import { sha256 } from "@noble/hashes/sha2.js";
import type { ForRequesterAnswer, RecordSharesRequest } from "../../api/trustee/rounds.ts";
import { nativeVerify } from "../../engine/ed25519.ts";
import { publicEngine } from "../../engine/worker.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import { isFalseRow, RecordParts, stanzaLabel } from "../../protocol/case-documents.ts";
import { CaseContext, CaseResult, caseContextHash } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import type { TrusteeSecret } from "../../protocol/key-set.ts";
import { RecordShare, recordShare } from "../../protocol/opening.ts";
import { MAX_RECORD_ITEMS, openRecordItems, padRecordParts, type RecordItems } from "../../protocol/record-items.ts";
import { type Tdh2Ciphertext as Ciphertext, openOuter, Tdh2Ciphertext, Tdh2Error } from "../../protocol/tdh2.ts";
import type { TrusteeEnv } from "../shared/env.ts";
import { readBase64url } from "../shared/http.ts";
import { Problem, refused } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import { openAtRest } from "./at-rest.ts";
import { vaultOf } from "./context.ts";
import { sealForRequester } from "./parts.ts";
import { type RoundContext, roundContext, secretOf } from "./round-context.ts";

/**
 * Round record-shares: shares of the records' file keys, sealed to the requester. Every record must belong to a session of this
 * trustee's own result. @throws Problem credential-refused, malformed, not-allowed-now
 */
export async function recordShares(
  env: TrusteeEnv,
  { bundle, sealed }: RecordSharesRequest,
  now: number,
): Promise<ForRequesterAnswer> {
  const round = await roundContext(env, bundle, now);
  const sessions = (await keptResults(round)).flatMap((r) => r.sessions);
  const asked = openItems(round, readBase64url(sealed, "sealed"));
  const own = (a: Asked): boolean =>
    !isFalseRow(a.tagHash) &&
    sessions.some((x) => equalBytes(x.tagHash, a.tagHash) && equalBytes(x.serviceId, a.serviceId));
  if (!asked.every(own)) throw refused("record: its session is not in the result");
  const secret = secretOf(round);
  const items = asked.map((a) => recordPart(round, secret, a));
  const padded = padRecordParts(RecordParts.encode({ items }), items.length, items[0]!.context.length);
  return { forRequester: toBase64url(sealForRequester(round.open, round.own, "records", padded)) };
}

/** The records that the requester asks for, 1 to MAX_RECORD_ITEMS. @throws Problem credential-refused, malformed; CodecError */
function openItems({ own, open }: RoundContext, sealed: Uint8Array): readonly Asked[] {
  const head = { caseId: open.order.caseId, orderHash: open.orderHash, trustee: own.index };
  let opened: ReturnType<typeof openRecordItems>;
  try {
    opened = openRecordItems(head, own.transport.secretKey, sealed, nativeVerify);
  } catch (error) {
    throw refused(`record items: ${error instanceof Error ? error.message : error}`);
  }
  if (!equalBytes(opened.key, open.requester.signKey)) throw refused("record items: not by the requester");
  if (opened.items.length === 0 || opened.items.length > MAX_RECORD_ITEMS)
    throw new Problem("malformed", `record items: 1 to ${MAX_RECORD_ITEMS} expected`);
  return opened.items;
}

/** The results of all chunks so far. @throws Problem not-allowed-now if there is none */
async function keptResults({ env, own, open }: RoundContext): Promise<CaseResult[]> {
  const sealed = await vaultOf(env).outputs(open.order.caseId, "own-result");
  if (sealed.length === 0) throw new Problem("not-allowed-now", "result first");
  return sealed.map((bytes) => CaseResult.decode(openAtRest(own.vaultKey, "own-result", open.binding, bytes)));
}

type Asked = RecordItems["items"][number];

/**
 * The share for one record. If the stanza does not belong to this record, the share is empty, because one bad record must not
 * hide the others.
 */
function recordPart(round: RoundContext, secret: TrusteeSecret, asked: Asked): RecordParts["items"][number] {
  const { stanza, ...place } = asked;
  const none = new Uint8Array();
  const context = round.open.context("record", { hash: sha256(stanza) }, round.own.index);
  const refusedPart = { ...place, context: CaseContext.encode(context), ciphertext: none, share: none };
  let ciphertext: Ciphertext;
  try {
    const label = stanzaLabel(place, round.open.order.keySetId);
    ciphertext = openOuter(secret.groupHybridSecret, { key: round.keySet.keys.record, label }, stanza, publicEngine());
  } catch (error) {
    if (error instanceof Tdh2Error) return refusedPart;
    throw error;
  }
  const at = {
    ctx: caseContextHash(context),
    index: round.own.index,
    shareKey: round.keySet.shareKeys[round.own.index - 1]!.record,
    u: ciphertext.u,
  };
  const share = RecordShare.encode(recordShare({ ...at, share: secret.shares.record }, rng));
  return { ...refusedPart, ciphertext: Tdh2Ciphertext.encode(ciphertext), share };
}
