// An escrow's app in plain Node, with the bindings that its checks at the door read, and signers of requests. No store is
// behind it: the tests that need one run in workerd (test/workers).

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { EscrowEnv } from "../../functions/shared/env.ts";
import { bytesToHex, type Rng, utf8ToBytes } from "../../protocol/bytes.ts";
import { CLOCK_HEADER } from "../../protocol/clock.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { SIGNATURE_HEADER, signRequest } from "../../protocol/request-signature.ts";

export const NOW = 1_796_000_000;
export const ORIGIN = "http://escrow.test";

export const rng: Rng = (n) => crypto.getRandomValues(new Uint8Array(n));
export const secret = (name: string): Uint8Array => sha256(utf8ToBytes(`symbolon door tests: ${name}`));
export const publicHex = (name: string): Hex => bytesToHex(ed25519.getPublicKey(secret(name)));

/** Counts as the platform does: at most `most` requests of one key. */
export class Limiter {
  readonly counted: string[] = [];
  readonly most: number;
  constructor(most = 1000) {
    this.most = most;
  }
  async limit({ key }: { key: string }) {
    this.counted.push(key);
    return { success: this.counted.filter((k) => k === key).length <= this.most };
  }
}

/** The bindings of an escrow. */
export const escrowEnv = (changes: object = {}): EscrowEnv & { RATE_ADDRESS: Limiter; RATE_KEY: Limiter } =>
  ({
    STAGE: "local",
    CLOCK: "settable",
    LOG_VKEY: "",
    ADMIN_KEY: publicHex("admin"),
    REGISTRAR_KEY: publicHex("registrar"),
    REGISTRAR_URL: "http://registrar.test",
    SERVICE_URL: "http://service.test",
    ESCROW_URL: `${ORIGIN}/`,
    LOG_URL: "http://log.test",
    TRUSTEE_URLS: "[]",
    TRUSTEE_KEYS: "[]",
    LOG_WITNESSES: "[]",
    SIGNING_KEY: bytesToHex(secret("escrow")),
    SERVICE_WORKER_KEY: publicHex("service"),
    ESCROW_DB: {},
    LINKAGE_ESCROW: {},
    RATE_ADDRESS: new Limiter(),
    RATE_KEY: new Limiter(),
    ...changes,
  }) as never;

export interface Asked {
  method?: string;
  path?: string;
  body?: string;
  /** the signer's name */
  by?: string;
  /** the signer's clock */
  at?: number;
}
/** A signed request as it should be, with changes after it was signed. */
export function asked(
  { method = "POST", path = "/echo?a=1", body = "{}", by = "clinic", at = NOW }: Asked,
  sent: Partial<Asked> & { header?: string; origin?: string } = {},
): Request {
  const signed = { method, url: ORIGIN + path, body: utf8ToBytes(body) };
  const header = sent.header ?? signRequest(signed, secret(by), at, rng);
  return new Request((sent.origin ?? ORIGIN) + (sent.path ?? path), {
    method: sent.method ?? method,
    headers: {
      ...(header === "" ? {} : { [SIGNATURE_HEADER]: header }),
      [CLOCK_HEADER]: String(NOW),
      "content-length": String((sent.body ?? body).length),
    },
    body: sent.body ?? body,
  });
}

/** "200", or the code of the problem. */
export async function codeOf(answer: Response | Promise<Response>): Promise<string> {
  const response = await answer;
  return response.ok ? String(response.status) : ((await response.json()) as { code: string }).code;
}

/** The code of the Problem that `act` throws, with what it says inside or outside; "accepted" if it throws none. */
export async function problemOf(act: () => unknown): Promise<string> {
  try {
    await act();
    return "accepted";
  } catch (error) {
    const { code, inside, detail } = error as { code?: string; inside?: string; detail?: string };
    return code === undefined
      ? `threw ${String(error)}`
      : [code, inside ?? detail].filter((x) => x !== undefined).join(": ");
  }
}
