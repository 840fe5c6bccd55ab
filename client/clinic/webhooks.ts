// The clinic's webhooks: addresses that the service calls when something changed (Standard Webhooks). A receiver verifies each
// delivery with its secret before it believes anything, for instance with the package `standardwebhooks`:
//
//   new Webhook(secret).verify(body, headers)
//
// A delivery names a session or a case and tells no content. Every event is delivered at least once; `webhook-id` tells
// repetitions. Deliveries come in no order.

import { eachItem } from "../shared/paging.ts";
import { jsonOf } from "../transport.ts";
import type { ClinicApi } from "./api.ts";
import type { CaseEventState, ClinicEvent } from "./events.ts";

type EventType = ClinicEvent["type"];

export interface Webhook {
  /** 16 bytes in hex */
  readonly id: string;
  readonly url: string;
  readonly types: readonly EventType[];
  /** "failing": no delivery succeeded for five days. "gone": the receiver answered 410 */
  readonly disabled: "failing" | "gone" | null;
  /** events that are not delivered yet */
  readonly waiting: number;
  /** events whose delivery was given up; kept for a week */
  readonly dead: number;
  /** events that were dropped, because the webhook was disabled or had too many waiting. `Clinic.events` finds them */
  readonly missed: number;
  /** unix seconds: until then the secret before signs too */
  readonly oldSecretUntil: number | null;
}
export interface WebhookWithSecret {
  readonly webhook: Webhook;
  /** whsec_…, told this once */
  readonly secret: string;
}
export interface DeadLetter {
  /** its webhook-id */
  readonly id: string;
  readonly type: EventType | "test";
  /** counted from 1970-01-01 */
  readonly day: number;
  readonly tagHash?: string;
  readonly caseId?: string;
  readonly state?: CaseEventState;
  /** why the last attempt failed */
  readonly reason: string;
}

const MOST_DEAD_LETTERS = 16_384;

/** The webhooks of one clinic. Every method can throw ApiError. */
export class ClinicWebhooks {
  readonly #api: ClinicApi;

  constructor(api: ClinicApi) {
    this.#api = api;
  }

  async #ask<T>(method: "GET" | "POST", path: string, json?: unknown): Promise<T> {
    const whole = `/webhooks${path}`;
    const request = { method, ...(json === undefined ? {} : { json }) };
    return jsonOf<T>(await this.#api.own(whole, request), `${method} ${whole}`);
  }

  /**
   * Registers an address. It must be https and public.
   * @param types the events it gets; all if absent
   * @throws ApiError conflict if the address is registered, malformed if it is not allowed, too-many
   */
  register(url: string, types?: readonly EventType[]): Promise<WebhookWithSecret> {
    return this.#ask("POST", "", { url, ...(types && { types }) });
  }

  async list(): Promise<Webhook[]> {
    return (await this.#ask<{ webhooks: Webhook[] }>("GET", "")).webhooks;
  }
  get(id: string): Promise<Webhook> {
    return this.#ask("GET", `/${id}`);
  }

  /** Removes the webhook with its events. */
  async remove(id: string): Promise<void> {
    await this.#api.own(`/webhooks/${id}`, { method: "DELETE" });
  }

  /** A new secret. The one before signs too for a day, so that receivers can change over. */
  rotate(id: string): Promise<WebhookWithSecret> {
    return this.#ask("POST", `/${id}/rotate`);
  }

  /** Takes a disabled webhook into service again. */
  enable(id: string): Promise<Webhook> {
    return this.#ask("POST", `/${id}/enable`);
  }

  /** Sends an event of the type "test". @throws ApiError not-allowed-now if the webhook is disabled */
  async test(id: string): Promise<void> {
    await this.#ask("POST", `/${id}/test`);
  }

  /** Events whose delivery was given up, in no order. */
  deadLetters(id: string): AsyncGenerator<DeadLetter> {
    return eachItem({
      name: "dead letters of a webhook",
      most: MOST_DEAD_LETTERS,
      ask: (cursor) =>
        this.#ask<{ deadLetters: DeadLetter[]; cursor?: string }>(
          "GET",
          `/${id}/dead-letters${cursor === undefined ? "" : `?cursor=${cursor}`}`,
        ),
      itemsOf: (page) => page.deadLetters,
      keyOf: (letter: DeadLetter) => letter.id,
    });
  }

  /**
   * Delivers dead letters again.
   * @param ids at most 100; all if absent
   * @returns how many
   * @throws ApiError not-allowed-now if the webhook is disabled
   */
  async redeliver(id: string, ids?: readonly string[]): Promise<number> {
    const path = `/${id}/dead-letters/redeliver`;
    return (await this.#ask<{ redelivered: number }>("POST", path, ids ? { ids } : {})).redelivered;
  }
}
