// Proofs about the log's Merkle tree (RFC 9162). A hash of a proof has 32 bytes, in base64url.

import * as z from "zod";
import { ANYONE, type AnswersOf, JSON_TYPE, type JsonOf, json, route } from "../contract.ts";
import { base64urlOf, countText } from "../fields.ts";

const MAX_PROOFS = 256;

const callers = [ANYONE];
const produces = [JSON_TYPE];
const count = z.int().min(0);

export const PROOFS = {
  proveInclusion: route({
    method: "GET",
    path: "/v1/inclusion",
    callers,
    query: { index: countText, size: countText },
    produces,
  }),
  proveInclusions: route({
    method: "POST",
    path: "/v1/inclusions",
    callers,
    body: json(z.object({ size: count, indexes: z.array(count).min(1).max(MAX_PROOFS) })),
    produces,
  }),
  proveConsistency: route({
    method: "GET",
    path: "/v1/consistency",
    callers,
    query: { from: countText, to: countText },
    produces,
  }),
};

export const PROOFS_ANSWERS = () => {
  const hashes = z.array(base64urlOf(32));
  const Proof = z.object({ proof: hashes }).meta({ id: "Proof" });
  return {
    proveInclusion: {
      summary: "Prove that an entry is in the tree of a size",
      ok: { 200: { json: Proof } },
      problems: ["not-found"],
    },
    proveInclusions: {
      summary: "Prove that several entries are in the tree of a size",
      description: "The proofs are in the order of `indexes`.",
      ok: { 200: { json: z.object({ proofs: z.array(hashes) }) } },
      problems: ["not-found"],
    },
    proveConsistency: {
      summary: "Prove that the tree of one size continues the tree of a smaller one",
      ok: { 200: { json: Proof } },
      problems: ["not-found"],
    },
  } satisfies AnswersOf<typeof PROOFS>;
};

type Answers = ReturnType<typeof PROOFS_ANSWERS>;
export type Proof = JsonOf<Answers["proveInclusion"]>;
export type Proofs = JsonOf<Answers["proveInclusions"]>;
