// The person at the desk: typed in, found, and given a code. It stays in this tab's memory until the desk is done with them, and
// no address names it.

import { signal } from "@preact/signals";
import type { FoundPerson } from "../../../client/index.ts";
import { path } from "../../shared/route.ts";
import type { CodeView, Typed } from "../engine/people.ts";

const NOBODY: Typed = { given: "", family: "", birthDate: "", selector: "" };

export const typed = signal<Typed>(NOBODY);
export const found = signal<FoundPerson | undefined>(undefined);
/** the code that was made for this person just now */
export const code = signal<CodeView | undefined>(undefined);
/** of the code: the person had a phone before */
export const hadPhone = signal(false);

/** what was done with the last person, for the first screen to say */
export const notice = signal<string | undefined>(undefined);

export const PERSON = "/person";
export const CODE = "/code";

/** Whether a screen still has what it shows. */
export const isAt = (screen: typeof PERSON | typeof CODE): boolean =>
  path.value === screen && (screen === PERSON ? found : code).value !== undefined;

export function forgetPerson(): void {
  typed.value = NOBODY;
  found.value = undefined;
  code.value = undefined;
  hadPhone.value = false;
  notice.value = undefined;
}
