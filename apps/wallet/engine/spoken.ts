// The worker's method for the six words that a desk says: what they name, or which of them is mistyped.

import {
  CheckInError,
  invitationOfWords,
  isSpokenWord,
  nearestWords,
  readSpokenWords,
  systemTransport,
} from "../../../client/doors/spoken.ts";
import { deployment } from "../../shared/deployment.ts";

export type SpokenView =
  /** the clinic's invitation, as a QR code has it */
  | { text: string }
  /** per word: whether it is in no list, and what it may have been */
  | { fault: "unknown"; words: { isUnknown: boolean; nearest: string[] }[] }
  /** "check": a word of the list is the wrong one, or two have changed places; "none": no clinic shows these words now */
  | { fault: "check" | "none" };

export const spokenApi = {
  /** @param words six of them @throws ApiError unreachable */
  async readSpoken(words: readonly string[]): Promise<SpokenView> {
    const read = readSpokenWords(words.join(" "));
    if ("fault" in read) {
      if (read.fault === "check") return { fault: "check" };
      const found = words.map((word) => ({ isUnknown: !isSpokenWord(word), nearest: nearestWords(word) }));
      return { fault: "unknown", words: found };
    }
    try {
      return { text: await invitationOfWords(systemTransport(), await deployment(), words.join(" ")) };
    } catch (error) {
      if (error instanceof CheckInError && error.code === "no-such-words") return { fault: "none" };
      throw error;
    }
  },
};
