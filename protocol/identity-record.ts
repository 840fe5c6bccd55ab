// The registrar's record of one person: the selector by which authorities name them, and their FHIR Patient. A contract
// commits to exactly these bytes (identityCommitmentOf).
//
// The selector is inside the commitment. So nobody can answer an order for one selector with the record of another
// person: registrar, trustees and requester all compare it with the selector of the order.
//
//   canonical(s)   NFKC, upper case, without white space, dots and hyphens; at least 3 characters must remain

import { blob, type Codec, CodecError, document, type Of, text } from "./codec.ts";

/** The form of a selector in which it is stored and compared. */
export const canonicalSelector = (selector: string): string =>
  selector
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[\s.-]/g, "");

/** Otherwise all selectors that consist of hyphens would belong to one person. */
const MIN_SELECTOR_LENGTH = 3;
/**
 * Whether a selector names anybody at all. Half of a surrogate pair has no UTF-8 form: all such texts would be encoded alike, and
 * have one blind index.
 */
export const isSelector = (selector: string): boolean =>
  !/\p{Surrogate}/u.test(selector) && canonicalSelector(selector).length >= MIN_SELECTOR_LENGTH;

const Layout = document("IdentityRecord", 0x13, 1, {
  selector: text, // canonical, for example an insurance number
  patient: blob, // a FHIR Patient with its fullUrl, as JSON
});
export type IdentityRecord = Of<typeof Layout>;

/** Both directions refuse a selector that is not canonical, so a record has one byte form. */
export const IdentityRecord: Codec<IdentityRecord> = {
  name: Layout.name,
  encode: (record) => Layout.encode(checked(record)),
  decode: (bytes) => checked(Layout.decode(bytes)),
};

function checked(record: IdentityRecord): IdentityRecord {
  const { selector } = record;
  if (canonicalSelector(selector) !== selector || !isSelector(selector))
    throw new CodecError("malformed", "IdentityRecord: the selector is not canonical");
  return record;
}

/** Whether a record is that of the person whom an order names. */
export const isRecordOf = (record: Pick<IdentityRecord, "selector">, selector: string): boolean =>
  isSelector(selector) && record.selector === canonicalSelector(selector);
