// Searches resources for what identifies a person, before a clinic seals them. The search is a net, not a proof: it finds the
// usual forms of the values that the Patient resource holds, and cannot find what it does not hold (a nickname, a face).
//
//   name        every word of every HumanName, in any order and case; double names with a hyphen, a space or nothing between,
//               and each part of those with a hyphen; ae, oe, ue for ä, ö, ü and the reverse; an added -s, the endings of
//               Slavic names, the prefixes of Hebrew and Arabic. A word in a script that sets no spaces (Han, kana, Hangul,
//               Thai, ...) is found inside a run of characters; one such character only beside the rest of the name.
//               A Latin word of two letters is found if it begins with a capital, or beside another word of the name. A
//               particle of a name of several words ("van", "de la") counts only together with the rest
//   birth-date  year, month, day in the usual orders and separators, with month names of some European languages
//   identifier, telecom   characters or digits with any separators between; a long number inside an identifier also alone
//   address     lines
//   id          the Patient's id, the last part of its fullUrl, and "Patient/id"; a short id only in that form
//   contact     names of Patient.contact
//
// All text is folded first (fold.ts). Markup is searched twice, with its tags as nothing and as a space; HTML entities are
// decoded. Attachments, Binaries and data URLs that hold text are decoded and searched, and so is the entry's fullUrl. A finding
// tells the place and never the value.

import { decodeHTML } from "entities";
import { fromBase64 } from "../../protocol/encodings.ts";
import { readDate } from "./dates.ts";
import { foldForms, foldName, withoutApostrophes } from "./fold.ts";
import {
  arrayOf,
  ExactNumber,
  type FhirEntry,
  isObject,
  type Json,
  type JsonObject,
  objectsOf,
  textOf,
} from "./resource.ts";

export type LeakKind = "name" | "birth-date" | "identifier" | "telecom" | "address" | "id" | "contact";

export interface IdentityLeak {
  fullUrl: string;
  /** FHIRPath-like place inside the resource, as "note[0].text" */
  path: string;
  kind: LeakKind;
}

/** Where values that identify the Patient stand inside the resources. Never throws, whatever the resources hold. */
export function identityLeaks(entries: readonly FhirEntry[], patient: FhirEntry): IdentityLeak[] {
  const wanted = patternsOf(patient);
  if (wanted.length === 0) return [];
  // Codes, systems and units stand in a record many times.
  const known = new Map<string, readonly LeakKind[]>();
  const kindsIn = (text: string): readonly LeakKind[] => {
    const before = known.get(text);
    if (before) return before;
    const forms = formsOf(text);
    const found = wanted.filter(({ pattern, written }) =>
      forms.some((form) => pattern.test(written ? form.written : form.folded)),
    );
    const kinds = [...new Set(found.map(({ kind }) => kind))];
    if (text.length <= MAX_KNOWN_CHARACTERS) known.set(text, kinds);
    return kinds;
  };
  const leaks: IdentityLeak[] = [];
  for (const { fullUrl, resource } of entries)
    for (const { path, text } of [{ path: "fullUrl", text: String(fullUrl) }, ...textsIn(resource, "")])
      for (const kind of kindsIn(text)) leaks.push({ fullUrl, path, kind });
  // Text that may be base64 is searched decoded and as it is, so a place can stand here twice.
  return [...new Map(leaks.map((leak) => [`${leak.kind} ${leak.path} ${leak.fullUrl}`, leak])).values()];
}

const MAX_KNOWN_CHARACTERS = 256;

// ---- the texts of a resource

interface Place {
  path: string;
  text: string;
}

function* textsIn(value: Json, path: string): Generator<Place> {
  if (typeof value === "string") {
    yield { path, text: value };
    const inside = /Base64Binary$/.test(path) ? attachedText({ data: value }) : dataUrlText(value);
    if (inside !== undefined) yield { path, text: inside };
  } else if (typeof value === "number" || value instanceof ExactNumber) yield { path, text: String(value) };
  else if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* textsIn(item, `${path}[${i}]`);
  else if (isObject(value)) {
    const attached = attachedText(value);
    for (const [name, item] of Object.entries(value)) {
      const place = path === "" ? name : `${path}.${name}`;
      if (name === "data" && attached !== undefined) yield { path: place, text: attached };
      // Base64 of an image is no text; without a type it may be either.
      if (name !== "data" || attached === undefined || value.contentType === undefined) yield* textsIn(item, place);
    }
  }
}

const TEXT_TYPE = /^text\/|[/+](?:xml|json|ndjson|html|xhtml|rtf|csv|yaml)\b|xhtml|hl7|^message\//i;

/** RFC 2397 */
function dataUrlText(text: string): string | undefined {
  const match = /^data:([^,]*?)(;base64)?,(.*)$/is.exec(text);
  if (!match) return undefined;
  const [, contentType = "", base64, data = ""] = match;
  return base64 ? attachedText({ contentType: contentType || "text/plain", data }) : percentDecoded(data);
}

/** Text of an Attachment or Binary; undefined if it holds none. Of another type than text, it is text if it is UTF-8. */
function attachedText({ contentType, data }: JsonObject): string | undefined {
  if (typeof data !== "string") return undefined;
  const type = textOf(contentType);
  if (type !== undefined && /^(?:image|audio|video)\/(?!svg)/i.test(type)) return undefined;
  try {
    const compact = data.replace(/\s+/g, "").replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = fromBase64(compact + "=".repeat((4 - (compact.length % 4)) % 4));
    if (type !== undefined && TEXT_TYPE.test(type)) return decodeWith(bytes, /charset="?([\w-]+)/i.exec(type)?.[1]);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** As the charset says; without one as UTF-16 if it has its byte-order mark, else as UTF-8, else as Latin-1. */
function decodeWith(bytes: Uint8Array, charset: string | undefined): string {
  const marked =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? "utf-16le"
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? "utf-16be"
        : undefined;
  for (const label of [charset, marked, "utf-8"])
    try {
      if (label !== undefined) return new TextDecoder(label, { fatal: true, ignoreBOM: false }).decode(bytes);
    } catch {
      // the next one
    }
  return new TextDecoder("latin1").decode(bytes);
}

interface Form {
  /** entities decoded, tags gone, ignorable characters removed; letters and case as written */
  written: string;
  folded: string;
}

/** Between the words of a name such as "scanSample2021.pdf". */
const FILE_NAME_JOINT = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/gu;
const MAX_FILE_NAME = 256;
/** Words of a text that may be file names. */
const FILE_NAME = /\S+(?:\.[A-Za-z0-9]{2,4}|_\S*)(?=[\s,;)]|$)/g;
const TAG = /<[!/?A-Za-z][^<>]*>/g;

/** The text itself, and, where there is markup, without its tags: as if each were nothing, and as if each were a space. */
function formsOf(text: string): Form[] {
  const texts = TAG.test(text) ? [text, text.replace(TAG, ""), text.replace(TAG, " ")] : [text];
  TAG.lastIndex = 0;
  const plain = texts.map((t) => (t.includes("&") ? decodeHTML(decodeHTML(t)) : t));
  if (/%[0-9a-f]{2}/i.test(text)) plain.push(percentDecoded(text));
  if (/\\u[0-9a-f]{4}/i.test(text))
    plain.push(text.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))));
  // Word by word: on a long run without a space, such as base64, FILE_NAME would try every pair of places.
  const words = text.split(/\s+/).filter((word) => word.length <= MAX_FILE_NAME);
  const short = /\s/.test(text)
    ? words.flatMap((word) => (/[._]/.test(word) ? (word.match(FILE_NAME) ?? []) : []))
    : words.filter((word) => /\p{L}/u.test(word));
  if (short.length > 0) plain.push(short.map((name) => name.replace(FILE_NAME_JOINT, " ")).join(" ; "));
  const apart = plain.map(withoutApostrophes).filter((one) => !plain.includes(one));
  return [...plain, ...apart].map((one) => ({ written: foldForms(one), folded: foldName(one) }));
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, " "));
  } catch {
    return text;
  }
}

// ---- what is looked for

interface Wanted {
  kind: LeakKind;
  pattern: RegExp;
  /** the pattern is for the text as written, since a capital counts */
  written?: true;
}

function patternsOf({ fullUrl, resource }: FhirEntry): Wanted[] {
  const all = [...new Set([textOf(resource.id) ?? "", fullUrl.split(/[/:]/).at(-1)!])].filter((id) => id !== "");
  // Numbers as short as this stand for other things as well.
  const ids = all.filter((id) => id.length >= 4 && !/^\d{1,5}$/.test(id));
  const identifiers = objectsOf(resource.identifier).flatMap(({ value }) => textOf(value) ?? []);
  const contacts = objectsOf(resource.contact);
  const names = [...objectsOf(resource.name), ...(isObject(resource.name) ? [resource.name] : [])];
  return [
    ...wordsOf("name", names),
    ...wordsOf(
      "contact",
      contacts.flatMap(({ name }) => (isObject(name) ? [name] : objectsOf(name))),
    ),
    ...one("birth-date", birthDateForms(textOf(resource.birthDate) ?? "")),
    ...one("identifier", identifiers.filter((v) => !ids.includes(v)).flatMap(identifierForms)),
    ...one(
      "telecom",
      [...objectsOf(resource.telecom), ...contacts.flatMap(({ telecom }) => objectsOf(telecom))].flatMap(telecomForms),
    ),
    ...one("address", objectsOf(resource.address).flatMap(addressForms)),
    ...one("id", [
      ...ids.map((id) => bounded(escaped(foldName(id)))),
      ...ids.filter((id) => UUID.test(id)).flatMap(spaced),
      ...all.map((id) => bounded(`patient[/?:](?:_?id[=:])?${escaped(foldName(id))}`)),
    ]),
  ];
}

const one = (kind: LeakKind, sources: readonly string[]): Wanted[] =>
  sources.length === 0 ? [] : [{ kind, pattern: new RegExp(sources.join("|"), "u") }];

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/\s+/g, "\\s+");
/** No letter or digit before or behind. */
const bounded = (source: string): string => `(?<![\\p{L}\\p{N}])(?:${source})(?![\\p{L}\\p{N}])`;
const GAP = "[\\s\\p{P}_]{0,3}";
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;

/** Words of names; all but prefixes and suffixes ("Dr.", "Jr."). */
function wordsOf(kind: "name" | "contact", names: readonly JsonObject[]): Wanted[] {
  const folded: string[] = [];
  const written: string[] = [];
  for (const name of names) {
    const aside = new Set([...arrayOf(name.prefix), ...arrayOf(name.suffix)].map((p) => foldName(textOf(p) ?? "")));
    const parts = [name.family, ...arrayOf(name.given), name.text].flatMap((part) => textOf(part as Json) ?? []);
    const all = parts.flatMap(plainWords).filter((word) => !aside.has(foldName(word)));
    for (const part of parts) if (/\s/.test(part.trim()) && part !== name.text) folded.push(bounded(spelling(part)));
    for (const word of new Set(all.flatMap((one) => [one, ...one.split(/\p{Pd}/u)]))) {
      const plain = foldName(word).replace(/^[\p{P}]+|[\p{P}]+$/gu, "");
      const letters = plain.match(/\p{L}/gu)?.length ?? 0;
      if (UNSPACED.test(plain)) {
        if ([...plain].length > 1) folded.push(escaped(plain));
      } else if (letters >= 3) folded.push(bounded(inflected(word, plain)));
      else if (letters === 2) written.push(bounded(capitalised(word.replace(/[^\p{L}\p{M}]/gu, ""))));
    }
    // The words side by side, in any order: finds short words too, in any case.
    const whole = [...new Set(all.map((word) => foldName(word)))].filter((word) => /\p{L}/u.test(word)).slice(0, 12);
    if (whole.length >= 2)
      for (const a of whole)
        for (const b of whole)
          if (a !== b && a.length + b.length <= 6)
            folded.push(
              UNSPACED.test(a + b) ? `${escaped(a)}${GAP}${escaped(b)}` : bounded(`${escaped(a)}${GAP}${escaped(b)}`),
            );
  }
  return [
    ...one(kind, [...new Set(folded)]),
    ...one(kind, [...new Set(written)]).map((w): Wanted => ({ ...w, written: true })),
  ];
}

/** One name: its parts joined by a hyphen, an apostrophe, a space or nothing; umlauts written as one letter or two. */
const spelling = (name: string): string =>
  name
    .split(NAME_JOINTS)
    .map((part) => apart(foldName(part).replace(/[^\p{L}\p{N}\p{M}]/gu, "")))
    .filter((part) => part !== "")
    .join(GAP);
const NAME_JOINTS = /[\s.\p{Pd}'`´‘’ʹʼ′＇]+/u;
/** One word, also broken by a hyphen; and a long one in two parts, since a double name may be written as one word. */
function apart(word: string): string {
  const letters = [...word];
  if (letters.length < 5 || letters.length > 40) return umlauts(escaped(word));
  const halves = letters.slice(2, -1).map((_, i) => {
    const [a, b] = [letters.slice(0, i + 2).join(""), letters.slice(i + 2).join("")];
    const isLong = letters.length >= 7 && i >= 1 && letters.length - i - 2 >= 3;
    return `${umlauts(escaped(a))}-${isLong ? "?" : ""}\\s{0,2}${umlauts(escaped(b))}`;
  });
  return `(?:${[umlauts(escaped(word)), ...halves].join("|")})`;
}

/** Scripts whose names take endings in place of the last vowel, and those that put short words before. */
const SLAVIC = /^[\p{Script=Cyrillic}-]{4,}$/u;
const PREFIXES: readonly [RegExp, string][] = [
  [/^[\p{Script=Hebrew}]+$/u, "[ובהלמשכ]{0,2}"],
  [/^[\p{Script=Arabic}]+$/u, "[وفبكل]{0,2}(?:ال)?"],
];
function inflected(word: string, plain: string): string {
  if (SLAVIC.test(plain)) return `${spelling(plain.replace(/[аеиоуыэюяьй]$/, ""))}\\p{L}{0,3}`;
  const prefix = PREFIXES.find(([script]) => script.test(plain))?.[1] ?? "";
  return `${prefix}${spelling(word)}s?`;
}

/** Words between the parts of a family name. Alone, they are words of a language. */
const PARTICLES = new Set(
  `van von vom zu zum zur der den dem des de del della delle di da dal do dos das du la le les el al ul bin bint ibn ben abu
  ten ter af av und och y e i san santa st saint`.split(/\s+/),
);
function plainWords(part: string): string[] {
  const words = part.split(/[\s,;]+/).filter((word) => word !== "");
  const names = words.filter((word) => !PARTICLES.has(foldName(word)));
  return words.length > 1 && names.length > 0 ? names : words;
}
/** The folded text has "u" for ü, "a" for å, and "ue" or "aa" as they stand; the name may have been written either way. */
const umlauts = (part: string): string =>
  part.replace(/([ou])e|a[ae]|[aou]/g, (found) => {
    // "Rae" must not find "RA".
    if (found.length === 2 && part.length <= 3) return found;
    return found[0] === "a" ? "a[ae]?" : `${found[0]}e?`;
  });

const capitalised = (word: string): string => {
  const [first = "", ...rest] = [...word.normalize("NFC")];
  return `${escaped(first.toUpperCase())}[${rest.flatMap((c) => [c.toLowerCase(), c.toUpperCase()]).join("")}]`;
};

/** Letters and digits with separators between; those of fewer than four characters would be found everywhere. */
function spaced(value: string): string[] {
  const characters = [...foldName(value)].filter((c) => /[\p{L}\p{N}]/u.test(c));
  return characters.length < 4 ? [] : [bounded(characters.map(escaped).join("[\\s\\p{P}_]{0,2}"))];
}

/** The value; behind the scheme of a URN; and a number of six digits or more inside it, unless it may be a date. */
function identifierForms(value: string): string[] {
  const tail = /^urn:/i.test(value) ? value.slice(value.lastIndexOf(":") + 1) : "";
  const numbers = (value.match(/\d{6,}/g) ?? []).filter((digits) => !/^(?:19|20)\d{2}[01]\d[0-3]\d/.test(digits));
  return [
    ...spaced(value),
    ...(tail.length >= 6 ? spaced(tail) : []),
    ...numbers.map((digits) => `(?<!\\p{N})${digits}(?!\\p{N})`),
  ];
}

const NATIONAL_DIGITS = 8;
/** A telephone number by its last digits, so that it is found with and without the country's code. */
function telecomForms({ value }: JsonObject): string[] {
  const text = textOf(value);
  if (text === undefined) return [];
  const number = text.replace(/^(?:tel|sms|fax):/i, "").replace(/[\s,;]*(?:x|ext\.?|extension)\s*\d+$/i, "");
  const digits = foldName(number).replace(/\D/g, "");
  if (/[\p{L}@]/u.test(number)) return text.length < 5 ? [] : [bounded(escaped(foldName(text)))];
  if (digits.length < 6) return [];
  return [`${[...digits.slice(-NATIONAL_DIGITS)].join("[^\\p{L}\\p{N}]{0,2}")}(?!\\p{N})`];
}

function addressForms({ line, text }: JsonObject): string[] {
  return [...arrayOf(line), text]
    .flatMap((part) => textOf(part as Json) ?? [])
    .map((part) => foldName(part).match(/[\p{L}\p{N}\p{M}]+/gu) ?? [])
    .filter((words) => words.join("").length >= 5)
    .map((words) => bounded(words.map((w) => umlauts(escaped(w))).join("[\\s\\p{P}]{1,3}")));
}

const MONTH_LANGUAGES = [
  "en",
  "de",
  "fr",
  "es",
  "it",
  "pt",
  "nl",
  "sv",
  "da",
  "nb",
  "fi",
  "pl",
  "cs",
  "ro",
  "hu",
  "el",
  "ru",
  "tr",
];

function birthDateForms(birthDate: string): string[] {
  const date = readDate(birthDate);
  if (date?.precision !== "day") return [];
  const [year, month, day] = birthDate.split("-") as [string, string, string];
  const [y, m, d] = [`(?:${year}|${year.slice(2)})`, `0?${Number(month)}`, `0?${Number(day)}`];
  const sep = "\\s{0,2}[\\p{P}\\s年月]\\s{0,2}";
  const names = monthNames(Number(month));
  const gap = "[\\s\\p{P}]{0,3}";
  const ordinal = "(?:st|nd|rd|th|er|o|a)?(?:\\s+(?:of|de|di|den|d))?";
  const forms = [
    `${year}${month}${day}`,
    `${day}${month}${year}`,
    `${month}${day}${year}`,
    ...[`${month}${day}`, `${day}${month}`].flatMap((md) => [`${md}${year.slice(2)}`, `${year.slice(2)}${md}`]),
    `${y}${sep}${m}${sep}${d}`,
    `${d}${sep}${m}${sep}${y}`,
    `${m}${sep}${d}${sep}${y}`,
    `${d}${ordinal}${gap}(?:${names})${gap}(?:de\\s+|of\\s+)?${y}`,
    `(?:${names})${gap}${d}${ordinal}${gap}${y}`,
    `${year}${gap}(?:${names})${gap}${d}`,
  ];
  return [`(?<!\\p{N})(?:${forms.join("|")})(?!\\p{N})`];
}

const monthNamesKnown = new Map<number, string>();
/** Alternatives of a pattern: the month's names, long and short, folded. */
function monthNames(month: number): string {
  const known = monthNamesKnown.get(month);
  if (known !== undefined) return known;
  const at = new Date(Date.UTC(2000, month - 1, 15));
  const forms = new Set<string>();
  for (const language of MONTH_LANGUAGES)
    for (const style of ["long", "short"] as const)
      for (const options of [{ month: style }, { month: style, day: "numeric" }] as const) {
        const parts = new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).formatToParts(at);
        const name = foldName(parts.find((part) => part.type === "month")?.value ?? "").replace(/\.$/, "");
        if (/^\p{L}{3,}$/u.test(name)) forms.add(escaped(name));
      }
  const alternatives = [...forms].join("|");
  monthNamesKnown.set(month, alternatives);
  return alternatives;
}
