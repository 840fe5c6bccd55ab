// The clinic's way to the service role: SMART Backend Services tokens, renewed before they expire. If no answer came, the very
// same bytes are sent again (transport.ts).

import { importJWK, SignJWT } from "jose";
import { bytesToHex } from "../../protocol/bytes.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { SymbolonError, translateAsync } from "../errors.ts";
import { ApiError, type ApiRequest, api, jsonOf, type Transport } from "../transport.ts";
import { type ClinicKeys, serviceIdOfKeys } from "./keys.ts";

const ASSERTION_SECONDS = 120;
const RENEW_BEFORE_SECONDS = 30;
const TRIES = 3;
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

export class ClinicApi {
  readonly #transport: Transport;
  readonly #serviceUrl: string;
  readonly #keys: ClinicKeys;
  readonly #serviceId: Hex;
  #token: { value: string; expiresAt: number } | undefined;

  constructor(transport: Transport, serviceUrl: string, keys: ClinicKeys) {
    this.#transport = transport;
    this.#serviceUrl = serviceUrl;
    this.#keys = keys;
    this.#serviceId = bytesToHex(serviceIdOfKeys(keys));
  }

  /** A request to a path under the own service. @throws ApiError */
  own(path: string, request: ApiRequest = {}): Promise<Response> {
    return this.authorised(`/v1/services/${this.#serviceId}${path}`, request);
  }

  async ownJson<T>(path: string, request: ApiRequest = {}): Promise<T> {
    return jsonOf<T>(await this.own(path, request), path);
  }

  /** A request with the clinic's token. Repeats it if no answer came. Renews a refused token once. @throws ApiError */
  async authorised(path: string, request: ApiRequest = {}): Promise<Response> {
    const send = async (): Promise<Response> =>
      api(this.#transport, this.#serviceUrl, path, { tries: TRIES, ...request, bearer: await this.#bearer() });
    try {
      return await send();
    } catch (error) {
      const isRefused = error instanceof ApiError && error.code === "token-refused";
      if (!isRefused || request.bytes instanceof ReadableStream) throw error;
      this.#token = undefined;
      return send();
    }
  }

  /** A bearer token for the own service, and when it expires in unix seconds. @throws ApiError; SymbolonError bad-keys */
  async accessToken(): Promise<{ token: string; expiresAt: number }> {
    const token = await this.#bearer();
    return { token, expiresAt: this.#token!.expiresAt };
  }

  async #bearer(): Promise<string> {
    const now = this.#transport.now();
    if (
      this.#token &&
      Math.abs(this.#token.expiresAt - now) <= 600 &&
      now + RENEW_BEFORE_SECONDS < this.#token.expiresAt
    )
      return this.#token.value;
    const response = await api(this.#transport, this.#serviceUrl, "/v1/token", {
      bytes: () => this.#tokenRequest(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
      tries: TRIES,
    });
    const token = await jsonOf<{ access_token: string; expires_in: number }>(response, "POST /v1/token");
    this.#token = { value: token.access_token, expiresAt: now + token.expires_in };
    return token.access_token;
  }
  /** The form of a token request. Its assertion serves once, so each attempt makes its own. @throws SymbolonError bad-keys */
  async #tokenRequest(): Promise<Uint8Array> {
    const now = this.#transport.now();
    const assertion = await translateAsync(
      async () =>
        new SignJWT({})
          .setProtectedHeader({ alg: "ES384" })
          .setIssuer(this.#serviceId)
          .setSubject(this.#serviceId)
          .setAudience(`${this.#serviceUrl}/v1/token`)
          .setJti(bytesToHex(this.#transport.rng(16)))
          .setIssuedAt(now)
          .setExpirationTime(now + ASSERTION_SECONDS)
          .sign(await importJWK(this.#keys.oauthPrivateJwk, "ES384")),
      (cause) => new SymbolonError("bad-keys", "oauthPrivateJwk", { cause }),
    );
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: assertion,
    });
    return new TextEncoder().encode(form.toString());
  }
}
