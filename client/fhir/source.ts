// Marks the input that a record's entries come from, so that a reader can tell one system's numbering from another's.
//
// "Observation/1" means nothing outside its system. If one input is filed as visits at several clinics, their records still
// number alike, and a reference may lead from one to another. If two clinics number alike by chance, it must not. So a
// record whose entries have such names carries a mark of its input, in meta.tag of the sealed Bundle.
//
// The mark is random, drawn each time an input is read. A hash of the input would not do: a requester that may read the
// records without the name could hash guesses of the name and compare.

import { bytesToHex } from "../../protocol/bytes.ts";
import { isUrn } from "./references.ts";
import type { FhirEntry } from "./resource.ts";

/** Hosts that mean another machine in every network, or none (RFC 6761, RFC 1918): names below them are not unique. */
const LOCAL_HOST =
  /^https?:\/\/(?:[^/.:]+|(?:[^/:]+\.)?(?:localhost|local|internal|lan|home\.arpa|test|invalid)|127\.[\d.]+|10\.[\d.]+|192\.168\.[\d.]+|169\.254\.[\d.]+|172\.(?:1[6-9]|2\d|3[01])\.[\d.]+|\[[^\]]*\])(?::\d+)?(?:\/|$)/i;
/** A UUID that RFC 9562 knows: with version and variant. Other texts behind "urn:uuid:" are somebody's numbering. */
const UNIQUE_URN = /^urn:(?:oid:|uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$)/i;

/** Whether a fullUrl can mean the same thing everywhere. */
export const isGlobalUrl = (url: string): boolean =>
  isUrn(url) ? UNIQUE_URN.test(url) : /^https?:/i.test(url) && !LOCAL_HOST.test(url);

const MARK_BYTES = 16;
/** A new mark for an input; undefined if all its names are unique everywhere, so that no mark is needed. */
export function sourceMark(entries: readonly FhirEntry[]): string | undefined {
  if (entries.every(({ fullUrl }) => isGlobalUrl(fullUrl))) return undefined;
  return bytesToHex(crypto.getRandomValues(new Uint8Array(MARK_BYTES)));
}
