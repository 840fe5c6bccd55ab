// The worker's methods for openings: the list of people whom the registry named to an office, and the mark of a printed letter.
// Nothing of it is kept on this machine.

import { asHex, type ListedOpening } from "../../../client/index.ts";
import { desk } from "./held.ts";

export interface OpeningView extends Omit<ListedOpening, "approvedBy"> {
  /** the organisations whose officers approved */
  approvedBy: { number: number; host: string }[];
}

export interface OpeningsView {
  openings: OpeningView[];
  /** where the next page begins; undefined on the last page */
  cursor: string | undefined;
}

function viewOf({ approvedBy, ...opening }: ListedOpening): OpeningView {
  const { trusteeUrls } = desk().deployment;
  const hostOf = (url: string | undefined): string => (url === undefined ? "" : new URL(url).host);
  return { ...opening, approvedBy: approvedBy.map((number) => ({ number, host: hostOf(trusteeUrls[number - 1]) })) };
}

export const openingsApi = {
  /** The newest first. @param cursor of the page before */
  async openings(cursor?: string): Promise<OpeningsView> {
    const page = await desk().operator.openings(cursor);
    return { openings: page.openings.map(viewOf), cursor: page.cursor };
  },

  /** @returns when the letter was marked first, in unix seconds; null without a mark */
  markLetter: (caseId: string, printed: boolean): Promise<number | null> =>
    desk().operator.markLetter(asHex(caseId, 32), printed),
};
