// The clinic's further OAuth clients: programs such as a record system or a laboratory, each with keys and scopes of its own.
// The clinic registers them with requests that its signKey signs. A program then asks for tokens as any SMART Backend
// Services client does, with an OAuth library, and needs nothing of this SDK.
//
//   register → the client id           list
//   addKey, then removeKey             changes a key without a gap: both serve in between
//   replace                            sets name, scope and keys anew
//   remove                             ends the client; its live tokens stop serving within seconds

import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import { bytesToHex } from "../../protocol/bytes.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { SymbolonError } from "../errors.ts";
import { type ApiRequest, api, jsonOf, type Transport } from "../transport.ts";
import { type ClinicKeys, serviceIdOfKeys, signKeyOf } from "./keys.ts";

const CLIENT_ID_BYTES = 24;
const TRIES = 3;

/** Scopes in the syntax of SMART version 2, separated by spaces, for example "system/Session.rs system/Record.cruds". */
type ScopeList = string;

/** What a clinic states of a client. Keys stand either in `jwks` or at `jwksUri`. */
export type ClientOptions = { readonly name: string; readonly scope: ScopeList } & (
  | { readonly jwks: { readonly keys: readonly JWK[] }; readonly jwksUri?: never }
  | { readonly jwksUri: string; readonly jwks?: never }
);
export type RegisteredClient = ClientOptions & { readonly clientId: Hex };

/** A key pair of a client; `kid` is the thumbprint of RFC 7638. The private key is secret and stays with the program. */
export interface ClientKey {
  readonly publicJwk: JWK & { readonly kid: string };
  readonly privateJwk: JWK & { readonly kid: string };
}

/** A new key pair of a client, for its JWK Set and its assertions. */
export async function createClientKey(alg: "ES384" | "RS384" = "ES384"): Promise<ClientKey> {
  const pair = await generateKeyPair(alg, { extractable: true, modulusLength: 3072 });
  const publicJwk = await exportJWK(pair.publicKey);
  const named = { kid: await calculateJwkThumbprint(publicJwk), alg };
  return { publicJwk: { ...publicJwk, ...named }, privateJwk: { ...(await exportJWK(pair.privateKey)), ...named } };
}

/** Every method can throw ApiError. */
export class ClinicClients {
  readonly #transport: Transport;
  readonly #serviceUrl: string;
  readonly #path: string;
  readonly #signWith: Uint8Array;

  /** @throws SymbolonError bad-keys */
  constructor(transport: Transport, serviceUrl: string, keys: ClinicKeys) {
    this.#transport = transport;
    this.#serviceUrl = serviceUrl;
    this.#path = `/v1/services/${bytesToHex(serviceIdOfKeys(keys))}/clients`;
    this.#signWith = signKeyOf(keys).secretKey;
  }

  /** Registers a client under a random id. */
  register(client: ClientOptions): Promise<RegisteredClient> {
    return this.replace(bytesToHex(this.#transport.rng(CLIENT_ID_BYTES)), client);
  }

  /** Sets everything of a client anew. */
  async replace(clientId: string, { name, scope, jwks, jwksUri }: ClientOptions): Promise<RegisteredClient> {
    const json = { name, scope, ...(jwks ? { jwks } : { jwksUri }) };
    return jsonOf(await this.#ask(`/${clientId}`, { method: "PUT", json }), `PUT ${this.#path}`);
  }

  async list(): Promise<RegisteredClient[]> {
    const answer = await jsonOf<{ clients: RegisteredClient[] }>(await this.#ask(""), `GET ${this.#path}`);
    return answer.clients;
  }

  /** Ends a client. It does nothing if there is no such client. */
  async remove(clientId: string): Promise<void> {
    await this.#ask(`/${clientId}`, { method: "DELETE" });
  }

  /** Adds a key to a client whose keys are inline. @throws SymbolonError no-such-client */
  async addKey(clientId: string, publicJwk: JWK): Promise<RegisteredClient> {
    return this.#withKeys(clientId, (keys) => [...keys.filter(({ kid }) => kid !== publicJwk.kid), publicJwk]);
  }

  /** Removes a key of a client whose keys are inline. Its last key stays: use `remove`. @throws SymbolonError no-such-client */
  async removeKey(clientId: string, kid: string): Promise<RegisteredClient> {
    return this.#withKeys(clientId, (keys) => keys.filter((key) => key.kid !== kid));
  }

  async #withKeys(clientId: string, change: (keys: readonly JWK[]) => readonly JWK[]): Promise<RegisteredClient> {
    const client = (await this.list()).find((one) => one.clientId === clientId);
    if (!client?.jwks) throw new SymbolonError("no-such-client", clientId);
    const { name, scope, jwks } = client;
    return this.replace(clientId, { name, scope, jwks: { keys: change(jwks.keys) } });
  }

  #ask(path: string, request: ApiRequest = {}): Promise<Response> {
    const signed = { ...request, signWith: this.#signWith, tries: TRIES };
    return api(this.#transport, this.#serviceUrl, this.#path + path, signed);
  }
}
