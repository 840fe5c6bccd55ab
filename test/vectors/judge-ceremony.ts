// Judges ceremony-faults.json as trustee 1: each entry's messages stand in place of the honest ones of the file.

import { accept, deal, finish, open, openCeremony } from "../../protocol/ceremony.ts";
import { CeremonyPlan, DealerSecret, ResharePlan } from "../../protocol/ceremony-documents.ts";
import type { Outcome } from "../../protocol/committee.ts";
import { KeySet } from "../../protocol/key-set.ts";
import { openResharing, reshareAccept, verifyResharing } from "../../protocol/resharing.ts";
import { type Any, b, type Judge, thrownBy } from "./judges.ts";
import { rngOf } from "./symbolon/rng.ts";

/** The verdict of a step that ends in an outcome: accepted, thrown, or the complaint. */
function outcomeOf(act: () => Outcome): string {
  let complaint: string | undefined;
  const thrown = thrownBy(() => {
    const outcome = act();
    if (!outcome.accepted) complaint = `complaint: ${outcome.complaint.reason} about ${outcome.complaint.accused}`;
  });
  return complaint ?? thrown;
}

const seatOf = (file: Any) => ({
  index: 1,
  identitySecret: b(file.secrets[0].identity),
  transportSecret: b(file.secrets[0].transport),
});
const resharingOf = (file: Any) =>
  openResharing(ResharePlan.decode(b(file.resharePlan)), KeySet.decode(b(file.oldKeySet)));

export const judges: Record<string, Judge> = {
  ceremony: (entry, file) => {
    const ceremony = openCeremony(CeremonyPlan.decode(b(file.plan)));
    const board = Object.fromEntries(
      ["commits", "openings", "deals", "acceptances"].map((round) => [round, (entry[round] ?? file[round]).map(b)]),
    ) as Record<"commits" | "openings" | "deals" | "acceptances", Uint8Array[]>;
    const seat = { ceremony, ...seatOf(file) };
    const secret = DealerSecret.decode(b(file.dealerSecret));
    if (entry.at === "commits") return thrownBy(() => open(seat, secret, board));
    if (entry.at === "openings") return thrownBy(() => deal(seat, secret, board, rngOf("judge")));
    if (entry.at === "deals") return outcomeOf(() => accept(seat, secret, board));
    return thrownBy(() => finish(ceremony, board.acceptances));
  },
  reshare: ({ reshareDeals }, file) =>
    outcomeOf(() => reshareAccept({ resharing: resharingOf(file), ...seatOf(file) }, reshareDeals.map(b))),
  "reshared-key-set": ({ reshareDeals, keySet }, file) =>
    thrownBy(() => verifyResharing(resharingOf(file), reshareDeals.map(b), KeySet.decode(b(keySet)))),
};
