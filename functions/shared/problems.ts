// Problem documents (RFC 9457) with stable codes.
//
// Rich inside, quiet outside. Handlers throw Problem with a public code. Every credential failure (proof, signature, token,
// replay, audience) has the one code "credential-refused". A message whose own time is too far from the receiver's clock is
// refused as "clock-skew" (clock.ts). An unforeseen error is answered as "internal", without any detail. Malformed bytes
// are never "internal", and neither is storage that was busy. Every answer "unavailable" and "too-many" says with Retry-After when
// to come again.

import * as z from "zod";
import { CodecError } from "../../protocol/codec.ts";
import { DecodeError } from "../../protocol/suite.ts";
import { MisconfiguredError } from "./env.ts";

const MAX_ISSUES = 5;

/** Stable codes, each with its HTTP status and a sentence for people. */
export const PROBLEMS = {
  malformed: [400, "The request could not be read."],
  "unknown-version": [400, "This version of the document is not supported."],
  "credential-refused": [403, "The credential was not accepted."],
  "clock-skew": [403, "A clock is wrong, or the message is too old."],
  forbidden: [403, "This key may not do that."],
  "not-found": [404, "There is nothing here."],
  conflict: [409, "This contradicts what is already stored."],
  "in-progress": [409, "The same request is still being worked on."],
  expired: [410, "This has expired."],
  "too-large": [413, "The body is larger than allowed."],
  "unsupported-media-type": [415, "The body has an unexpected content type."],
  "not-allowed-now": [422, "The request is understood, but not in this state."],
  "too-many": [429, "Too many requests."],
  unavailable: [503, "A part of the system did not answer. Try again; nothing was lost."],
  misconfigured: [500, "This deployment is not configured correctly."],
  internal: [500, "Something went wrong on our side."],
} as const satisfies Record<string, readonly [number, string]>;
export type ProblemCode = keyof typeof PROBLEMS;

/**
 * Thrown by handlers. `detail` is public, and so are the members of `more`. `inside` is only for tests and the audit log,
 * and is never sent.
 */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly inside: string | undefined;
  readonly more: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    code: ProblemCode,
    detail?: string,
    inside?: string,
    more: Record<string, string> = {},
    headers: Record<string, string> = {},
  ) {
    super(inside ?? detail ?? code);
    this.code = code;
    this.detail = detail;
    this.inside = inside;
    this.more = more;
    this.headers = headers;
  }
}
/** The one answer to every kind of bad credential. `inside` tells the reason, and is never sent. */
export const refused = (inside: string): Problem => new Problem("credential-refused", undefined, inside);

/** @param seconds after which the caller may come again */
export const tooMany = (detail: string, seconds: number, headers: Record<string, string> = {}): Problem =>
  new Problem("too-many", detail, undefined, {}, { "retry-after": String(seconds), ...headers });

/** Seconds after which a request may be repeated, unless the problem says another time. */
const RETRY_AFTER: Partial<Record<ProblemCode, string>> = { unavailable: "2", "too-many": "10", "in-progress": "1" };

export function problemResponse(
  code: ProblemCode,
  detail?: string,
  more: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Response {
  const [status, title] = PROBLEMS[code];
  const wait = RETRY_AFTER[code];
  return Response.json(
    { type: `urn:symbolon:problem:${code}`, code, status, title, ...(detail === undefined ? {} : { detail }), ...more },
    {
      status,
      headers: {
        "content-type": "application/problem+json",
        ...(wait === undefined ? {} : { "retry-after": wait }),
        ...headers,
      },
    },
  );
}

/**
 * Whether D1, R2 or a Durable Object could not work just now: it was busy, overloaded, moved, reset or cut off. The platform
 * marks such errors of Durable Objects; D1 and R2 tell it in the message only.
 * (developers.cloudflare.com: Durable Objects, error handling; D1, debug; R2, error codes)
 */
function isStorageTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { retryable, overloaded } = error as Error & { retryable?: boolean; overloaded?: boolean };
  return retryable === true || overloaded === true || TROUBLE.test(`${error.message} ${String(error.cause ?? "")}`);
}
const TROUBLE =
  /overloaded|too many requests|database is locked|SQLITE_BUSY|SQLITE_FULL|storage operation exceeded|object to be reset|was reset|Network connection lost|connection lost|storage caused|Cannot resolve D1 DB|D1_ERROR: (Failed to parse body|internal error|Internal error)|internal error; reference|exceeded timeout|We encountered an internal error|\(10001\)|\(10058\)|code was updated|is currently unavailable/i;

/** The first few faults that a schema found, each with its field. */
const issuesOf = ({ issues }: z.ZodError): string =>
  [
    ...issues.slice(0, MAX_ISSUES).map((i) => `${i.path.join(".")}: ${i.message}`),
    ...(issues.length > MAX_ISSUES ? ["..."] : []),
  ].join("; ");

/** What an error is to the outside. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof CodecError)
    return new Problem(error.reason === "unknown-version" ? "unknown-version" : "malformed", error.message);
  if (error instanceof DecodeError)
    return new Problem("malformed", "A group element or scalar is not valid.", error.message);
  if (error instanceof z.ZodError) return new Problem("malformed", issuesOf(error));
  if (error instanceof MisconfiguredError) return new Problem("misconfigured", undefined, error.message);
  if (isStorageTrouble(error)) return new Problem("unavailable", undefined, String(error));
  return new Problem("internal", undefined, String(error));
}
