// A visit card in something that was scanned, pasted or typed.

/** A card has so many letters behind its scheme. */
const LETTERS = /^[A-Z2-7]{47}$/;

/**
 * The card's text. From paper it comes in groups, perhaps without the scheme and in small letters. 0, 1 and 8 stand for O, I and
 * B, which look alike on paper. Undefined if this is no whole card.
 */
export function cardIn(text: string): string | undefined {
  const typed = text.toUpperCase().replace(/\s/g, "");
  const letters = typed
    .slice(typed.indexOf(":") + 1)
    .replaceAll("-", "")
    .replaceAll("0", "O")
    .replaceAll("1", "I")
    .replaceAll("8", "B");
  return LETTERS.test(letters) ? `SYMBOLON-CARD:${letters}` : undefined;
}
