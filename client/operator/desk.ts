// Reads what clinics, requesters and officers bring to the administrator, so that a person can look at it before signing. Nothing
// here sends anything.
//
//   clinic     the bytes of Signed<ServiceCard>, or their base64url
//   requester  JSON {name, role, signKey, sealKey} (shared/requester-keys.ts)
//   officer    JSON of a PasskeyRegistration, with a name if the officer gives one
//
// Only a clinic's card proves that its maker holds the keys. Whether keys belong to the person or house that they name, the
// administrator must find out by other means: the reviews have fingerprints to compare.

import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import {
  openSigned,
  RequesterCertificate,
  requesterHashOf,
  ServiceCard,
  serviceIdOf,
} from "../../protocol/documents.ts";
import { fromBase64url, type Hex, isHex } from "../../protocol/encodings.ts";
import { LABELS } from "../../protocol/labels.ts";
import { coseEs256 } from "../../protocol/officer-card.ts";
import { textOfCause } from "../errors.ts";
import { parseJson } from "../fhir/json.ts";
import { isObject, type JsonObject } from "../fhir/resource.ts";
import type { PasskeyRegistration } from "../officer/passkeys.ts";
import { DeskError } from "../shared/desk-error.ts";
import { type RequesterKeyText, requesterFingerprint } from "../shared/requester-keys.ts";

const SIGN_KEY_BYTES = 32;
const SEAL_KEY_BYTES = 1216;

export interface ClinicCardReview {
  /** Signed<ServiceCard>, for `Operator.registerService` */
  card: Uint8Array;
  /** 16 bytes: a hash of the clinic's signing key */
  serviceId: Hex;
  name: string;
  /** rises with each card of the clinic, from 1 */
  version: number;
  /** unix seconds, both included */
  notBefore: number;
  notAfter: number;
  /** attributes that a patient must show, each with the values that are accepted */
  required: ServiceCard["required"];
  maxStaleEpochs: number;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** The card in a file: its bytes, or base64url of them as text. @throws DeskError bad-clinic-card */
export function readClinicCard(file: Uint8Array): ClinicCardReview {
  return translateTo("bad-clinic-card", () => {
    const text = asText(file);
    const card = text === undefined ? file : fromBase64url(text);
    const { key, value } = openSigned(LABELS.signServiceCard, ServiceCard, card);
    if (!equalBytes(key, value.signKey)) throw new DeskError("bad-clinic-card", "another key than its own signed it");
    const { name, version, notBefore, notAfter, required, maxStaleEpochs } = value;
    return {
      card,
      serviceId: bytesToHex(serviceIdOf(key)),
      name,
      version,
      notBefore,
      notAfter,
      required,
      maxStaleEpochs,
    };
  });
}

/** Undefined if the bytes are no base64url text. */
function asText(file: Uint8Array): string | undefined {
  try {
    const text = utf8.decode(file).trim();
    return /^[A-Za-z0-9_-]+$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

export interface RequesterRequest extends RequesterKeyText {
  /** to compare with the requester */
  fingerprint: string;
}

/** The keys in a requester's text. @throws DeskError bad-requester-keys */
export function readRequesterKeys(text: string): RequesterRequest {
  return translateTo("bad-requester-keys", () => {
    const json = objectOf(text);
    const signKey = bytesOf(json.signKey, SIGN_KEY_BYTES);
    const sealKey = bytesOf(json.sealKey, SEAL_KEY_BYTES);
    if (!signKey || !sealKey) throw new DeskError("bad-requester-keys", "a key is missing, or is no key");
    const [name = "", role = ""] = [json.name, json.role].map((x) => (typeof x === "string" ? x : ""));
    return { name, role, signKey, sealKey, fingerprint: requesterFingerprint({ signKey, sealKey }) };
  });
}

export interface RequesterCertificateReview {
  /** 32 bytes: names the certificate in the log and in the list of withdrawn ones */
  hash: Hex;
  name: string;
  role: string;
  /** unix seconds */
  notBefore: number;
  notAfter: number;
  fingerprint: string;
}

/** What a certificate says. The signature is verified, but not whose it is. @throws DeskError bad-requester-keys */
export function readRequesterCertificate(certificate: Uint8Array): RequesterCertificateReview {
  return translateTo("bad-requester-keys", () => {
    const { value } = openSigned(LABELS.signRequester, RequesterCertificate, certificate);
    const { name, role, notBefore, notAfter } = value;
    const hash = bytesToHex(requesterHashOf(certificate));
    return { hash, name, role, notBefore, notAfter, fingerprint: requesterFingerprint(value) };
  });
}

export interface OfficerPasskey extends PasskeyRegistration {
  /** as the officer wrote it; the trustee stores no name */
  name: string | undefined;
}

/** The passkey in an officer's text. @throws DeskError bad-passkey */
export function readOfficerPasskey(text: string): OfficerPasskey {
  return translateTo("bad-passkey", () => {
    const outer = objectOf(text);
    const json = isObject(outer.registration) ? outer.registration : outer;
    const { credentialId, publicKey, rpId, origin } = json;
    const members = [credentialId, publicKey, rpId, origin];
    if (!members.every((member) => typeof member === "string" && member !== ""))
      throw new DeskError("bad-passkey", "a part is missing");
    fromBase64url(credentialId as string);
    if (!coseEs256(fromBase64url(publicKey as string))) throw new DeskError("bad-passkey", "its key is no ES256 key");
    const name = typeof outer.name === "string" && outer.name !== "" ? outer.name : undefined;
    return { credentialId, publicKey, rpId, origin, name } as OfficerPasskey;
  });
}

function objectOf(text: string): JsonObject {
  const value = parseJson(new TextEncoder().encode(text.trim()));
  if (!isObject(value)) throw new TypeError("no JSON object");
  return value;
}

/** Hex or base64url. */
function bytesOf(value: unknown, length: number): Uint8Array | undefined {
  if (typeof value !== "string") return undefined;
  const bytes = isHex(value, length) ? hexToBytes(value) : fromBase64url(value);
  return bytes.length === length ? bytes : undefined;
}

function translateTo<T>(code: DeskError["code"], read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw cause instanceof DeskError ? cause : new DeskError(code, textOfCause(cause), { cause });
  }
}
