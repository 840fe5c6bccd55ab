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
  findPerson: route({
    method: "POST",
    path: "/v1/admin/find",
    callers,
    body: json(z.object({ selector: selectorText, birthDate: z.iso.date() })),
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
  const Found = z
    .object({
      known: z.boolean().describe("whether somebody is registered under this selector"),
      person: z
        .object({
          account,
          phones: z.int().min(0).describe("phones enrolled so far"),
          revoked: z.boolean(),
          codeExpires: z.int().min(0).nullable().describe("unix seconds; null if no enrolment code is open"),
          entitlements,
        })
        .nullable()
        .describe("null if the birth date is not that of the record"),
    })
    .meta({ id: "Found" });
  return {
    registerPerson: {
      summary: "Register a person, or a known person with a new phone",
      description: "`patient` is a FHIR Patient with its fullUrl, as JSON.",
      ok: { 200: { json: Registered }, 201: { json: Registered } },
      problems: ["not-allowed-now"],
    },
    findPerson: {
      summary: "Find out whether a person is registered, before registering them",
      description:
        "The registration is told only if the birth date is that of the record. So a mistyped selector tells nothing about somebody else.",
      ok: { 200: { json: Found } },
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

type Answers = ReturnType<typeof PEOPLE_ANSWERS>;
export type Registered = JsonOf<Answers["registerPerson"], 201>;
export type Found = JsonOf<Answers["findPerson"]>;
