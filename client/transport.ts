// The only I/O of the SDK. Network, clock and randomness come in through a Transport. So the same SDK runs in browsers,
// Node and Workers, and a local deployment can set the clock.

import { CLOCK_HEADER } from "../protocol/clock.ts";
import { SIGNATURE_HEADER, signRequest } from "../protocol/request-signature.ts";
import { type CodeOf, ERROR_GROUPS, ERROR_SENTENCES, SymbolonError } from "./errors.ts";
import { pause } from "./shared/patience.ts";

export interface Transport {
  fetch: typeof fetch;
  /** unix seconds */
  now(): number;
  /** `n` uniformly random bytes, fit for keys */
  rng(n: number): Uint8Array;
  /** If true, each request carries the time of `now()`, for a local deployment with a settable clock. */
  sendClock?: boolean;
  /** Opens the socket of a clinic's events; by default the platform's own WebSocket. */
  webSocket?: (url: string, protocols: string[]) => WebSocket;
  /** How often the SDK sends a request at most, if a role says that it cannot answer it just now. 1 if absent. */
  tries?: number;
}

/** The platform's own fetch, clock and random generator. */
export function systemTransport(): Transport {
  return {
    fetch: (input, init) => fetch(input, init),
    now: () => Math.floor(Date.now() / 1000),
    rng: (n) => crypto.getRandomValues(new Uint8Array(n)),
    tries: 4,
  };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const codeOf = (problem: Record<string, unknown>): CodeOf<"ApiError"> => {
  const { code } = problem;
  if (typeof code !== "string") return "unreachable";
  return Object.hasOwn(ERROR_GROUPS.ApiError, code) ? (code as CodeOf<"ApiError">) : "unknown-problem";
};

/**
 * A role answered with a problem document (RFC 9457), or did not answer at all. `unreachable` also stands for an error
 * without a problem document, for example a proxy's page.
 */
export class ApiError extends SymbolonError<CodeOf<"ApiError">> {
  override name = "ApiError";
  /** HTTP status; 0 if no answer came */
  readonly status: number;
  /** the problem document; {} if there was none */
  readonly problem: Record<string, unknown>;

  /** @param what method and path of the request */
  constructor(
    code: CodeOf<"ApiError">,
    status: number,
    problem: Record<string, unknown>,
    what: string,
    cause?: unknown,
  ) {
    const detail = typeof problem.detail === "string" ? problem.detail : undefined;
    const told = code === "unknown-problem" ? String(problem.code) : code;
    const message = `${ERROR_SENTENCES[code]} (${what}: ${told}${detail === undefined ? "" : `, ${detail}`})`;
    super(code, detail, { message, cause });
    this.status = status;
    this.problem = problem;
  }
}

export interface ApiRequest {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  json?: unknown;
  /** A function makes the body of each attempt anew, for a body that serves once. */
  bytes?: Uint8Array | ReadableStream<Uint8Array> | (() => Promise<Uint8Array>);
  headers?: Record<string, string>;
  /** Ed25519 secret key, 32 bytes; the request is signed with it. A streamed body cannot be signed. */
  signWith?: Uint8Array;
  /** token for the Authorization header */
  bearer?: string;
  /**
   * How often to send the request at most if no answer came, or 503. The transport's own `tries` counts if it is higher. If
   * absent, a request without an answer is not sent again.
   */
  tries?: number;
}

const methodOf = ({ method, json, bytes }: ApiRequest): string =>
  method ?? (json === undefined && bytes === undefined ? "GET" : "POST");

const LONGEST_RETRY_AFTER_SECONDS = 60;
/** The wait that an answer asks for, in milliseconds; undefined if the request must not be sent again. */
function retryAfterMs({ status, headers }: Response): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const seconds = Number(headers.get("retry-after") ?? "1");
  return Number.isInteger(seconds) && seconds <= LONGEST_RETRY_AFTER_SECONDS ? seconds * 1000 : undefined;
}

/**
 * Sends a request to a role. If the role says that it cannot answer just now (429, 503), the request is signed and sent again
 * later, at most `tries` times in all. With `request.tries` the same holds if no answer came. Every request of a role may be
 * repeated. A streamed body is sent once. This is the one place that repeats requests.
 * @returns the answer, if its status is 2xx, or 304 to a request with If-None-Match. @throws ApiError
 */
export async function api(t: Transport, baseUrl: string, path: string, request: ApiRequest = {}): Promise<Response> {
  const most = request.bytes instanceof ReadableStream ? 1 : (t.tries ?? 1);
  const patient = request.bytes instanceof ReadableStream ? 1 : Math.max(request.tries ?? 1, most);
  for (let attempt = 1; ; attempt++) {
    let answer: Response;
    try {
      answer = await send(t, baseUrl, path, request);
    } catch (error) {
      if (!(error instanceof ApiError) || request.tries === undefined || attempt >= patient) throw error;
      await pause(t, attempt);
      continue;
    }
    if (answer.ok || (answer.status === 304 && request.headers?.["if-none-match"] !== undefined)) return answer;
    const wait = retryAfterMs(answer);
    if (wait === undefined || attempt >= (answer.status === 503 ? patient : most)) {
      const problem = await problemOf(answer);
      throw new ApiError(codeOf(problem), answer.status, problem, `${methodOf(request)} ${path}`);
    }
    await answer.body?.cancel();
    await pause(t, attempt, wait);
  }
}

/** @throws ApiError unreachable */
async function send(t: Transport, baseUrl: string, path: string, request: ApiRequest): Promise<Response> {
  const method = methodOf(request);
  const bytes = typeof request.bytes === "function" ? await request.bytes() : request.bytes;
  const body =
    bytes ?? (request.json === undefined ? undefined : new TextEncoder().encode(JSON.stringify(request.json)));
  const headers: Record<string, string> = { ...request.headers };
  if (body && !headers["content-type"])
    headers["content-type"] = request.bytes ? "application/octet-stream" : "application/json";
  if (t.sendClock) headers[CLOCK_HEADER] = String(t.now());
  if (request.bearer) headers.authorization = `Bearer ${request.bearer}`;
  if (request.signWith) {
    const signed = body === undefined ? new Uint8Array() : body;
    if (!(signed instanceof Uint8Array)) throw new TypeError("a streamed body cannot be signed");
    const { origin, pathname, search } = new URL(baseUrl + path);
    const parts = { method, url: origin + pathname + search, body: signed };
    headers[SIGNATURE_HEADER] = signRequest(parts, request.signWith, t.now(), t.rng);
  }
  try {
    return await t.fetch(baseUrl + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: body as BodyInit }),
      ...(body instanceof ReadableStream ? ({ duplex: "half" } as object) : {}),
    });
  } catch (cause) {
    throw new ApiError("unreachable", 0, { detail: String(cause) }, `${method} ${path}`, cause);
  }
}

async function problemOf(answer: Response): Promise<Record<string, unknown>> {
  const told: unknown = await answer.json().catch(() => ({}));
  return isObject(told) ? told : {};
}

/** The body, after the status was 2xx: the connection can still break. @throws ApiError */
async function bodyOf<T>(response: Response, what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const code = cause instanceof SyntaxError ? "unreadable-answer" : "unreachable";
    throw new ApiError(code, response.status, { detail: String(cause) }, what, cause);
  }
}

/** The JSON of an answer, which must be an object. @param what method and path of the request. @throws ApiError */
export const jsonOf = <T>(response: Response, what: string): Promise<T> =>
  bodyOf(response, what, async () => {
    const value: unknown = await response.json();
    if (!isObject(value)) throw new SyntaxError("the JSON is no object");
    return value as T;
  });

/** @throws ApiError */
export async function apiJson<T>(t: Transport, baseUrl: string, path: string, request: ApiRequest = {}): Promise<T> {
  return jsonOf<T>(await api(t, baseUrl, path, request), `${methodOf(request)} ${path}`);
}

/** The bytes of an answer. @param what method and path of the request. @throws ApiError */
export const bytesOf = (response: Response, what: string): Promise<Uint8Array> =>
  bodyOf(response, what, async () => new Uint8Array(await response.arrayBuffer()));

/** @throws ApiError */
export async function apiBytes(
  t: Transport,
  baseUrl: string,
  path: string,
  request: ApiRequest = {},
): Promise<Uint8Array> {
  return bytesOf(await api(t, baseUrl, path, request), `${methodOf(request)} ${path}`);
}
