// The errors of the gateway, and the OperationOutcome that tells each of them (FHIR R4 operationoutcome.html).
//
//   400 the request or resource cannot be read, or breaks a rule of FHIR    409 another writer was faster
//   404 not here   405 not in this way   406, 415 other formats    410 deleted    412 a condition does not hold
//   413 too large  422 FHIR, but refused here: a name, another patient, two sessions    503 the edge or the index is not ready

import { getStatus, OperationOutcomeError } from "@medplum/core";
import { ApiError, FhirInputError, type FhirResource, IdentityFoundError, SymbolonError } from "../client/index.ts";

export interface Issue {
  severity?: "error" | "warning" | "information";
  /** of the value set issue-type */
  code: string;
  text: string;
  /** FHIRPath-like */
  expression?: string;
  diagnostics?: string;
}

export class FhirError extends Error {
  override name = "FhirError";
  readonly status: number;
  readonly issues: readonly Issue[];
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, issues: Issue | readonly Issue[], headers: Readonly<Record<string, string>> = {}) {
    const all = [issues].flat() as Issue[];
    super(all.map(({ text }) => text).join("; "));
    this.status = status;
    this.issues = all;
    this.headers = headers;
  }
}

/** A resource in plain English: the code of the issue follows from the status. */
const CODES: Record<number, string> = {
  400: "invalid",
  401: "login",
  403: "forbidden",
  404: "not-found",
  405: "not-supported",
  406: "not-supported",
  409: "conflict",
  410: "deleted",
  412: "conflict",
  413: "too-long",
  415: "not-supported",
  422: "business-rule",
  500: "exception",
  503: "transient",
};
export const refuse = (status: number, text: string, expression?: string): FhirError =>
  new FhirError(status, {
    code: CODES[status] ?? "processing",
    text,
    ...(expression === undefined ? {} : { expression }),
  });

export const outcomeOf = (issues: readonly Issue[]): FhirResource => ({
  resourceType: "OperationOutcome",
  issue: issues.map(({ severity = "error", code, text, expression, diagnostics }) => ({
    severity,
    code,
    details: { text },
    ...(diagnostics === undefined ? {} : { diagnostics }),
    ...(expression === undefined ? {} : { expression: [expression] }),
  })),
});

export const informational = (text: string): FhirResource =>
  outcomeOf([{ severity: "information", code: "informational", text }]);

/** Every error as one that can be told. An error that nobody expected becomes 500 without its text; the caller logs it. */
export function toFhirError(error: unknown): FhirError {
  if (error instanceof FhirError) return error;
  if (error instanceof IdentityFoundError)
    return new FhirError(
      422,
      error.findings.map(({ id, fullUrl, path, kind }) => ({
        code: "business-rule",
        text: `The resource still names the patient: ${kind} at ${path}. Change the text, or allow the finding.`,
        expression: path,
        diagnostics: `finding ${encodeURIComponent(id)} in ${fullUrl}`,
      })),
    );
  if (error instanceof FhirInputError)
    return refuse(["several-patients", "no-patient"].includes(error.code) ? 422 : 400, error.message);
  if (error instanceof OperationOutcomeError) {
    const issues = (error.outcome.issue ?? []).map(
      ({ code, details, diagnostics, expression }): Issue => ({
        code,
        text: details?.text ?? diagnostics ?? code,
        ...(expression?.[0] === undefined ? {} : { expression: expression[0] }),
      }),
    );
    return new FhirError(getStatus(error.outcome), issues);
  }
  if (error instanceof ApiError) return fromEdge(error);
  if (error instanceof SymbolonError) return new FhirError(500, { code: "exception", text: error.message });
  return new FhirError(500, { code: "exception", text: "The gateway failed. Its log has the reason." });
}

const EDGE_STATUS: Record<string, number> = {
  conflict: 409,
  "not-allowed-now": 409,
  "not-found": 404,
  "too-large": 413,
};
/** The edge refused or did not answer. */
function fromEdge(error: ApiError): FhirError {
  if (isTransient(error)) return new FhirError(503, { code: "transient", text: error.message }, { "retry-after": "5" });
  const status = EDGE_STATUS[error.code] ?? 502;
  return new FhirError(status, { code: CODES[status] ?? "exception", text: error.message });
}

/** Whether the same request may succeed later. */
export const isTransient = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
