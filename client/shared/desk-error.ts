import { type CodeOf, SymbolonError } from "../errors.ts";

/** A text or a file that people carry to or from the registrar's desk cannot be used. */
export class DeskError extends SymbolonError<CodeOf<"DeskError">> {
  override name = "DeskError";
}
