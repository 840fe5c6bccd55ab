// The registrar's desk: outcomes of identity proofing, entitlements and revocation.

import * as z from "zod";
import { ADMINISTRATOR, type AnswersOf, JSON_TYPE, type JsonOf, json, route } from "../contract.ts";
import { anyBase64url } from "../fields.ts";
import { account, selectorText } from "./fields.ts";

const callers = [ADMINISTRATOR];
const produces = [JSON_TYPE];
const entitlements = z.record(z.string(), z.string());

export const PEOPLE = {
  registerPerson: route({
    method: "POST",
    path: "/v1/admin/proofings",
    callers,
    body: json(z.object({ patient: anyBase64url, selector: selectorText, entitlements })),
    produces,
  }),
  setEntitlements: route({
    method: "POST",
    path: "/v1/admin/entitlements",
    callers,
    body: json(z.object({ account, entitlements })),
    produces,
  }),
  revokePerson: route({
    method: "POST",
    path: "/v1/admin/revoke",
    callers,
    body: json(z.object({ account })),
    produces,
  }),
};

export const PEOPLE_ANSWERS = () => {
  const Registered = z
    .object({
      account,
      enrolmentCode: anyBase64url.describe("serves one phone, once"),
      expires: z.int().min(0).describe("unix seconds"),
      known: z.boolean().describe("whether the person was registered before"),
    })
    .meta({ id: "Registered" });
  return {
    registerPerson: {
      summary: "Register a person, or a known person with a new phone",
      description: "`patient` is a FHIR Patient with its fullUrl, as JSON.",
      ok: { 200: { json: Registered }, 201: { json: Registered } },
      problems: ["not-allowed-now"],
    },
    setEntitlements: {
      summary: "Set the entitlements of the credentials to come",
      ok: { 200: { json: z.object({ account }) } },
      problems: ["not-found", "not-allowed-now"],
    },
    revokePerson: {
      summary: "Issue no credential to this account any more",
      ok: { 200: { json: z.object({ account, revoked: z.literal(true) }) } },
      problems: ["not-found"],
    },
  } satisfies AnswersOf<typeof PEOPLE>;
};

export type Registered = JsonOf<ReturnType<typeof PEOPLE_ANSWERS>["registerPerson"], 201>;
