// The HTTP border of all roles: bindings, origins, rate limits, body limits, problem documents, and readers of text fields.

import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { CLOCK_HEADER } from "../../protocol/clock.ts";
import { fromBase64url, type Hex, isHex } from "../../protocol/encodings.ts";
import { SIGNATURE_HEADER } from "../../protocol/request-signature.ts";
import { checkEnv, type Role } from "./env.ts";
import { Problem, problemResponse, toProblem } from "./problems.ts";
import { countAddress, ratePolicy } from "./rate-limits.ts";

const MAX_BODY_BYTES = 1 << 20;

export type RoleApp<E extends object> = Hono<{ Bindings: E }>;

/**
 * Wallets and officers' pages run in browsers, from origins of their own. Any origin may call, because there is no cookie
 * and no other ambient authority here. Every right comes with a signature or token that the caller holds.
 */
const crossOrigin = cors({
  origin: "*",
  allowMethods: ["GET", "POST", "PUT"],
  allowHeaders: [
    "content-type",
    "authorization",
    "idempotency-key",
    SIGNATURE_HEADER,
    CLOCK_HEADER,
    "symbolon-manifest",
  ],
  exposeHeaders: ["symbolon-cursor", "etag", "retry-after", "ratelimit", "ratelimit-policy"],
  maxAge: 7200,
});

/** Bodies of more than MAX_BODY_BYTES, on the paths where they are expected. */
interface LargeBodies {
  paths: RegExp;
  bytes: number;
}

/**
 * A large body must state its length: the runtime would hold one without a length in memory, whoever sends it. A handler
 * reads it only once it has verified the sender.
 */
const largeBody = (c: Context, bytes: number): Response | undefined => {
  if (!c.req.raw.body) return undefined;
  const length = c.req.header("content-length");
  if (length === undefined) return problemResponse("malformed", "Content-Length is required.");
  return Number(length) > bytes ? problemResponse("too-large") : undefined;
};

/** A role's app. It checks the bindings first, maps errors to problems, logs no request and forbids caching. */
export function roleApp<E extends object>(role: Role, { large }: { large?: LargeBodies } = {}): RoleApp<E> {
  const app = new Hono<{ Bindings: E }>();
  const policy = ratePolicy(role);
  app.use(async (c, next) => {
    checkEnv(role, c.env);
    await next();
    c.header("cache-control", c.res.headers.get("cache-control") ?? "no-store");
    c.header("x-content-type-options", "nosniff");
    c.header("ratelimit-policy", policy);
  });
  app.use(crossOrigin);
  app.use(async (c, next) => {
    await countAddress(c);
    await next();
  });
  const smallBody = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => problemResponse("too-large") });
  app.use(async (c, next) => {
    if (!large?.paths.test(c.req.path)) return smallBody(c as never, next);
    const refusal = largeBody(c, large.bytes);
    if (refusal) return refusal;
    await next();
  });
  app.onError((error, c) => {
    const problem = toProblem(error);
    // A developer must see a bug. So local stage prints it, but never for a request that is only bad.
    if (
      (problem.code === "internal" || problem.code === "misconfigured") &&
      (c.env as { STAGE?: string }).STAGE === "local"
    )
      console.error(role, c.req.method, problem.inside, error instanceof Error ? error.stack : "");
    return problemResponse(problem.code, problem.detail, problem.more, problem.headers);
  });
  app.notFound(() => problemResponse("not-found"));
  app.get("/health", (c) => c.json({ role, ok: true }));
  return app;
}

/** The bytes of strict base64url without padding. @throws Problem malformed */
export function readBase64url(s: string, name = "value"): Uint8Array {
  try {
    return fromBase64url(s);
  } catch {
    throw new Problem("malformed", `${name}: not base64url`);
  }
}
/** `name` is the field of the list; the problem adds the position. @throws Problem malformed */
export const readAllBase64url = (texts: readonly string[], name: string): Uint8Array[] =>
  texts.map((text, i) => readBase64url(text, `${name}.${i}`));
/** Checks that `text` is lower-case hex of exactly `bytes` bytes, and returns it typed. @throws Problem malformed */
export function checkHex(text: string | undefined, bytes: number, name: string): Hex {
  if (text === undefined || !isHex(text, bytes))
    throw new Problem("malformed", `${name}: ${bytes} bytes in hex expected`);
  return text;
}
