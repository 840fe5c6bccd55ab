// Calls from one role's Worker to another's. A call is signed and carries the local clock. If it fails, the error is
// "unavailable", unless the other side answered with a problem of its own. If the two Workers' clocks differ too much, the
// party that called this Worker is not at fault: it gets "unavailable", and the detail names the clocks.

import { signerOf } from "../../engine/ed25519.ts";
import { CLOCK_HEADER } from "../../protocol/clock.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { SIGNATURE_HEADER, signRequest } from "../../protocol/request-signature.ts";
import { PROBLEMS, Problem, type ProblemCode } from "./problems.ts";
import { rng } from "./rng.ts";

export interface Call {
  baseUrl: string;
  method: "GET" | "POST" | "PUT";
  path: string;
  json?: unknown;
  bytes?: Uint8Array;
  /** Ed25519 secret key in hex. If it is absent, the call is not signed. */
  signingKey?: Hex;
  now: number;
}

/** @throws Problem with the other role's code, or "unavailable" if it did not answer or failed inside */
export async function call(request: Call): Promise<Response> {
  const body =
    request.bytes ?? (request.json === undefined ? undefined : new TextEncoder().encode(JSON.stringify(request.json)));
  const headers: Record<string, string> = { [CLOCK_HEADER]: String(request.now) };
  if (body) headers["content-type"] = request.bytes ? "application/octet-stream" : "application/json";
  if (request.signingKey) {
    const target = { method: request.method, url: request.baseUrl + request.path };
    const signed = { ...target, body: body ?? new Uint8Array() };
    headers[SIGNATURE_HEADER] = signRequest(signed, signerOf(request.signingKey), request.now, rng);
  }
  let response: Response;
  try {
    const { method } = request;
    response = await fetch(request.baseUrl + request.path, {
      method,
      headers,
      body: body ? body.slice().buffer : null,
    });
  } catch (cause) {
    throw new Problem("unavailable", undefined, `${request.path}: ${String(cause)}`);
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
  const code = problem.code !== undefined && problem.code in PROBLEMS ? (problem.code as ProblemCode) : "unavailable";
  if (code === "clock-skew" && request.signingKey)
    throw new Problem("unavailable", `The clocks of two servers differ. One answered the other: ${problem.detail}`);
  throw new Problem(
    code === "internal" || code === "misconfigured" ? "unavailable" : code,
    problem.detail,
    `${request.path}: ${response.status}`,
  );
}

/** As `call`; returns the JSON of the answer, unchecked. */
export async function callJson<T>(request: Call): Promise<T> {
  return (await (await call(request)).json()) as T;
}
