// Where the watched name stands in a text, for the eye.

interface Part {
  text: string;
  marked: boolean;
}

/** The text, cut where a word of the watched name begins. The search itself finds more forms of a name than this shows. */
export function markedParts(text: string, name: string): Part[] {
  const wanted = name
    .split(/\s+/)
    .filter((word) => word.length > 1)
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  if (wanted.length === 0) return [{ text, marked: false }];
  return text
    .split(new RegExp(`((?<![\\p{L}\\p{N}])(?:${wanted.join("|")})[\\p{L}]*)`, "giu"))
    .map((part, i) => ({ text: part, marked: i % 2 === 1 }))
    .filter((part) => part.text !== "");
}
