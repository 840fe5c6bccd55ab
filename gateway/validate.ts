// Validates a resource against FHIR R4 by two validators of other makers and by one own check. @medplum/core misses wrong codes,
// `fhir` misses wrong dates, and both miss two value[x] in one element.

import { OperationOutcomeError, validateResource } from "@medplum/core";
import { Fhir } from "fhir";
import { writeJson } from "../client/fhir/json.ts";
import { objectsIn } from "../client/fhir/resource.ts";
import type { FhirResource, Json } from "../client/index.ts";
import { needType } from "./definitions.ts";
import type { Issue } from "./outcome.ts";

let fhir: Fhir | undefined;

/** As any other reader of the JSON sees it: numbers lose their digits. */
export const plain = (value: Json): { resourceType: string } => JSON.parse(writeJson(value));

/** The errors of a resource; none if it is valid. @param at path in front of each expression */
export function invalidities(resource: FhirResource, at = ""): Issue[] {
  const value = plain(resource);
  const found: Issue[] = [];
  const note = (code: string, text: string, path: string) =>
    found.push({ code, text, expression: at === "" ? path : path.replace(/^[A-Za-z]+/, at) });
  const contained = Array.isArray(resource.contained) ? resource.contained : [];
  for (const type of [resource, ...contained].map((one) => (one as FhirResource | null)?.resourceType))
    if (typeof type === "string") needType(type);
  try {
    validateResource(value as Parameters<typeof validateResource>[0]);
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) throw error;
    for (const { severity, code, expression, details, diagnostics } of error.outcome.issue ?? [])
      if (severity === "error" || severity === "fatal")
        note(code, details?.text ?? diagnostics ?? code, expression?.[0] ?? resource.resourceType);
  }
  fhir ??= new Fhir();
  for (const { severity, location, message } of fhir.validate(value, { errorOnUnexpected: true }).messages)
    if (severity === "error" || severity === "fatal")
      note("invalid", message ?? "invalid", location ?? resource.resourceType);
  for (const object of objectsIn(resource)) {
    const values = Object.keys(object).filter((name) => /^value[A-Z]/.test(name));
    if (values.length > 1)
      note("structure", `Only one value[x] may be there: ${values.join(", ")}`, resource.resourceType);
  }
  return found;
}
