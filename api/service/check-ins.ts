// Check-in, and the public reads by which a wallet finds its sessions again.

import { ANYONE, type AnswersOf, clinic, JSON_TYPE, OCTETS_TYPE, octets, route } from "../contract.ts";
import { hexText, limitUpTo, serviceId, tagHash } from "../fields.ts";
import { documentJson } from "./decoded.ts";

export const MAX_CHECK_IN_BYTES = 32_768;
const CLAIMS_PER_PAGE = 1000;

export const CHECK_INS = {
  checkIn: route({
    method: "POST",
    path: "/v1/sessions",
    callers: [ANYONE, clinic("system/Session.c")],
    body: octets("CheckIn", MAX_CHECK_IN_BYTES),
    produces: [OCTETS_TYPE, JSON_TYPE],
  }),
  readReceipt: route({
    method: "GET",
    path: "/v1/services/:id/receipts/:tagHash/:presentationHash",
    callers: [ANYONE],
    params: { id: serviceId, tagHash, presentationHash: hexText(32) },
    produces: [OCTETS_TYPE, JSON_TYPE],
  }),
  listClaims: route({
    method: "GET",
    path: "/v1/services/:id/claims",
    callers: [ANYONE],
    params: { id: serviceId },
    query: { cursor: tagHash.optional(), limit: limitUpTo(CLAIMS_PER_PAGE) },
    produces: [OCTETS_TYPE],
  }),
};

export const CHECK_INS_ANSWERS = () =>
  ({
    checkIn: {
      summary: "Open a session with a check-in",
      description:
        "A wallet sends its own check-in and needs no token. A clinic that verified offline hands it in later, with its token. The same bytes get the same receipt, so the request may be repeated. A refusal carries `refusal`, the Signed<RefusedCheckIn> in base64url.",
      ok: { 201: { octets: "Signed<Receipt>", json: documentJson() } },
      problems: ["credential-refused", "clock-skew", "unknown-version", "not-allowed-now", "not-found"],
    },
    readReceipt: {
      summary: "Read the receipt of one check-in",
      ok: { 200: { octets: "Signed<Receipt>", json: documentJson() } },
      problems: ["not-found"],
    },
    listClaims: {
      summary: "List the claims of all sessions of a service",
      description: "Rows of tagHash 32 | u32 epoch | claim 82, in the order of tagHash.",
      ok: {
        200: {
          octets: "rows tagHash 32 | u32 epoch | claim 82",
          headers: { "symbolon-cursor": "Ask for the next page with it. Absent on the last page." },
        },
      },
      problems: ["not-found"],
    },
  }) satisfies AnswersOf<typeof CHECK_INS>;
