// The signed parameters of epoch ranges, and the chains of key sets that they name.

import * as z from "zod";
import { CLOCK_TOLERANCE_SECONDS, MAX_CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import {
  LOG_FRESHNESS_SECONDS,
  MAX_LOG_FRESHNESS_SECONDS,
  MIN_LOG_FRESHNESS_SECONDS,
} from "../../protocol/log-trust.ts";
import { ADMINISTRATOR, ANYONE, type AnswersOf, JSON_TYPE, type JsonOf, json, route } from "../contract.ts";
import { anyBase64url, base64urlOf, hexText } from "../fields.ts";

const MAX_EPOCH = 12 * 300;

const produces = [JSON_TYPE];
const epoch = z.int().min(0).max(MAX_EPOCH);

export const PARAMETERS = {
  readParameters: route({ method: "GET", path: "/v1/parameters", callers: [ANYONE], produces }),
  issueParameters: route({
    method: "POST",
    path: "/v1/admin/parameters",
    callers: [ADMINISTRATOR],
    body: json(
      z.object({
        keySet: anyBase64url,
        trusteeKeys: z.array(hexText(32)).min(2).max(16),
        realm: z.string().min(1).max(200),
        epochFrom: epoch,
        epochTo: epoch,
        slots: z.int().min(1).max(64).default(16),
        challengeWindowSeconds: z.int().min(30).max(MAX_CLOCK_TOLERANCE_SECONDS).default(CLOCK_TOLERANCE_SECONDS),
        offlineGraceSeconds: z
          .int()
          .min(0)
          .max(14 * 86_400)
          .default(2 * 86_400),
        logFreshnessSeconds: z
          .int()
          .min(MIN_LOG_FRESHNESS_SECONDS)
          .max(MAX_LOG_FRESHNESS_SECONDS)
          .default(LOG_FRESHNESS_SECONDS),
        assembleThreshold: z
          .int()
          .min(2)
          .max(16)
          .optional()
          .describe("approvals that an assemble needs; the key set's threshold by default"),
        attributes: z
          .array(
            z.object({ name: z.string().min(1).max(64), values: z.array(z.string().min(1).max(64)).min(1).max(64) }),
          )
          .max(16)
          .refine((all) => new Set(all.map((a) => a.name)).size === all.length, "two attributes of one name"),
      }),
    ),
    produces,
  }),
  readKeySets: route({ method: "GET", path: "/v1/keysets", callers: [ANYONE], produces }),
  continueKeySets: route({
    method: "POST",
    path: "/v1/admin/keysets",
    callers: [ADMINISTRATOR],
    body: json(z.object({ chain: anyBase64url })),
    produces,
  }),
};

export const PARAMETERS_ANSWERS = () => {
  const Issued = z.object({ document: anyBase64url.describe("Signed<Parameters>"), paramsHash: hexText(32) });
  const number = z.int().min(0);
  return {
    readParameters: {
      summary: "Read the logged parameters, with their key sets and the log's proof",
      ok: {
        200: {
          json: z
            .object({
              documents: z.array(anyBase64url).describe("Signed<Parameters>"),
              keySets: z.array(anyBase64url).describe("KeySet whose keys the document names"),
              logged: z
                .array(z.object({ entry: anyBase64url, index: number, proof: z.array(base64urlOf(32)) }))
                .describe("log entry of each document, with its audit path under the checkpoint"),
              checkpoint: z.string().describe("note of a fresh head; empty if there are no documents"),
            })
            .meta({ id: "ParametersAnswer" }),
        },
      },
    },
    issueParameters: {
      summary: "Sign, store and log the parameters of an epoch range",
      description: "An epoch has exactly one document. The same request again changes nothing.",
      ok: { 200: { json: Issued }, 201: { json: Issued } },
      problems: ["conflict", "not-allowed-now", "unknown-version"],
    },
    readKeySets: {
      summary: "Read the chains of key sets, one per ceremony",
      description: "Each reader verifies them from its own pins.",
      ok: { 200: { json: z.object({ chains: z.array(anyBase64url).describe("KeySetChain") }) } },
    },
    continueKeySets: {
      summary: "Publish a longer chain of a known ceremony, after a resharing",
      ok: { 200: { json: z.object({ keySetId: hexText(32), generation: number }) } },
      problems: ["not-found", "conflict", "unknown-version"],
    },
  } satisfies AnswersOf<typeof PARAMETERS>;
};

type Answers = ReturnType<typeof PARAMETERS_ANSWERS>;
export type IssuedParameters = JsonOf<Answers["issueParameters"], 201>;
export type KeySetChains = JsonOf<Answers["readKeySets"]>;
