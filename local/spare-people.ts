// People of `npm start` whom the registrar knows and who have no phone yet. A developer enrols a headless wallet as one of
// them. A code serves once and is good for a week, so a later start asks for new ones.

import type { FhirEntry, Operator } from "../client/index.ts";

const PEOPLE = [
  { given: "Ada", family: "Sample", birthDate: "1984-12-10", gender: "female" },
  { given: "Ben", family: "Example", birthDate: "1959-03-02", gender: "male" },
  { given: "Chidi", family: "Probe", birthDate: "1991-07-21", gender: "male" },
  { given: "Dilek", family: "Muster", birthDate: "2001-01-30", gender: "female" },
  { given: "Elin", family: "Prov", birthDate: "1970-05-17", gender: "female" },
] as const;
const ENTITLEMENTS = { coverage: "standard", age: "adult" };
/** A code that is good for less than this is replaced. */
const RENEW_BEFORE_SECONDS = 86_400;

export interface SparePerson {
  name: string;
  birthDate: string;
  /** the number by which authorities know the person */
  selector: string;
  /** for `symbolon patient enrol --code`: account and one-time code */
  code: string;
  /** unix seconds */
  expires: number;
}

const selectorOf = (i: number): string => `SYM-9${String(i + 1).padStart(5, "0")}`;

const patientOf = ({ given, family, birthDate, gender }: (typeof PEOPLE)[number], i: number): FhirEntry => {
  const id = `00000000-0000-4000-8000-9${String(i + 1).padStart(11, "0")}`;
  return {
    fullUrl: `urn:uuid:${id}`,
    resource: { resourceType: "Patient", id, name: [{ family, given: [given] }], birthDate, gender },
  };
};

/**
 * The spare people, each with a code that is good for a day at least.
 * @param known of the last start; the codes of these that are still good stay
 * @param now unix seconds
 */
export async function sparePeople(
  operator: Operator,
  now: number,
  known: readonly SparePerson[] = [],
): Promise<SparePerson[]> {
  const people: SparePerson[] = [];
  for (const [i, person] of PEOPLE.entries()) {
    const selector = selectorOf(i);
    const kept = known.find((k) => k.selector === selector && k.expires - now > RENEW_BEFORE_SECONDS);
    if (kept) {
      people.push(kept);
      continue;
    }
    const { account, enrolmentCode, expires } = await operator.registerPerson(
      patientOf(person, i),
      selector,
      ENTITLEMENTS,
    );
    const { given, family, birthDate } = person;
    people.push({ name: `${given} ${family}`, birthDate, selector, code: `${account}.${enrolmentCode}`, expires });
  }
  return people;
}
