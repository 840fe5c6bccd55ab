// Judges tree-faults.json with the verifiers of Merkle proofs, blocks and heads.

import { trusteeWitnessKey } from "../../protocol/case-documents.ts";
import { IndexBlocks, verifyBlocks } from "../../protocol/index-tree.ts";
import { verifyHead } from "../../protocol/log-trust.ts";
import { verifyConsistency, verifyInclusion } from "../../protocol/merkle.ts";
import { LOG_KEY, noteKey } from "../../protocol/note.ts";
import { b, type Judge, verdictOf } from "./judges.ts";

const said = (holds: boolean): string => (holds ? "accepted" : "refused");

export const judges: Record<string, Judge> = {
  inclusion: ({ index, size, leafHash, proof, root }) =>
    said(verifyInclusion({ index, size, leafHash: b(leafHash), proof: proof.map(b), root: b(root) })),
  consistency: ({ from, to, fromRoot, toRoot, proof }) =>
    said(verifyConsistency({ from, to, fromRoot: b(fromRoot), toRoot: b(toRoot), proof: proof.map(b) })),
  "index-blocks": ({ blocks, epoch, count, root }) =>
    verdictOf("refused", () => verifyBlocks(IndexBlocks.decode(b(blocks)), { epoch, count, root: b(root) })),
  head: ({ note, now, logKey, witnessKeys, quorum, maxAgeSeconds }) => {
    const trust = {
      logKey: noteKey("log.vectors.example", LOG_KEY, b(logKey)),
      witnesses: witnessKeys.map((key: string, i: number) => trusteeWitnessKey(i + 1, b(key))),
      ...{ quorum, maxAgeSeconds },
    };
    const verdict = verifyHead(note, trust, now);
    return verdict.ok ? "accepted" : verdict.reason;
  },
};
