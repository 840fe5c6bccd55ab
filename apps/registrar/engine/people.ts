// The worker's methods for people: search, registration, codes, what a pass says, and the end of a registration. Nothing about a
// person is kept on this machine.

import {
  codeGroups,
  codeLink,
  type Enrolment,
  type FhirEntry,
  type FoundPerson,
  plainCode,
} from "../../../client/index.ts";
import { desk } from "./held.ts";

/** A person as the desk types them in. */
export interface Typed {
  given: string;
  family: string;
  /** YYYY-MM-DD */
  birthDate: string;
  /** the number by which authorities know the person */
  selector: string;
}

/** One fact that a pass can show, with all values it may have. */
export interface Attribute {
  name: string;
  values: string[];
}

/** A fresh code in every form that people carry. */
export interface CodeView {
  account: string;
  enrolmentCode: string;
  /** unix seconds */
  expires: number;
  link: string;
  groups: string[];
  plain: string;
  walletUrl: string;
}

/** A Patient of the registry: the name and the birth date, and nothing that the desk did not ask. */
function patientOf({ given, family, birthDate }: Typed): FhirEntry {
  const name = { use: "official", family: family.trim(), given: given.trim().split(/\s+/) };
  return {
    fullUrl: `urn:uuid:${crypto.randomUUID()}`,
    resource: { resourceType: "Patient", name: [name], birthDate },
  };
}

function viewOf({ account, enrolmentCode, expires }: Enrolment): CodeView {
  const code = { account, enrolmentCode };
  const { walletUrl } = desk().deployment;
  return {
    ...code,
    expires,
    walletUrl,
    link: codeLink(walletUrl, code),
    groups: codeGroups(code),
    plain: plainCode(code),
  };
}

/** Months since 1970, as the parameters count them. */
function monthOf(unixSeconds: number): number {
  const day = new Date(unixSeconds * 1000);
  return (day.getUTCFullYear() - 1970) * 12 + day.getUTCMonth();
}

export const peopleApi = {
  /** What a pass can say this month. */
  async attributes(): Promise<Attribute[]> {
    const { document } = await desk().parameters.of(monthOf(desk().transport.now()));
    return document.attributes.map(({ name, values }) => ({ name, values: [...values] }));
  },

  find: ({ selector, birthDate }: Typed): Promise<FoundPerson> => desk().operator.findPerson(selector, birthDate),

  /** A new person, or a fresh code for a known one. The code before it is void from then on. */
  async giveCode(person: Typed, entitlements: Record<string, string>): Promise<CodeView> {
    return viewOf(await desk().operator.registerPerson(patientOf(person), person.selector, entitlements));
  },

  voidCode: (code: CodeView): Promise<void> => desk().operator.voidCode(code),

  setEntitlements: (account: string, entitlements: Record<string, string>): Promise<void> =>
    desk().operator.setEntitlements(account, entitlements),

  /** For ever. */
  end: (account: string): Promise<void> => desk().operator.revoke(account),
};
