// Problem documents (RFC 9457) with stable codes.
//
// Rich inside, quiet outside. Handlers throw Problem with a public code. Every credential failure (proof, signature, token,
// replay, audience) has the one code "credential-refused", and every failure of a bearer token "token-refused". A message whose own time is too far from the receiver's clock is
// refused as "clock-skew" (clock.ts). An unforeseen error is answered as "internal", without any detail. Malformed bytes
// are never "internal", and neither is storage that was busy. Every answer "unavailable" and "too-many" says with Retry-After when
// to come again.
//
// `type` is the address of a page that explains the code: SERVICE_URL/problems/CODE. An outside witness knows no service, so
// its types are names (urn:symbolon:problem:CODE). `instance` names this one answer. It is random, and the header request-id
// has it too, on every answer: whoever asks the operator about an answer can name it, and it says nothing about the caller.

import type { Context } from "hono";
import * as z from "zod";
import { PROBLEMS, type ProblemCode } from "../../api/problems.ts";
import { CodecError } from "../../protocol/codec.ts";
import { DecodeError } from "../../protocol/suite.ts";
import { MisconfiguredError } from "./env.ts";

const MAX_ISSUES = 5;

export { PROBLEMS, type ProblemCode };

/**
 * Thrown by handlers. `detail` is public, and so are the members of `more`. `inside` is only for tests and the audit log,
 * and is never sent.
 */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly inside: string | undefined;
  readonly more: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    code: ProblemCode,
    detail?: string,
    inside?: string,
    more: Record<string, unknown> = {},
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

const requestIds = new WeakMap<Request, string>();
/** The random id of this request and its answer. */
export function requestIdOf({ req }: Context): string {
  const id = requestIds.get(req.raw) ?? crypto.randomUUID();
  requestIds.set(req.raw, id);
  return id;
}

export function problemResponse(c: Context, { code, detail, more, headers }: Problem): Response {
  const [status, title] = PROBLEMS[code];
  const { SERVICE_URL } = c.env as { SERVICE_URL?: string };
  const type = SERVICE_URL === undefined ? `urn:symbolon:problem:${code}` : `${SERVICE_URL}/problems/${code}`;
  const wait = RETRY_AFTER[code];
  const id = requestIdOf(c);
  return Response.json(
    {
      type,
      code,
      status,
      title,
      ...(detail === undefined ? {} : { detail }),
      instance: `urn:uuid:${id}`,
      ...more,
    },
    {
      status,
      headers: {
        "content-type": "application/problem+json",
        "request-id": id,
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
