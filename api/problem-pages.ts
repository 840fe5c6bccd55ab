// A page per problem code, for the reader who follows a problem's `type`: when it comes, and how the caller goes on. No Worker
// imports this file; scripts/site.ts makes the pages.

import type { ProblemCode } from "./problems.ts";

export interface ProblemPage {
  readonly when: string;
  readonly remedy: string;
}

export const PROBLEM_PAGES: Readonly<Record<ProblemCode, ProblemPage>> = {
  malformed: {
    when: "A parameter, a header or the body has another form than the route expects. The member detail names the field.",
    remedy: "Correct the request. The same request again gets the same answer.",
  },
  "unknown-version": {
    when: "A binary document has a version that this deployment does not know. The sender may be too new or too old.",
    remedy: "Update the SDK, or ask the operator which version is deployed.",
  },
  "token-refused": {
    when: "The access token is missing, has expired, was revoked, or is of another service.",
    remedy: "Get a new token at the token endpoint, and send the request again with it.",
  },
  "credential-refused": {
    when: "A proof, signature, token or assertion was not accepted, or was used before. All such failures have this one answer, so that nobody learns how close a forgery came.",
    remedy:
      "Get a new token, or sign again. If it goes on, check the keys and the address that the request was signed for.",
  },
  "clock-skew": {
    when: "The time that the request claims is too far from the server's clock. The member detail says by how many seconds.",
    remedy: "Set the clock, or make the message anew if it is old.",
  },
  "insufficient-scope": {
    when: "The access token is good, but it does not have the scope that this route needs.",
    remedy: "Ask for a token with the scope that the OpenAPI document names for this route.",
  },
  forbidden: {
    when: "The key is known, but it may not do this.",
    remedy: "Use a key or a token that may do it. A token of another scope may be needed.",
  },
  "not-found": {
    when: "There is nothing under this path or id, or the caller may not know of it.",
    remedy: "Check the id. A record that was erased has the code expired instead.",
  },
  "method-not-allowed": {
    when: "The path exists, but it does not take this method.",
    remedy: "Use a method that the header Allow lists.",
  },
  "not-acceptable": {
    when: "The header Accept admits no content type that this route can answer with. The member detail lists them.",
    remedy: "Ask for one of them, or leave the header out.",
  },
  conflict: {
    when: "The request contradicts what is stored, for instance a manifest that does not follow the chain's head. The member head tells the head then.",
    remedy: "Read the present state, and make the request anew on top of it.",
  },
  "in-progress": {
    when: "The same request was sent before and is still being worked on.",
    remedy: "Wait for the time of Retry-After, and send it again.",
  },
  expired: {
    when: "The document, card, channel or record is past its time, was withdrawn or was erased.",
    remedy: "Make a new one if there can be one. An erased record does not come back.",
  },
  "too-large": {
    when: "The body is larger than the route takes.",
    remedy: "Send less. The OpenAPI document states the limit of each body.",
  },
  "unsupported-media-type": {
    when: "The header Content-Type names another type than the route takes. The header Accept of the answer has the expected one.",
    remedy: "Send the body with that content type.",
  },
  "range-not-satisfiable": {
    when: "The header Range asks for bytes after the end of the body. Content-Range tells its size.",
    remedy: "Ask for a range within it, or for the whole body.",
  },
  "not-allowed-now": {
    when: "The request is good, but the state forbids it: a suspended clinic, a key set that was replaced, an epoch that has not ended.",
    remedy: "Read the member detail. The request may be possible later.",
  },
  "too-many": {
    when: "A rate limit or a daily quota is used up.",
    remedy: "Wait for the time of Retry-After. RateLimit-Policy tells the limits.",
  },
  unavailable: {
    when: "Storage or another role did not answer in time. Nothing was lost: every write may be repeated with the same bytes.",
    remedy: "Send the same request again, after the time of Retry-After.",
  },
  misconfigured: {
    when: "The operator's deployment lacks a binding or has a wrong one.",
    remedy: "Tell the operator, with the request-id.",
  },
  internal: {
    when: "The server met a bug.",
    remedy: "Tell the operator, with the request-id. Do not repeat the request at once.",
  },
};
