// Makes ceremony.json: a key ceremony, 2 of 3, message by message, up to the key set and its id; a resharing of it by
// trustees 1 and 3; and boards with one fault each, with the trustee that the abort must name.

import {
  CeremonyCommit,
  CeremonyDealing,
  CeremonyDeals,
  CeremonyOpening,
  CeremonyPlan,
  ResharePlan,
} from "../../../protocol/ceremony-documents.ts";
import { Signed, signDocument } from "../../../protocol/documents.ts";
import { KeySet, KeySetCore, keySetId, TrusteeSecret } from "../../../protocol/key-set.ts";
import { LABELS } from "../../../protocol/labels.ts";
import { keySetHash, openResharing, reshareAccept, reshareDeal, reshareFinish } from "../../../protocol/resharing.ts";
import { encodeG1, G, type G1 } from "../../../protocol/suite.ts";
import { edit, flipped, hex, hexes, type Json } from "./encode.ts";
import { rngOf } from "./rng.ts";
import type { World } from "./world.ts";

/** Boards with one message of trustee 2 replaced, dropped or added. Trustee 2 signs every changed message again. */
function faults({ ceremony: c, committee }: World): Json {
  const secret = committee[1]!.identitySecret;
  const opening = CeremonyOpening.decode(Signed.decode(c.openings[1]!).document);
  const dealing = CeremonyDealing.decode(opening.dealing);
  const deals = CeremonyDeals.decode(Signed.decode(c.deals[1]!).document);
  const commit = CeremonyCommit.decode(Signed.decode(c.commits[1]!).document);
  const openWith = (d: Partial<CeremonyDealing>): Uint8Array =>
    signDocument(
      LABELS.signCeremony,
      CeremonyOpening,
      { ...opening, dealing: CeremonyDealing.encode({ ...dealing, ...d }) },
      secret,
    );
  const trace = dealing.commitments.trace;
  return [
    { class: "missing", trustee: 2, at: "openings", dropped: true },
    {
      class: "malformed",
      at: "openings",
      replaced: edit(c.openings[1]!, flipped(c.openings[1]!, 40)),
      what: "signature",
    },
    {
      class: "malformed",
      at: "openings",
      replaced: edit(c.openings[1]!, c.commits[1]!),
      what: "other round",
    },
    {
      class: "equivocated",
      trustee: 2,
      at: "openings",
      added: edit(c.openings[1]!, openWith({ seedHash: new Uint8Array(32) })),
    },
    {
      class: "view",
      trustee: 2,
      at: "openings",
      replaced: edit(
        c.openings[1]!,
        signDocument(LABELS.signCeremony, CeremonyOpening, { ...opening, view: new Uint8Array(32) }, secret),
      ),
    },
    {
      class: "commitment",
      trustee: 2,
      at: "openings",
      replaced: edit(
        c.openings[1]!,
        openWith({ commitments: { ...dealing.commitments, trace: [trace[0]!, trace[1]!.add(G) as G1] } }),
      ),
    },
    {
      class: "view",
      trustee: 2,
      at: "deals",
      replaced: edit(
        c.deals[1]!,
        signDocument(LABELS.signCeremony, CeremonyDeals, { ...deals, view: new Uint8Array(32) }, secret),
      ),
    },
    {
      class: "malformed",
      trustee: 2,
      at: "deals",
      replaced: edit(
        c.deals[1]!,
        signDocument(LABELS.signCeremony, CeremonyDeals, { ...deals, sealed: deals.sealed.slice(1) }, secret),
      ),
      what: "number of seals",
    },
    {
      class: "malformed",
      at: "commits",
      replaced: edit(
        c.commits[1]!,
        signDocument(LABELS.signCeremony, CeremonyCommit, { ...commit, context: new Uint8Array(32) }, secret),
      ),
      what: "other run",
    },
  ];
}

export function ceremonyVectors(w: World): Json {
  const { ceremony: c, committee } = w;
  const keySet = KeySet.encode(w.keySet);
  const plan = {
    reshareId: rngOf("reshare id")(32),
    previous: keySetHash(w.keySet),
    generation: 0,
    dealers: [1, 3],
    threshold: 2,
    trustees: c.plan.trustees,
  };
  const resharing = openResharing(plan, w.keySet);
  const deals = plan.dealers.map((i) =>
    reshareDeal(
      { resharing, identitySecret: committee[i - 1]!.identitySecret, secret: w.shares[i - 1]! },
      rngOf(`reshare ${i}`),
    ),
  );
  const outcomes = committee.map((t, i) =>
    reshareAccept(
      {
        resharing,
        index: i + 1,
        identitySecret: t.identitySecret,
        transportSecret: t.transport.secretKey,
      },
      deals,
    ),
  );
  const reshared = reshareFinish(
    resharing,
    outcomes.map((o) => o.message),
  );
  return {
    secrets: committee.map((t) => ({ identity: hex(t.identitySecret), transport: hex(t.transport.secretKey) })),
    plan: hex(CeremonyPlan.encode(c.plan)),
    context: hex(c.ceremony.context),
    commits: hexes(c.commits),
    openings: hexes(c.openings),
    deals: hexes(c.deals),
    acceptances: hexes(c.acceptances),
    trusteeSecrets: c.secrets.map((s) => hex(TrusteeSecret.encode(s))),
    keySet: hex(keySet),
    keySetId: hex(keySetId(w.keySet)),
    keys: {
      trace: hex(encodeG1(w.keySet.keys.trace)),
      link: hex(encodeG1(w.keySet.keys.link)),
      record: hex(encodeG1(w.keySet.keys.record)),
    },
    faults: faults(w),
    refusedKeySets: [
      { class: "signature", keySet: edit(keySet, flipped(keySet, -1)) },
      {
        class: "share-keys",
        keySet: edit(keySet, KeySet.encode({ ...w.keySet, shareKeys: [...w.keySet.shareKeys].reverse() })),
      },
      { class: "threshold", keySet: edit(keySet, KeySet.encode({ ...w.keySet, threshold: 1 })) },
      {
        class: "identity-keys",
        keySet: edit(keySet, KeySet.encode({ ...w.keySet, identityKeys: [...w.keySet.identityKeys].reverse() })),
      },
      {
        class: "share-keys",
        keySet: edit(keySet, KeySet.encode({ ...w.keySet, keys: { ...w.keySet.keys, link: w.keySet.keys.trace } })),
      },
    ],
    reshare: {
      plan: hex(ResharePlan.encode(plan)),
      previous: hex(plan.previous),
      deals: hexes(deals),
      core: hex(KeySetCore.encode(reshared)),
      signatures: hexes(reshared.signatures),
      keySetId: hex(keySetId(reshared)),
    },
  };
}
