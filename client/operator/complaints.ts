// The last messages of a key ceremony or a resharing, as the coordinator reads them. Each trustee accepts, or complains of a
// dealer. A complaint ends the run: people settle it, and a new run starts under a new id.
//
// A complaint counts only if the trustee signed it that showed it. Otherwise one lying Worker could accuse in another's name.

import { CeremonyAbort, Complaint, readMessage, type Sender } from "../../protocol/ceremony-documents.ts";
import { Signed } from "../../protocol/documents.ts";
import { type Base64url, fromBase64url } from "../../protocol/encodings.ts";
import { type CodeOf, SymbolonError, textOfCause, translate } from "../errors.ts";

/** One trustee accuses another. The messages cannot tell which of the two is wrong (protocol/ceremony.ts). */
export interface CeremonyComplaint {
  /** index of the trustee that complains, from 1 */
  readonly accuser: number;
  readonly accused: number;
  /** unreadable: the part does not open; share, seed: it does not fit what the accused committed to */
  readonly reason: Complaint["reason"];
}

/** The ceremony ended without a key set. */
export class CeremonyError extends SymbolonError<CodeOf<"CeremonyError">> {
  override name = "CeremonyError";
  /** all of the run, if the code is "complaint" */
  readonly complaints: readonly CeremonyComplaint[];

  constructor(
    code: CodeOf<"CeremonyError">,
    detail?: string,
    { cause, complaints = [] }: { cause?: unknown; complaints?: readonly CeremonyComplaint[] } = {},
  ) {
    super(code, detail, cause === undefined ? {} : { cause });
    this.complaints = complaints;
  }
}

const COMPLAINT_TYPE = 0x5b;

/**
 * @param messages of the last round; that of sender i at [i - 1], undefined if it did not answer
 * @param run its context, 32 bytes, and the trustees that take part as receivers
 * @throws CeremonyError complaint, bad-ceremony-message
 */
export function refuseComplaints(
  messages: readonly (Base64url | undefined)[],
  run: { context: Uint8Array; senders: readonly Sender[] },
): void {
  const complaints = messages.flatMap((message, i) => (message && complaintIn(message, run, i + 1)) || []);
  if (complaints.length === 0) return;
  const told = complaints.map((c) => `trustee ${c.accuser} accuses trustee ${c.accused}: ${c.reason}`);
  throw new CeremonyError("complaint", told.join("; "), { complaints });
}

function complaintIn(
  message: Base64url,
  { context, senders }: { context: Uint8Array; senders: readonly Sender[] },
  from: number,
): CeremonyComplaint | undefined {
  return translate(
    () => {
      const bytes = fromBase64url(message);
      if (Signed.decode(bytes).document[0] !== COMPLAINT_TYPE) return undefined;
      const { sender, accused, reason } = readMessage(Complaint, context, senders, bytes);
      if (sender !== from) throw new CeremonyAbort("malformed", from);
      return { accuser: sender, accused, reason };
    },
    (cause) => new CeremonyError("bad-ceremony-message", `from trustee ${from}: ${textOfCause(cause)}`, { cause }),
  );
}
