// Enrolment of a phone, and the monthly refresh of its credential. Every refusal looks the same from outside.

import * as z from "zod";
import {
  ANYONE,
  type AnswersOf,
  JSON_TYPE,
  type JsonOf,
  json,
  OCTETS_TYPE,
  octets,
  route,
  signatureOf,
} from "../contract.ts";
import { anyBase64url, base64urlOf, base64urlText, hexText } from "../fields.ts";
import { account } from "./fields.ts";

const MAX_CONTRACT_BYTES = 3072;
const MAX_REFRESH_BYTES = 1 << 20;

const produces = [JSON_TYPE];
const enrolmentCode = base64urlText(48);
const byCode = json(z.object({ account, enrolmentCode }));
const byPhone = [signatureOf("the phone's device key")];

export const ENROLMENT = {
  startEnrolment: route({ method: "POST", path: "/v1/enrol/start", callers: [ANYONE], body: byCode, produces }),
  declineEnrolment: route({ method: "POST", path: "/v1/enrol/decline", callers: [ANYONE], body: byCode, produces }),
  enrol: route({
    method: "POST",
    path: "/v1/enrol",
    callers: byPhone,
    body: json(
      z.object({
        account,
        enrolmentCode,
        contract: base64urlText(MAX_CONTRACT_BYTES),
        deviceKey: hexText(32),
      }),
    ),
    produces,
  }),
  newRefreshNonce: route({
    method: "POST",
    path: "/v1/refresh/nonce",
    callers: byPhone,
    body: json(z.object({ account })),
    produces,
  }),
  refresh: route({
    method: "POST",
    path: "/v1/refresh",
    callers: byPhone,
    body: octets("RefreshRequest", MAX_REFRESH_BYTES),
    produces: [OCTETS_TYPE],
  }),
};

export const ENROLMENT_ANSWERS = () => {
  const Enrolled = z
    .object({ generations: z.array(z.object({ generation: z.int().min(0), epochFrom: z.int().min(0) })) })
    .meta({ id: "Enrolled" });
  const nonce = base64urlOf(32);
  return {
    startEnrolment: {
      summary: "Read the person's record, to confirm it",
      ok: {
        200: {
          json: z
            .object({
              nonce,
              identity: anyBase64url.describe("IdentityRecord, which the contract commits to"),
              salt: base64urlOf(32),
              contracts: z.array(anyBase64url).describe("every contract of this person so far, oldest first"),
            })
            .meta({ id: "EnrolmentStart" }),
        },
      },
      problems: ["credential-refused", "not-allowed-now"],
    },
    declineEnrolment: {
      summary: "Say that the record is not this person's",
      description: "The code is void from then on.",
      ok: { 200: { json: z.object({ declined: z.literal(true) }) } },
      problems: ["credential-refused"],
    },
    enrol: {
      summary: "Enrol a phone with its contract",
      description: "The same contract again gets the same answer with status 200.",
      ok: { 200: { json: Enrolled }, 201: { json: Enrolled } },
      problems: ["not-allowed-now", "unknown-version"],
    },
    newRefreshNonce: {
      summary: "Get a nonce for a refresh, and the list of the person's contracts",
      ok: { 200: { json: z.object({ nonce, registrations: anyBase64url.describe("Signed<Registrations>") }) } },
    },
    refresh: {
      summary: "Get the credential of the current epoch or the next",
      description: "One per phone and epoch. The same commitment again gets the same credential.",
      ok: { 200: { octets: "IssuedCredential" } },
      problems: ["not-allowed-now", "unknown-version"],
    },
  } satisfies AnswersOf<typeof ENROLMENT>;
};

type Answers = ReturnType<typeof ENROLMENT_ANSWERS>;
export type EnrolmentStart = JsonOf<Answers["startEnrolment"]>;
export type RefreshNonce = JsonOf<Answers["newRefreshNonce"]>;
