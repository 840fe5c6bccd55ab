// The coordinator of a resharing: it carries the signed messages from the old trustees to the new ones. It holds no secret but
// the administrators' request keys, and the outcome does not depend on its honesty. The chain that it returns is verified from
// the pinned committee.
//
//   start at all → an officer of each dealer approves the plan → deal → accept → finish at new trustees, then at those that leave

import type { CardAnswer, ChainAnswer } from "../../api/trustee/cards.ts";
import type { CeremonyMessage } from "../../api/trustee/ceremony.ts";
import type { PlanAnswer } from "../../api/trustee/resharing.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { ResharePlan, sendersOf } from "../../protocol/ceremony-documents.ts";
import { type Base64url, fromBase64url, type Hex, toBase64url } from "../../protocol/encodings.ts";
import type { KeySet } from "../../protocol/key-set.ts";
import { KeySetChain, walkChain } from "../../protocol/key-set-chain.ts";
import { reshareContext } from "../../protocol/resharing.ts";
import { decodeAnswer, textOfCause, translate } from "../errors.ts";
import { apiJson, type Transport } from "../transport.ts";
import { CeremonyError, refuseComplaints } from "./complaints.ts";

export interface ResharingInput {
  /** old trustee i at [i - 1]; undefined if it does not answer any more */
  oldUrls: readonly (string | undefined)[];
  /** new trustee i at [i - 1]. A trustee that stays keeps its index */
  newUrls: readonly string[];
  /** identity keys of generation 0, Ed25519, 32 bytes; trustee i at [i - 1] */
  pinnedKeys: readonly Uint8Array[];
  /** the old trustees that deal: as many as the old threshold, ascending */
  dealers: readonly number[];
  /** of the new committee */
  threshold: number;
  /** Ed25519 secret key of the administrator, 32 bytes */
  adminSecretKey: Uint8Array;
  /** 32 bytes; fresh and random, unless a stopped run is to be continued */
  reshareId?: Uint8Array;
  /** Has an officer of this old trustee approve the plan (approveResharing). */
  approve(trustee: number, id: Hex, plan: Uint8Array): Promise<void>;
}

export interface ResharingResult {
  keySet: KeySet;
  /** KeySetChain from generation 0 to the new key set, for the registrar */
  chain: Uint8Array;
}

/**
 * Runs a resharing to its end. A run with the id of a stopped one goes on from there.
 * @throws ApiError; CeremonyError complaint, key-sets-differ, bad-key-set, bad-ceremony-message
 */
export async function runResharing(t: Transport, input: ResharingInput): Promise<ResharingResult> {
  const id = bytesToHex(input.reshareId ?? t.rng(32));
  const { oldUrls, newUrls, dealers, threshold, adminSecretKey } = input;
  const post = <T>(url: string, step: string, json: unknown): Promise<T> =>
    apiJson<T>(t, url, `/v1/resharing/${id}/${step}`, { json, signWith: adminSecretKey });
  const dealerUrls = dealers.map((i) => {
    const url = oldUrls[i - 1];
    if (url === undefined) throw new CeremonyError("bad-key-set", `dealer ${i} has no address`);
    return url;
  });
  const everybody = [...new Set([...oldUrls.filter((url) => url !== undefined), ...newUrls])];

  const { chain } = await apiJson<ChainAnswer>(t, dealerUrls[0]!, "/v1/keysets");
  const cards = await Promise.all(newUrls.map(async (url) => (await apiJson<CardAnswer>(t, url, "/v1/card")).card));
  const start = { threshold, dealers, cards, chain };
  const plans = await Promise.all(everybody.map((url) => post<PlanAnswer>(url, "start", start)));
  if (plans.some((p) => p.plan !== plans[0]!.plan)) throw new CeremonyError("key-sets-differ", "the plans differ");
  const plan = decodeAnswer("a resharing plan", () => fromBase64url(plans[0]!.plan));
  for (const dealer of dealers) await input.approve(dealer, id, plan);

  const message = (m: CeremonyMessage): Base64url => m.message;
  const deals = (await Promise.all(dealerUrls.map((url) => post<CeremonyMessage>(url, "deal", {})))).map(message);
  const accept = (url: string) => post<CeremonyMessage>(url, "accept", { messages: deals });
  const acceptances = (await Promise.all(newUrls.map(accept))).map(message);
  const { trustees } = decodeAnswer("a resharing plan", () => ResharePlan.decode(plan));
  refuseComplaints(acceptances, { context: reshareContext(plan), senders: sendersOf(trustees) });
  const finish = (url: string) => post<object>(url, "finish", { deals, acceptances });
  await Promise.all(newUrls.map(finish));
  // A trustee deletes its old share only after all new ones hold theirs.
  await Promise.all(everybody.filter((url) => !newUrls.includes(url)).map(finish));

  const served = await apiJson<ChainAnswer>(t, newUrls[0]!, "/v1/keysets");
  return translate(
    () => {
      const bytes = fromBase64url(served.chain);
      const keySet = walkChain(KeySetChain.decode(bytes), input.pinnedKeys).at(-1)!;
      if (toBase64url(KeySetChain.decode(bytes).links.at(-1)?.plan ?? new Uint8Array()) !== plans[0]!.plan)
        throw new RangeError("the chain does not end with this resharing");
      return { keySet, chain: bytes };
    },
    (cause) => new CeremonyError("bad-key-set", textOfCause(cause), { cause }),
  );
}
