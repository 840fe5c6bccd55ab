// symbolon/spoken: the six words that a desk says when a phone can read neither code nor text. A wallet loads this door when a
// person types them.

export { invitationOfWords } from "../shared/invitation.ts";
export { isSpokenWord, nearestWords, type ReadWords, readSpokenWords, SPOKEN_WORDS } from "../shared/spoken-words.ts";
export { CheckInError } from "../wallet/sending.ts";
export * from "./common.ts";
