// The clinic's way to the service role: SMART Backend Services tokens, renewed before they expire. If no answer came,
// the very same bytes are sent again.

import { importJWK, SignJWT } from "jose";
import { bytesToHex } from "../../protocol/bytes.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { SymbolonError, translateAsync } from "../errors.ts";
import { pause } from "../shared/patience.ts";
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
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      try {
        return await api(this.#transport, this.#serviceUrl, path, { ...request, bearer: await this.#bearer() });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.code === "credential-refused" && !renewed) {
          renewed = true;
          this.#token = undefined;
        } else if (!["unreachable", "unavailable"].includes(error.code) || attempt >= TRIES) {
          throw error;
        } else await pause(this.#transport, attempt);
      }
    }
  }

  async #bearer(): Promise<string> {
    const now = this.#transport.now();
    if (
      this.#token &&
      Math.abs(this.#token.expiresAt - now) <= 600 &&
      now + RENEW_BEFORE_SECONDS < this.#token.expiresAt
    )
      return this.#token.value;
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
    const response = await api(this.#transport, this.#serviceUrl, "/v1/token", {
      bytes: new TextEncoder().encode(form.toString()),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    const token = await jsonOf<{ access_token: string; expires_in: number }>(response, "POST /v1/token");
    this.#token = { value: token.access_token, expiresAt: now + token.expires_in };
    return token.access_token;
  }
}
