// The stable codes of problem documents (RFC 9457), with their HTTP status and a sentence for people. Clients decide by the
// code, so a code never changes its meaning. docs/API.md explains each code; api/problem-pages.ts has the page of each.

export const PROBLEMS = {
  malformed: [400, "The request could not be read."],
  "unknown-version": [400, "This version of the document is not supported."],
  "token-refused": [401, "The access token was not accepted."],
  "credential-refused": [403, "The credential was not accepted."],
  "clock-skew": [403, "A clock is wrong, or the message is too old."],
  "insufficient-scope": [403, "The access token does not cover this request."],
  forbidden: [403, "This key may not do that."],
  "not-found": [404, "There is nothing here."],
  "method-not-allowed": [405, "This path does not take that method."],
  "not-acceptable": [406, "There is no answer of a content type that the request accepts."],
  conflict: [409, "This contradicts what is already stored."],
  "in-progress": [409, "The same request is still being worked on."],
  expired: [410, "This has expired."],
  "too-large": [413, "The body is larger than allowed."],
  "unsupported-media-type": [415, "The body has an unexpected content type."],
  "range-not-satisfiable": [416, "The body has no such range of bytes."],
  "not-allowed-now": [422, "The request is understood, but not in this state."],
  "too-many": [429, "Too many requests."],
  unavailable: [503, "A part of the system did not answer. Try again; nothing was lost."],
  misconfigured: [500, "This deployment is not configured correctly."],
  internal: [500, "Something went wrong on our side."],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof PROBLEMS;
