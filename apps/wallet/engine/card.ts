// The worker's method for the card of a visit on paper.

import { wallet } from "./held.ts";

/** A card as its sheet shows it. It names neither the clinic nor the visit: somebody may find it. */
export interface CardView {
  text: string;
  /** the same letters in groups, for a desk that types them */
  groups: readonly string[];
  /** unix seconds, included */
  notAfter: number;
  /** of the visit's disc */
  mark: string;
}

const GROUP = /.{1,4}/g;

export const cardApi = {
  /** @throws VisitCardError card-not-open, card-expired */
  visitCard(tagHash: string): CardView {
    const { text, notAfter } = wallet().visitCard(tagHash);
    const letters = text.slice(text.indexOf(":") + 1);
    return { text, notAfter, groups: letters.match(GROUP)!, mark: wallet().visitMark(tagHash)! };
  },
};
