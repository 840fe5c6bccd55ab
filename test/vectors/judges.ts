// Judges the entries of the fault files (test/vectors/symbolon/*-faults.json): one function per kind. A verdict is
// "accepted" or the reason of the refusal. The test compares it with the entry's own `reason`.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AgeHeaderError } from "../../protocol/age-header.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { CeremonyAbort } from "../../protocol/ceremony-documents.ts";
import { CodecError } from "../../protocol/codec.ts";
import { HybridSealError } from "../../protocol/hybrid-seal.ts";
import { KeySetError } from "../../protocol/key-set.ts";
import { OpeningError } from "../../protocol/opening-common.ts";
import { SharingError } from "../../protocol/sharing.ts";
import { DecodeError } from "../../protocol/suite.ts";
import { Tdh2Error } from "../../protocol/tdh2.ts";
import { TidError } from "../../protocol/tid.ts";

// biome-ignore lint/suspicious/noExplicitAny: the files are under test; each use shows their shape
export type Any = any;
export const b = hexToBytes;

export const faultsOf = (area: string): Any =>
  JSON.parse(readFileSync(join(import.meta.dirname, "symbolon", `${area}-faults.json`), "utf8"));

/** The reason with which `act` refuses by throwing; "accepted" if it does not throw. */
export function thrownBy(act: () => unknown): string {
  try {
    act();
    return "accepted";
  } catch (error) {
    if (error instanceof DecodeError) return "encoding";
    if (error instanceof HybridSealError) return "seal";
    if (error instanceof OpeningError || error instanceof SharingError) return "set";
    if (error instanceof CeremonyAbort)
      return [error.reason, error.trustee].filter((x) => x !== undefined).join(" by ");
    if (error instanceof KeySetError || error instanceof CodecError || error instanceof Tdh2Error) return error.reason;
    if (error instanceof TidError || error instanceof AgeHeaderError) return error.reason;
    if (error instanceof RangeError) return "range";
    throw error;
  }
}

/** The verdict of a check that throws or answers whether all is right. */
export function verdictOf(reason: string, check: () => boolean): string {
  let holds = false;
  const thrown = thrownBy(() => {
    holds = check();
  });
  return thrown === "accepted" && !holds ? reason : thrown;
}

export type Judge = (entry: Any, file: Any) => string;
