// The only I/O of the SDK. Everything that reaches the network, the clock or randomness comes in through a Transport,
// so the same SDK runs in browsers, Node and Workers, and on a local settable clock.

import { SIGNATURE_HEADER, signRequest } from "../protocol/request-signature.ts";

export interface Transport {
  fetch: typeof fetch;
  /** unix seconds */
  now(): number;
  rng(n: number): Uint8Array;
  /** Send the clock along, for a local deployment with a settable clock. */
  sendClock?: boolean;
}

export function systemTransport(): Transport {
  return {
    fetch: (input, init) => fetch(input, init),
    now: () => Math.floor(Date.now() / 1000),
    rng: (n) => crypto.getRandomValues(new Uint8Array(n)),
  };
}

/** A problem document (RFC 9457) that a role answered with, or "unreachable". */
export class ApiError extends Error {
  override name = "ApiError";
  readonly code: string;
  readonly status: number;
  readonly problem: Record<string, unknown>;
  constructor(code: string, status: number, problem: Record<string, unknown>, what: string) {
    super(`${what}: ${code}${typeof problem.detail === "string" ? ` (${problem.detail})` : ""}`);
    this.code = code;
    this.status = status;
    this.problem = problem;
  }
}

export interface ApiRequest {
  method?: "GET" | "POST" | "PUT";
  json?: unknown;
  bytes?: Uint8Array | ReadableStream<Uint8Array>;
  headers?: Record<string, string>;
  /** Ed25519 secret key: the request is signed (not possible for a stream) */
  signWith?: Uint8Array;
  bearer?: string;
}

/** @throws ApiError */
export async function api(t: Transport, baseUrl: string, path: string, request: ApiRequest = {}): Promise<Response> {
  const method = request.method ?? (request.json === undefined && request.bytes === undefined ? "GET" : "POST");
  const body =
    request.bytes ?? (request.json === undefined ? undefined : new TextEncoder().encode(JSON.stringify(request.json)));
  const headers: Record<string, string> = { ...request.headers };
  if (body && !headers["content-type"])
    headers["content-type"] = request.bytes ? "application/octet-stream" : "application/json";
  if (t.sendClock) headers["symbolon-clock"] = String(t.now());
  if (request.bearer) headers.authorization = `Bearer ${request.bearer}`;
  if (request.signWith) {
    const signed = body === undefined ? new Uint8Array() : body;
    if (!(signed instanceof Uint8Array)) throw new TypeError("a streamed body cannot be signed");
    const pathOnly = new URL(baseUrl + path);
    const parts = { method, path: pathOnly.pathname + pathOnly.search, body: signed };
    headers[SIGNATURE_HEADER] = signRequest(parts, request.signWith, t.now(), t.rng);
  }
  let response: Response;
  try {
    response = await t.fetch(baseUrl + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: body as BodyInit }),
      ...(body instanceof ReadableStream ? ({ duplex: "half" } as object) : {}),
    });
  } catch (cause) {
    throw new ApiError("unreachable", 0, { detail: String(cause) }, `${method} ${path}`);
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  throw new ApiError(String(problem.code ?? "unreachable"), response.status, problem, `${method} ${path}`);
}

export async function apiJson<T>(t: Transport, baseUrl: string, path: string, request: ApiRequest = {}): Promise<T> {
  return (await (await api(t, baseUrl, path, request)).json()) as T;
}
export async function apiBytes(
  t: Transport,
  baseUrl: string,
  path: string,
  request: ApiRequest = {},
): Promise<Uint8Array> {
  return new Uint8Array(await (await api(t, baseUrl, path, request)).arrayBuffer());
}
