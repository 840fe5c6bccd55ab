// Certificates of requesters, and their withdrawal.

import * as z from "zod";
import { MAX_CLOCK_TOLERANCE_SECONDS } from "../../protocol/clock.ts";
import { SECONDS_PER_DAY } from "../../protocol/epoch.ts";
import { MAX_CERTIFICATE_SECONDS } from "../../protocol/requester-status.ts";
import { ADMINISTRATOR, ANYONE, type AnswersOf, JSON_TYPE, json, OCTETS_TYPE, route } from "../contract.ts";
import { anyBase64url, hexText } from "../fields.ts";

const DEFAULT_DAYS = 365;
const MAX_DAYS = (MAX_CERTIFICATE_SECONDS - MAX_CLOCK_TOLERANCE_SECONDS) / SECONDS_PER_DAY;

export const REQUESTERS = {
  certifyRequester: route({
    method: "POST",
    path: "/v1/admin/requesters",
    callers: [ADMINISTRATOR],
    body: json(
      z.object({
        signKey: hexText(32),
        sealKey: anyBase64url.describe("X-Wing public key"),
        name: z.string().min(1).max(200),
        role: z.string().min(1).max(100),
        days: z.int().min(1).max(MAX_DAYS).default(DEFAULT_DAYS),
      }),
    ),
    produces: [OCTETS_TYPE],
  }),
  revokeRequester: route({
    method: "POST",
    path: "/v1/admin/requesters/revoke",
    callers: [ADMINISTRATOR],
    body: json(z.object({ certificate: hexText(32).describe("hash of the certificate") })),
    produces: [JSON_TYPE],
  }),
  readRevoked: route({
    method: "GET",
    path: "/v1/requesters/revoked",
    callers: [ANYONE],
    produces: [OCTETS_TYPE],
  }),
};

export const REQUESTERS_ANSWERS = () =>
  ({
    certifyRequester: {
      summary: "Certify a requester's keys",
      ok: { 201: { octets: "Signed<RequesterCertificate>" } },
      problems: ["not-allowed-now"],
    },
    revokeRequester: {
      summary: "Withdraw a certificate, for ever",
      ok: { 200: { json: z.object({ certificate: hexText(32), revokedAt: z.int().min(0).describe("unix seconds") }) } },
      problems: ["not-found", "not-allowed-now"],
    },
    readRevoked: {
      summary: "Read the list of withdrawn certificates",
      description: "Made anew for each reader. It has only certificates that have not ended.",
      ok: { 200: { octets: "Signed<RevocationList>" } },
    },
  }) satisfies AnswersOf<typeof REQUESTERS>;
