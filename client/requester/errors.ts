// The reasons why a requester does not get what it asked for. An application can tell from the code what a person
// should do next. client/errors.ts holds the codes and their sentences.

import { type CodeOf, SymbolonError } from "../errors.ts";

export type RequesterCode = CodeOf<"RequesterError">;

/** An order cannot be made, or a case did not open; `code` says why. */
export class RequesterError extends SymbolonError<RequesterCode> {
  override name = "RequesterError";
  /** indices of the trustees at fault, if they are known */
  readonly trustees: readonly number[];
  constructor(code: RequesterCode, detail?: string, trustees: readonly number[] = [], cause?: unknown) {
    super(code, detail, { cause });
    this.trustees = trustees;
  }
}
