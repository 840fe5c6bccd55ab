// Which file answers a path, and the headers that every file has.

import type { Fetcher } from "@cloudflare/workers-types";

export interface AppEnv {
  /** the built files (scripts/build-apps.ts) */
  APP: Fetcher;
  /** JSON of a Deployment, with the addresses of the other apps */
  DEPLOYMENT: string;
  /** "1" if the app may use the camera */
  CAMERA: string;
}

/** What the app's page may do: run its own files, and talk to the roles of its deployment. */
function policyFor({ DEPLOYMENT }: AppEnv): string {
  const known = JSON.parse(DEPLOYMENT) as Record<string, unknown>;
  const origins = new Set<string>();
  for (const [name, value] of Object.entries(known))
    if (/Urls?$/.test(name)) for (const url of [value].flat()) origins.add(new URL(String(url)).origin);
  const sockets = [...origins].map((origin) => origin.replace(/^http/, "ws"));
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self' ${[...origins, ...sockets].join(" ")}`,
    "worker-src 'self'",
    "manifest-src 'self'",
    "media-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types app",
  ].join("; ");
}

const policies = new WeakMap<AppEnv, string>();

/** Names of files under /assets/ carry a hash of their contents. Everything else is asked for anew each time. */
const isImmutable = (path: string): boolean => path.startsWith("/assets/");

export function headersFor(env: AppEnv, path: string): Record<string, string> {
  const policy = policies.get(env) ?? policyFor(env);
  policies.set(env, policy);
  const passkeys = "publickey-credentials-get=(self), publickey-credentials-create=(self)";
  return {
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": `camera=(${env.CAMERA === "1" ? "self" : ""}), microphone=(), geolocation=(), ${passkeys}`,
    "strict-transport-security": "max-age=63072000",
    "cache-control": isImmutable(path) ? "public, max-age=31536000, immutable" : "no-cache",
  };
}

const hasExtension = (path: string): boolean => /\.\w+$/.test(path);

/** A path without an extension is a screen of the app, and index.html draws it. */
export async function fileOf(env: AppEnv, request: Request, headers: Record<string, string>): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/deployment.json")
    return new Response(env.DEPLOYMENT, { headers: { ...headers, "content-type": "application/json" } });
  const path = hasExtension(pathname) ? pathname : "/index.html";
  const etag = request.headers.get("if-none-match");
  const found = await env.APP.fetch(new URL(path, "https://app.invalid").href, {
    method: request.method,
    ...(etag !== null && { headers: { "if-none-match": etag } }),
  });
  const isFile = found.status === 200 || found.status === 304;
  const body = isFile ? (found.body as unknown as ReadableStream | null) : "There is no such file.\n";
  const answer = new Response(found.status === 304 ? null : body, { status: isFile ? found.status : 404 });
  for (const name of ["content-type", "etag"]) {
    const value = found.headers.get(name);
    if (isFile && value !== null) answer.headers.set(name, value);
  }
  for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
  if (!isFile) answer.headers.set("cache-control", "no-store");
  return answer;
}
