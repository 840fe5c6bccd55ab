// Who may ask. On the loopback interface nobody is asked for a name, unless a file of clients is given. Elsewhere every client
// authenticates as a SMART Backend Service (SMART App Launch 2.2, backend-services.html and client-confidential-asymmetric.html).
//
//   clients file   {"clients": [{"client_id": "…", "jwks": {"keys": […]}, "scope": "system/*.rs"}]}, public keys only
//   assertion      RS384 or ES384; iss = sub = client_id; aud = the token endpoint; exp at most five minutes ahead; jti once
//   token          random, 300 seconds, kept in memory: a restart ends all of them
//   scopes         system/<Type or *>.<some of cruds>: c create, r read, u update and patch, d delete, s search and history
//
// A Bundle needs the scope of each of its entries. Operations: $check-in and the outbox need c of Patient, the views need r and s.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, jwtVerify } from "jose";
import * as z from "zod";
import { FhirError, refuse } from "./outcome.ts";

const TOKEN_SECONDS = 300;
const MAX_ASSERTION_SECONDS = 300;
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ALGORITHMS = ["RS384", "ES384"];
const SCOPE = /^system\/(\*|[A-Z][A-Za-z]+)\.(c?r?u?d?s?)$/;

const ClientsFile = z.object({
  clients: z
    .array(
      z.object({
        client_id: z.string().min(1),
        jwks: z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) }),
        scope: z.string(),
      }),
    )
    .min(1),
});
type Client = z.infer<typeof ClientsFile>["clients"][number];

/** @throws Error with a sentence for a person */
export function readClients(path: string): Client[] {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new Error(`The file of clients ${path} cannot be read as JSON.`, { cause });
  }
  const read = ClientsFile.safeParse(given);
  if (!read.success)
    throw new Error(`The file of clients ${path}: ${z.prettifyError(read.error).replace(/\s+/g, " ")}`);
  for (const { client_id, jwks, scope } of read.data.clients) {
    if (jwks.keys.some((key) => key.d !== undefined))
      throw new Error(`The client ${client_id} has a private key in ${path}. It needs the public key only.`);
    for (const one of scope.split(" "))
      if (!SCOPE.test(one)) throw new Error(`The client ${client_id} has the scope "${one}", which does not exist.`);
  }
  return read.data.clients;
}

/** An error of the token endpoint (RFC 6749, section 5.2). */
export class TokenError extends Error {
  override name = "TokenError";
  readonly code: "invalid_request" | "invalid_client" | "unsupported_grant_type" | "invalid_scope";
  constructor(code: TokenError["code"], description: string) {
    super(description);
    this.code = code;
  }
}

interface Token {
  scopes: readonly string[];
  expiresAt: number;
}

export class Access {
  readonly #clients: ReadonlyMap<string, Client>;
  readonly #issuer: string;
  readonly #tokens = new Map<string, Token>();
  /** jti by client, until the assertion expires */
  readonly #used = new Map<string, number>();

  constructor(clients: readonly Client[], issuer: string) {
    this.#clients = new Map(clients.map((client) => [client.client_id, client]));
    this.#issuer = issuer;
  }

  get tokenEndpoint(): string {
    return `${this.#issuer}/auth/token`;
  }

  configuration(): object {
    return {
      issuer: this.#issuer,
      token_endpoint: this.tokenEndpoint,
      grant_types_supported: ["client_credentials"],
      token_endpoint_auth_methods_supported: ["private_key_jwt"],
      token_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
      scopes_supported: ["system/*.cruds", "system/*.rs"],
      capabilities: ["client-confidential-asymmetric", "permission-v2"],
      code_challenge_methods_supported: [],
    };
  }

  /** @param form body of the request. @throws TokenError */
  async token(form: URLSearchParams): Promise<object> {
    const now = Math.floor(Date.now() / 1000);
    if (form.get("grant_type") !== "client_credentials")
      throw new TokenError("unsupported_grant_type", "grant_type must be client_credentials");
    const assertion = form.get("client_assertion");
    if (form.get("client_assertion_type") !== ASSERTION_TYPE || assertion === null)
      throw new TokenError("invalid_request", "client_assertion and client_assertion_type are required");
    const client = await this.#verify(assertion, now);
    const asked = (form.get("scope") ?? client.scope).split(" ").filter((scope) => scope !== "");
    const scopes = asked.filter((scope) => covers(client.scope.split(" "), scope));
    if (scopes.length === 0) throw new TokenError("invalid_scope", "the client has none of these scopes");
    for (const [value, token] of this.#tokens) if (token.expiresAt <= now) this.#tokens.delete(value);
    const value = randomBytes(32).toString("base64url");
    this.#tokens.set(value, { scopes, expiresAt: now + TOKEN_SECONDS });
    return { access_token: value, token_type: "bearer", expires_in: TOKEN_SECONDS, scope: scopes.join(" ") };
  }

  async #verify(assertion: string, now: number): Promise<Client> {
    const invalid = (why: string) => new TokenError("invalid_client", why);
    let id: string | undefined;
    try {
      id = decodeJwt(assertion).iss;
    } catch {
      throw invalid("the assertion is no JWT");
    }
    const client = this.#clients.get(id ?? "");
    if (!client) throw invalid("unknown client");
    try {
      const { payload } = await jwtVerify(assertion, createLocalJWKSet(client.jwks as unknown as JSONWebKeySet), {
        algorithms: ALGORITHMS,
        issuer: client.client_id,
        subject: client.client_id,
        audience: [this.tokenEndpoint, this.#issuer],
        requiredClaims: ["exp", "jti"],
        clockTolerance: 5,
      });
      if (payload.exp! > now + MAX_ASSERTION_SECONDS + 5) throw invalid("the assertion is valid for too long");
      for (const [used, until] of this.#used) if (until < now) this.#used.delete(used);
      const once = `${client.client_id} ${payload.jti}`;
      if (this.#used.has(once)) throw invalid("the assertion was used before");
      this.#used.set(once, payload.exp! + 5);
    } catch (error) {
      if (error instanceof errors.JOSEError) throw invalid("the assertion does not verify");
      throw error;
    }
    return client;
  }

  /** @throws FhirError 401, 403 */
  mustAllow(authorization: string | undefined, needs: readonly Need[]): void {
    const value = /^Bearer ([A-Za-z0-9_-]+)$/i.exec(authorization ?? "")?.[1];
    const token = value === undefined ? undefined : this.#tokens.get(value);
    if (!token || token.expiresAt <= Date.now() / 1000)
      throw new FhirError(
        401,
        { code: "login", text: "A token is needed. See .well-known/smart-configuration." },
        { "www-authenticate": 'Bearer realm="symbolon gateway"' },
      );
    for (const { type, letter } of needs)
      if (!covers(token.scopes, `system/${type}.${letter}`))
        throw refuse(403, `The token lacks the scope system/${type}.${letter}.`);
  }
}

export interface Need {
  readonly type: string;
  readonly letter: "c" | "r" | "u" | "d" | "s";
}

/** Whether the scopes together allow all that `scope` asks for. */
function covers(scopes: readonly string[], scope: string): boolean {
  const [, type, letters] = SCOPE.exec(scope) ?? [];
  if (type === undefined || !letters) return false;
  const allowed = scopes.flatMap((one) => {
    const [, otherType, otherLetters = ""] = SCOPE.exec(one) ?? [];
    return otherType === "*" || otherType === type ? [...otherLetters] : [];
  });
  return [...letters].every((letter) => allowed.includes(letter));
}

/** What a request needs. @param entries requests inside a Bundle */
export function needsOf(
  method: string,
  url: string,
  entries: readonly { method: string; url: string }[] = [],
): readonly Need[] {
  const [path = ""] = url.split("?", 1);
  const [type = "", id, third] = path.split("/");
  if (path === "metadata") return [];
  if (path === "" && method === "POST") return entries.flatMap((entry) => needsOf(entry.method, entry.url));
  if (type.startsWith("$")) return [{ type: "Patient", letter: "c" }];
  if (path === "" || type === "_history") return [{ type: "*", letter: "s" }];
  if (third !== undefined && !third.startsWith("_"))
    return third.startsWith("$")
      ? [
          { type: "*", letter: "r" },
          { type: "*", letter: "s" },
        ]
      : [{ type: third, letter: "s" }];
  switch (method) {
    case "POST":
      return [{ type, letter: id === "_search" ? "s" : "c" }];
    case "PUT":
    case "PATCH":
      return [{ type, letter: "u" }];
    case "DELETE":
      return [{ type, letter: "d" }];
    default:
      return [{ type, letter: id === undefined || id.startsWith("_") || third === "_history" ? "s" : "r" }];
  }
}
