// What the server does, in one table: the CapabilityStatement at /metadata is made from it, and the router serves nothing that is
// not in it (http.ts). test/gateway/capability.test.ts compares the two.

import type { FhirResource, JsonObject } from "../client/index.ts";
import { servedTypes } from "./definitions.ts";
import { searchParams } from "./terms.ts";

const READING = ["read", "vread", "history-instance", "history-type", "search-type"] as const;
const WRITING = ["create", "update", "patch", "delete"] as const;
export type Interaction = (typeof READING)[number] | (typeof WRITING)[number];

/** A Patient is the temporary identity of a check-in: nobody writes one. */
export const interactionsOf = (type: string): readonly Interaction[] =>
  type === "Patient" ? READING : [...READING, ...WRITING];

export interface OperationDefinition {
  readonly name: string;
  /** undefined: at the base of the server */
  readonly type?: string;
  readonly method: "GET" | "POST";
  readonly about: string;
}
export const OPERATIONS: readonly OperationDefinition[] = [
  { name: "check-in", method: "POST", about: "a fresh challenge for a patient's wallet, with a QR image" },
  {
    name: "check-in-status",
    method: "GET",
    about: "whether the check-in of that challenge has come; `wait` in seconds",
  },
  { name: "outbox", method: "GET", about: "writes that the edge does not have yet, and those that it refused" },
  { name: "outbox-dismiss", method: "POST", about: "takes a refused write off the list, by its number" },
  { name: "everything", type: "Patient", method: "GET", about: "all resources of a session" },
  { name: "summary", type: "Patient", method: "GET", about: "an International Patient Summary of a session" },
  { name: "document", type: "Encounter", method: "GET", about: "all resources of a session as one document" },
];

const PROFILES: Record<string, string> = {
  everything: "http://hl7.org/fhir/OperationDefinition/Patient-everything",
  summary: "http://hl7.org/fhir/uv/ips/OperationDefinition/summary",
  document: "http://hl7.org/fhir/OperationDefinition/Composition-document",
};
const stated = ({ name, about }: OperationDefinition): JsonObject => ({
  name,
  definition: PROFILES[name] ?? `urn:symbolon:operation:${name}`,
  documentation: about,
});

/** @param secured clients must authenticate */
export function capabilityStatement(base: string, date: string, secured: boolean): FhirResource {
  return {
    resourceType: "CapabilityStatement",
    status: "active",
    date,
    publisher: "Symbolon",
    kind: "instance",
    software: { name: "Symbolon gateway", version: "0.1.0" },
    implementation: { description: "A local FHIR server over the clinic's sealed records", url: base },
    fhirVersion: "4.0.1",
    format: ["application/fhir+json", "json"],
    patchFormat: ["application/json-patch+json"],
    rest: [
      {
        mode: "server",
        documentation:
          "A Patient is the temporary identity (TID) of one visit, and no resource may name a person. The server assigns all ids.",
        ...(secured
          ? {
              security: {
                service: [
                  {
                    coding: [
                      {
                        system: "http://terminology.hl7.org/CodeSystem/restful-security-service",
                        code: "SMART-on-FHIR",
                      },
                    ],
                  },
                ],
                description: "SMART Backend Services; see .well-known/smart-configuration",
              },
            }
          : {}),
        resource: servedTypes().map((type) => resourceStatement(type)),
        interaction: ["transaction", "batch", "search-system", "history-system"].map((code) => ({ code })),
        operation: OPERATIONS.filter((operation) => operation.type === undefined).map(stated),
      },
    ],
  };
}

function resourceStatement(type: string): JsonObject {
  const operations = OPERATIONS.filter((operation) => operation.type === type).map(stated);
  const params = [...searchParams(type).values()];
  const references = params.filter(({ kind }) => kind === "reference").map(({ name }) => `${type}:${name}`);
  const isWritten = interactionsOf(type).includes("create");
  return {
    type,
    interaction: interactionsOf(type).map((code) => ({ code })),
    versioning: "versioned-update",
    readHistory: true,
    updateCreate: false,
    conditionalCreate: isWritten,
    conditionalRead: "not-match",
    conditionalUpdate: isWritten,
    conditionalDelete: isWritten ? "single" : "not-supported",
    ...(references.length === 0 ? {} : { searchInclude: references }),
    searchParam: params.map(({ name, kind }) => ({ name, type: kind })),
    ...(operations.length === 0 ? {} : { operation: operations }),
  };
}
