// SMART Health Links (HL7 1.0.0): the text of a link, and how its reader opens it.
//
//   link     [VIEWER#]shlink:/BASE64URL(JSON)     JSON = {url, key, exp?, flag?, label?, v: 1}
//   flag     "U": GET url gives the file. Otherwise POST url gives a manifest of files; with "P" it asks for a passcode.
//            "L" says that the files may change
//   file     JWE in compact form: alg "dir", enc "A256GCM", and zip "DEF" if it is compressed (jwe.ts)
//
// The key stands in the link only. A browser does not send what follows "#".

import { CLOCK_HEADER } from "../../protocol/clock.ts";
import { type Base64url, fromBase64url, toBase64url } from "../../protocol/encodings.ts";
import { type CodeOf, SymbolonError, translate, translateAsync } from "../errors.ts";
import { parseJson } from "../fhir/json.ts";
import { isObject, type JsonObject } from "../fhir/resource.ts";
import { ApiError, type Transport } from "../transport.ts";

const SCHEME = "shlink:/";
const KEY_BYTES = 32;
const VERSION = 1;
/** of the specification */
const MAX_URL_CHARACTERS = 128;
const MAX_LABEL_CHARACTERS = 80;
const MAX_FILES = 50;
const FHIR = /^application\/fhir\+json\b/;

/** A link cannot be read, or its host gives nothing for it. */
export class ShareLinkError extends SymbolonError<CodeOf<"ShareLinkError">> {
  override name = "ShareLinkError";
  /** of `passcode-wrong`: how many wrong passcodes are left, if the host says so */
  readonly remainingAttempts: number | undefined;
  constructor(code: CodeOf<"ShareLinkError">, detail?: string, remainingAttempts?: number) {
    super(code, detail);
    this.remainingAttempts = remainingAttempts;
  }
}

export interface ShareLink {
  /** of the file (flag U) or of the manifest */
  url: string;
  /** 32 bytes; secret: it opens the files */
  key: Base64url;
  /** unix seconds */
  exp?: number;
  /** letters in the order of the alphabet, of L, P and U */
  flag?: string;
  /** at most 80 characters */
  label?: string;
}

const has = ({ flag = "" }: ShareLink, letter: "L" | "P" | "U"): boolean => flag.includes(letter);
/** Whether its reader must know a passcode (flag P). */
export const asksPasscode = (link: ShareLink): boolean => has(link, "P");

/** @throws ShareLinkError link-malformed, if a field is longer than the specification allows */
export function writeShareLink(link: ShareLink, viewerUrl?: string): string {
  checkLink({ ...link, v: VERSION });
  const json = JSON.stringify({ ...link, v: VERSION });
  const text = SCHEME + toBase64url(new TextEncoder().encode(json));
  return viewerUrl === undefined ? text : `${viewerUrl}#${text}`;
}

const malformed = (detail: string): ShareLinkError => new ShareLinkError("link-malformed", detail);

/** @throws ShareLinkError link-malformed, link-unsupported */
function checkLink(value: unknown): ShareLink {
  if (typeof value !== "object" || value === null) throw malformed("no object");
  const { url, key, exp, flag, label, v = VERSION } = value as Record<string, unknown>;
  if (v !== VERSION) throw new ShareLinkError("link-unsupported", `version ${String(v)}`);
  if (typeof url !== "string" || url.length > MAX_URL_CHARACTERS || !URL.canParse(url)) throw malformed("url");
  if (!/^https?:$/.test(new URL(url).protocol)) throw malformed("url");
  if (
    typeof key !== "string" ||
    translate(
      () => fromBase64url(key),
      () => malformed("key"),
    ).length !== KEY_BYTES
  )
    throw malformed("key");
  if (exp !== undefined && (typeof exp !== "number" || !Number.isFinite(exp))) throw malformed("exp");
  if (flag !== undefined && (typeof flag !== "string" || !/^[A-Z]*$/.test(flag))) throw malformed("flag");
  if (flag?.includes("P") && flag.includes("U")) throw malformed("flag: U and P do not go together");
  if (label !== undefined && (typeof label !== "string" || label.length > MAX_LABEL_CHARACTERS))
    throw malformed("label");
  return {
    url,
    key: key as Base64url,
    ...(exp !== undefined && { exp }),
    ...(flag !== undefined && { flag }),
    ...(label !== undefined && { label }),
  };
}

/** Reads a link, with or without the address of a viewer. @throws ShareLinkError link-malformed, link-unsupported */
export function readShareLink(text: string): ShareLink {
  const at = text.trim().indexOf(SCHEME);
  const before = text.trim().slice(0, Math.max(at, 0));
  if (at < 0 || (before !== "" && !before.endsWith("#"))) throw malformed("no shlink:/");
  const encoded = text
    .trim()
    .slice(at + SCHEME.length)
    .replace(/=+$/, "");
  const value: unknown = translate(
    () => JSON.parse(new TextDecoder().decode(fromBase64url(encoded))),
    () => malformed("not base64url of JSON"),
  );
  return checkLink(value);
}

export interface OpenLinkOptions {
  /** who reads: a name that the host may show to the person who shares */
  recipient: string;
  passcode?: string | undefined;
}

interface Asked {
  method?: "POST";
  headers?: Record<string, string>;
  body?: string;
}

/** @throws ShareLinkError, ApiError */
async function ask(transport: Transport, url: string, init: Asked = {}): Promise<Response> {
  let answer: Response;
  try {
    const clock: Record<string, string> = transport.sendClock ? { [CLOCK_HEADER]: String(transport.now()) } : {};
    answer = await transport.fetch(url, { ...init, headers: { ...init.headers, ...clock } });
  } catch (cause) {
    throw new ApiError("unreachable", 0, { detail: String(cause) }, "the host of a link", cause);
  }
  if (answer.ok) return answer;
  const problem = ((await answer.json().catch(() => undefined)) ?? {}) as Record<string, unknown>;
  if (answer.status === 401) {
    const { remainingAttempts: left } = problem;
    throw new ShareLinkError("passcode-wrong", undefined, typeof left === "number" ? left : undefined);
  }
  if (answer.status === 404 || answer.status === 410) throw new ShareLinkError("link-ended");
  if (answer.status === 429) throw new ApiError("too-many", 429, problem, "the host of a link");
  throw new ApiError("unreachable", answer.status, problem, "the host of a link");
}

/** Not Response.text(): some platforms warn, since application/jose is no text to them. */
async function textOf(answer: Response): Promise<string> {
  try {
    return new TextDecoder().decode(await answer.arrayBuffer());
  } catch (cause) {
    throw new ApiError("unreachable", answer.status, { detail: String(cause) }, "the host of a link", cause);
  }
}

interface NamedFile {
  contentType?: string;
  location?: string;
  embedded?: string;
}

/** The sealed files. A manifest may name other kinds of files too; they are left out. */
async function filesOf(transport: Transport, link: ShareLink, options: OpenLinkOptions): Promise<string[]> {
  const { recipient, passcode } = options;
  if (has(link, "U")) {
    const url = new URL(link.url);
    url.searchParams.set("recipient", recipient);
    return [await textOf(await ask(transport, url.href))];
  }
  const answer = await ask(transport, link.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ recipient, ...(passcode !== undefined && { passcode }) }),
  });
  const manifest = (await answer.json().catch(() => undefined)) as { files?: NamedFile[] } | undefined;
  if (!Array.isArray(manifest?.files)) throw new ShareLinkError("link-unreadable", "manifest");
  const named = manifest.files.filter(({ contentType }) => FHIR.test(contentType ?? "")).slice(0, MAX_FILES);
  return Promise.all(
    named.map(async ({ embedded, location = "" }) => embedded ?? textOf(await ask(transport, location))),
  );
}

/** @throws ShareLinkError link-unreadable */
function resourceOf(text: string): JsonObject {
  try {
    const value = parseJson(text);
    if (isObject(value)) return value;
  } catch {} // no JSON
  throw new ShareLinkError("link-unreadable", "no FHIR resource");
}

/**
 * Fetches and opens what a link shares: its FHIR resources, in the order of the manifest. The clock is the transport's.
 * @throws ShareLinkError link-expired, link-ended, passcode-wrong, link-unreadable; ApiError
 */
export async function openShareLink(
  transport: Transport,
  link: ShareLink,
  options: OpenLinkOptions,
): Promise<JsonObject[]> {
  if (link.exp !== undefined && link.exp <= transport.now()) throw new ShareLinkError("link-expired");
  const files = await filesOf(transport, link, options);
  if (files.length === 0) throw new ShareLinkError("link-unreadable", "no FHIR file");
  // Loaded when it is needed: an app that opens no link does not pay for it.
  const { unseal } = await import("./jwe.ts");
  const key = fromBase64url(link.key);
  return Promise.all(
    files.map(async (file) => {
      const unreadable = () => new ShareLinkError("link-unreadable", "not sealed for this link");
      const text = new TextDecoder().decode(await translateAsync(() => unseal(file.trim(), key), unreadable));
      return resourceOf(text);
    }),
  );
}
