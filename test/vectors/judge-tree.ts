// Judges tree-faults.json with the verifiers of Merkle proofs, blocks, parts and heads.

import { partOf, readPart } from "../../protocol/buckets.ts";
import { trusteeWitnessKey } from "../../protocol/case-documents.ts";
import { addRuns, blocksOf, holdPart, IndexBlocks, type ProvenRun, verifyBlocks } from "../../protocol/index-tree.ts";
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
  part: ({ part: written, value }) => {
    const part = readPart(written);
    return part === undefined ? "malformed" : said(partOf(value, part.of).n === part.n);
  },
  "index-part": ({ part, pages, epoch, count, root }) =>
    verdictOf("refused", () => {
      const runs: ProvenRun[] = [];
      for (const bytes of pages) {
        const page = IndexBlocks.decode(b(bytes));
        if (!verifyBlocks(page, { epoch, count, root: b(root) })) return false;
        addRuns(runs, page);
      }
      return holdPart(runs, readPart(part)!, blocksOf(count));
    }),
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
