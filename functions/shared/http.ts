// The HTTP border of all roles: bindings, origins, rate limits, body limits, problem documents, and readers of text fields.

import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { HEALTH } from "../../api/health.ts";
import { CLOCK_HEADER } from "../../protocol/clock.ts";
import { fromBase64url, type Hex, isHex } from "../../protocol/encodings.ts";
import { SIGNATURE_HEADER } from "../../protocol/request-signature.ts";
import { checkEnv, type Role } from "./env.ts";
import { Problem, problemResponse, requestIdOf, toProblem } from "./problems.ts";
import { countAddress, ratePolicy } from "./rate-limits.ts";
import { serve } from "./serve.ts";

const MAX_BODY_BYTES = 1 << 20;

export type RoleApp<E extends object> = Hono<{ Bindings: E }>;

/**
 * Wallets and officers' pages run in browsers, from origins of their own. Any origin may call, because there is no cookie
 * and no other ambient authority here. Every right comes with a signature or token that the caller holds.
 */
const crossOrigin = cors({
  origin: "*",
  allowMethods: ["GET", "POST", "PUT", "DELETE"],
  allowHeaders: [
    "content-type",
    "authorization",
    "idempotency-key",
    SIGNATURE_HEADER,
    CLOCK_HEADER,
    "symbolon-manifest",
    "symbolon-expires",
    "symbolon-passcode",
    "if-none-match",
    "range",
    "if-range",
  ],
  exposeHeaders: [
    "symbolon-cursor",
    "etag",
    "retry-after",
    "ratelimit",
    "ratelimit-policy",
    "request-id",
    "allow",
    "www-authenticate",
    "accept-ranges",
    "content-range",
  ],
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
const largeBody = (c: Context, bytes: number): void => {
  if (!c.req.raw.body) return;
  const length = c.req.header("content-length");
  if (length === undefined) throw new Problem("malformed", "Content-Length is required.");
  if (Number(length) > bytes) throw new Problem("too-large");
};

/** A path of Hono as a regular expression: ":name" is one segment, ":name{.+}" and "*" go on. */
const pathExpression = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll(/:\w+\{([^}]*)\}|:\w+|\*|\./g, (part, own) => PATH_PARTS[part] ?? own ?? "[^/]+")}$`);
const PATH_PARTS: Record<string, string> = { "*": ".*", ".": "\\." };

/** Finds the methods that a path takes; empty if the role has no such path. */
function methodFinder(app: Hono<never>): (path: string) => string[] {
  let known: { methods: string; path: RegExp }[] | undefined;
  return (path) => {
    known ??= app.routes
      .filter(({ method }) => method !== "ALL")
      .map((route) => ({
        methods: route.method === "GET" ? "GET, HEAD" : route.method,
        path: pathExpression(route.path),
      }));
    const methods = known.filter((route) => route.path.test(path)).map((route) => route.methods);
    return methods.length === 0 ? [] : [...new Set(methods), "OPTIONS"];
  };
}

/** A role's app. It checks the bindings first, maps errors to problems, logs no request and forbids caching. */
export function roleApp<E extends object>(role: Role, { large }: { large?: LargeBodies } = {}): RoleApp<E> {
  const app = new Hono<{ Bindings: E }>();
  const policy = ratePolicy(role);
  const methodsOf = methodFinder(app as never);
  app.use(async (c, next) => {
    checkEnv(role, c.env);
    await next();
    c.header("cache-control", c.res.headers.get("cache-control") ?? "no-store");
    c.header("x-content-type-options", "nosniff");
    c.header("ratelimit-policy", policy);
    c.header("request-id", requestIdOf(c));
  });
  app.use(async (c, next) => {
    if (c.req.method !== "OPTIONS") return crossOrigin(c, next);
    const allow = methodsOf(c.req.path).join(", ");
    // A browser that asks before it calls gets its answer even for a path that does not exist, so that its page sees the 404.
    const isPreflight = c.req.header("access-control-request-method") !== undefined;
    if (allow === "" && !isPreflight) throw new Problem("not-found");
    const answer = await crossOrigin(c, next);
    if (allow !== "") c.header("allow", allow);
    return answer;
  });
  app.use(async (c, next) => {
    await countAddress(c);
    await next();
  });
  const smallBody = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (c) => problemResponse(c, new Problem("too-large")),
  });
  app.use(async (c, next) => {
    if (!large?.paths.test(c.req.path)) return smallBody(c as never, next);
    if (methodsOf(c.req.path).includes(c.req.method)) largeBody(c, large.bytes);
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
    return problemResponse(c, problem);
  });
  app.notFound((c) => {
    const allow = methodsOf(c.req.path).join(", ");
    return problemResponse(
      c,
      allow === "" ? new Problem("not-found") : new Problem("method-not-allowed", undefined, undefined, {}, { allow }),
    );
  });
  serve(app, HEALTH.health, (c) => c.json({ role, ok: true }));
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
