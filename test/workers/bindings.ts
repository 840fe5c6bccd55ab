// Bindings of the Worker tests. The keys are fixed, so that a test can sign as any role.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { trusteeKeys } from "../../functions/trustee/keys.ts";
import { bytesToHex, utf8ToBytes } from "../../protocol/bytes.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { keySetId } from "../../protocol/key-set.ts";
import { LOG_KEY, noteSigner } from "../../protocol/note.ts";
import { makeLogKeys, makeWitnessKeys } from "../../protocol/note-keys.ts";
import { encodeG1 } from "../../protocol/suite.ts";
import { trusteeWitnesses } from "../support/case-proofs.ts";
import { runCeremony, type Trustees } from "../support/trustees.ts";

export const secret = (name: string): Uint8Array => sha256(utf8ToBytes(`symbolon worker tests: ${name}`));
const secretHex = (name: string): Hex => bytesToHex(secret(name));
export const publicHex = (name: string): Hex => bytesToHex(ed25519.getPublicKey(secret(name)));

export const logKeys = makeLogKeys(secret("log"), "symbolon.test/log");
export const witnessKeys = [1, 2, 3].map((i) =>
  makeWitnessKeys(secret(`trustee-${i}-witness`), `symbolon.test/trustee-${i}`),
);

/** Keys of the three trustees; trustee i is at [i - 1]. */
export const trustees = [1, 2, 3].map((i) => trusteeKeys(secret(`trustee-${i}`), i));

/** The log of the Worker tests, and its witnesses. */
export const logSigners = {
  log: noteSigner("symbolon.test/log", LOG_KEY, secret("log")),
  witnesses: trusteeWitnesses(trustees.map((t) => t.identitySecret)),
};

/** Runs a key ceremony of these three trustees and returns fresh keys, signed by all of them. */
export const ceremony = (threshold = 2): Trustees =>
  runCeremony(
    threshold,
    3,
    trustees.map(({ identitySecret, identityPublicKey, transport }) => ({
      identitySecret,
      transportSecret: transport.secretKey,
      keys: { identityKey: identityPublicKey, transportKey: transport.publicKey },
    })),
  );

/** The fields of a parameters document that name these keys. */
export const keysOf = ({ keySet }: Trustees) => ({
  keySetId: keySetId(keySet),
  traceKey: encodeG1(keySet.keys.trace),
  linkKey: encodeG1(keySet.keys.link),
  recordKey: encodeG1(keySet.keys.record),
  groupHybridKey: keySet.groupHybridKey,
  threshold: keySet.threshold,
  assembleThreshold: keySet.threshold,
  trusteeKeys: keySet.identityKeys,
});

export const common = {
  STAGE: "local",
  CLOCK: "settable",
  ADMIN_KEY: publicHex("admin"),
  REGISTRAR_KEY: publicHex("registrar-sign"),
  LOG_VKEY: logKeys.vkey,
  REGISTRAR_URL: "http://registrar.test",
  SERVICE_URL: "http://service.test",
  ESCROW_URL: "http://escrow.test",
  LOG_URL: "http://log.test",
  TRUSTEE_URLS: JSON.stringify(["http://trustee-1.test", "http://trustee-2.test", "http://trustee-3.test"]),
  TRUSTEE_KEYS: JSON.stringify(trustees.map((t) => bytesToHex(t.identityPublicKey))),
  LOG_WITNESSES: "[]",
};

export const own = {
  registrar: {
    SIGNING_KEY: secretHex("registrar-sign"),
    ISSUER_SEED: secretHex("issuer"),
    FIELD_KEY: secretHex("field"),
    INDEX_KEY: secretHex("index"),
  },
  service: {
    SIGNING_KEY: secretHex("service-sign"),
    TOKEN_KEY: secretHex("token"),
    ESCROW_KEY: publicHex("escrow-sign"),
    DOH_URL: "https://doh.test/dns-query",
  },
  escrow: { SIGNING_KEY: secretHex("escrow-sign"), SERVICE_WORKER_KEY: publicHex("service-sign") },
  log: {
    LOG_SIGNING_KEY: logKeys.skey,
    LOG_WITNESSES: JSON.stringify(witnessKeys.map((w) => w.vkey)),
    LOG_WITNESS_URLS: JSON.stringify(["http://witness-1.test", "http://witness-2.test", "http://witness-3.test"]),
    LOG_WRITERS: JSON.stringify({
      [publicHex("admin")]: ["app-build"],
      [publicHex("registrar-sign")]: ["parameters", "key-set", "requester", "requester-revoked"],
      [publicHex("service-sign")]: ["service", "service-suspended", "service-resumed", "erasure"],
      [publicHex("escrow-sign")]: ["order", "approval", "refusal", "notice", "opening", "index-root"],
    }),
  },
  trustee: {
    OWN_URL: "http://trustee-1.test",
    ESCROW_KEY: publicHex("escrow-sign"),
    TRUSTEE_INDEX: "1",
    TRUSTEE_SEED: secretHex("trustee-1"),
  },
};
