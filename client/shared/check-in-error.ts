import { type CodeOf, SymbolonError } from "../errors.ts";

/** A check-in is not possible, or was not accepted. */
export class CheckInError extends SymbolonError<CodeOf<"CheckInError">> {
  override name = "CheckInError";
}
