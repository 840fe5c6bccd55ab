// Sharing by SMART Health Links: the wallet seals a FHIR resource on the phone, and the service Worker keeps the ciphertext. The
// application keeps each SharedLink: with it the patient shows the link again, sees its uses, and revokes it.
//
//   id, key, ownerSecret   32 random bytes each, for this link alone. No key of the wallet takes part, so the host does not learn
//                          whose link it is, nor which links are one person's
//   passcode               six random digits. The host gets a salted hash, and the link ends after five wrong ones

import {
  EXPIRES_HEADER,
  LINK_END_STEP_SECONDS,
  LINK_ID_BYTES,
  MAX_LINK_BYTES,
  MAX_LINK_SECONDS,
  PASSCODE_HEADER,
} from "../../api/service/link-limits.ts";
import type { LinkUses } from "../../api/service/shared-links.ts";
import { concatBytes, type Rng } from "../../protocol/bytes.ts";
import { type Base64url, fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { writeJson } from "../fhir/json.ts";
import type { FhirResource } from "../fhir/resource.ts";
import type { Deployment } from "../parameters.ts";
import { ShareLinkError, writeShareLink } from "../shared/shlink.ts";
import { ApiError, api, apiJson, type Transport } from "../transport.ts";

export type { LinkUses } from "../../api/service/shared-links.ts";

const SALT_BYTES = 16;
const PASSCODE_DIGITS = 6;
const ITERATIONS = 100_000;
const TRIES = 3;

/** A link that this wallet made. Secret: it opens what is shared, and revokes it. It is plain JSON. */
export interface SharedLink {
  id: Base64url;
  ownerSecret: Base64url;
  url: string;
  key: Base64url;
  /** unix seconds, a full hour */
  expires: number;
  label: string;
  /** six digits; tell it to the reader on another way than the link */
  passcode?: string;
}

export interface ShareOptions {
  /** what the reader sees before the link is open; at most 80 characters */
  label: string;
  /** how long it lives; the end is then the next full hour */
  seconds: number;
  /** whether the reader must know a passcode */
  passcode: boolean;
}

/** Six digits, each equally likely. */
function newPasscode(rng: Rng): string {
  const most = 2 ** 32 - (2 ** 32 % 10 ** PASSCODE_DIGITS);
  for (;;) {
    const drawn = new DataView(new Uint8Array(rng(4)).buffer).getUint32(0);
    if (drawn < most) return String(drawn % 10 ** PASSCODE_DIGITS).padStart(PASSCODE_DIGITS, "0");
  }
}

/** salt 16 | PBKDF2-HMAC-SHA-256, 32 */
async function verifierOf(passcode: string, salt: Uint8Array): Promise<Base64url> {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(passcode), "PBKDF2", false, ["deriveBits"]);
  const algorithm = { name: "PBKDF2", hash: "SHA-256", salt: salt as Uint8Array<ArrayBuffer>, iterations: ITERATIONS };
  return toBase64url(concatBytes(salt, new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 256))));
}

const pathOf = ({ id }: SharedLink): string => `/v1/shared/${id}`;

/** Draws a link that does not exist yet. Keep it before `putSharedLink`: so a link never exists without its owner's secret. */
export function newSharedLink(transport: Transport, deployment: Deployment, options: ShareOptions): SharedLink {
  const random = (): Base64url => toBase64url(transport.rng(LINK_ID_BYTES));
  const id = random();
  const end = Math.ceil((transport.now() + Math.min(options.seconds, MAX_LINK_SECONDS)) / LINK_END_STEP_SECONDS);
  return {
    id,
    ownerSecret: random(),
    url: `${deployment.serviceUrl}/v1/shared/${id}`,
    key: random(),
    expires: Math.min(end * LINK_END_STEP_SECONDS, latestEnd(transport.now())),
    label: options.label,
    ...(options.passcode && { passcode: newPasscode(transport.rng) }),
  };
}
const latestEnd = (now: number): number =>
  Math.floor((now + MAX_LINK_SECONDS) / LINK_END_STEP_SECONDS) * LINK_END_STEP_SECONDS;

/**
 * Seals the resource, and gives the host the ciphertext. It may be repeated with the same link.
 * @throws ShareLinkError share-too-large; ApiError too-many if the host takes no more today
 */
export async function putSharedLink(
  transport: Transport,
  deployment: Deployment,
  link: SharedLink,
  resource: FhirResource,
): Promise<void> {
  const { seal } = await import("../shared/jwe.ts");
  const sealed = await seal(new TextEncoder().encode(writeJson(resource)), fromBase64url(link.key));
  const bytes = new TextEncoder().encode(sealed);
  if (bytes.length > MAX_LINK_BYTES) throw new ShareLinkError("share-too-large", `${bytes.length} bytes`);
  const verifier = link.passcode && (await verifierOf(link.passcode, transport.rng(SALT_BYTES)));
  await api(transport, deployment.serviceUrl, pathOf(link), {
    method: "PUT",
    bytes,
    bearer: link.ownerSecret,
    headers: { [EXPIRES_HEADER]: String(link.expires), ...(verifier && { [PASSCODE_HEADER]: verifier }) },
    tries: TRIES,
  });
}

/** The text of the link, for a QR code or a message. @param viewerUrl the page that opens it; without it, the bare shlink:/ */
export const textOfSharedLink = (link: SharedLink, viewerUrl?: string): string =>
  writeShareLink(
    {
      url: link.url,
      key: link.key,
      exp: link.expires,
      flag: link.passcode === undefined ? "U" : "P",
      ...(link.label !== "" && { label: link.label }),
    },
    viewerUrl,
  );

/** How often it was opened. Undefined if the host no longer knows it, because its time is over. @throws ApiError */
export async function usesOfSharedLink(
  transport: Transport,
  deployment: Deployment,
  link: SharedLink,
): Promise<LinkUses | undefined> {
  try {
    return await apiJson<LinkUses>(transport, deployment.serviceUrl, `${pathOf(link)}/uses`, {
      bearer: link.ownerSecret,
    });
  } catch (error) {
    if (error instanceof ApiError && error.code === "not-found") return undefined;
    throw error;
  }
}

/** Ends the link now: when this returns, the host has deleted the ciphertext. May be repeated. @throws ApiError */
export async function revokeSharedLink(transport: Transport, deployment: Deployment, link: SharedLink): Promise<void> {
  try {
    const request = { method: "DELETE", bearer: link.ownerSecret, tries: TRIES } as const;
    await api(transport, deployment.serviceUrl, pathOf(link), request);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "not-found") throw error; // it has expired
  }
}
