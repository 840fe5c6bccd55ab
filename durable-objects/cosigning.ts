// How the log asks one witness for a cosignature: the client's side of C2SP tlog-witness, add-checkpoint.
//
// The log remembers at which size a witness signed last. If it is wrong, the witness answers 409 with its size, and the log
// asks once more with the proof from there. A witness counts as silent if it does not answer within WITNESS_TIMEOUT_MS, is
// ahead of this head, answers something else, or has a clock that is wrong.

import { nativeVerify } from "../engine/ed25519.ts";
import { CLOCK_HEADER, CLOCK_TOLERANCE_SECONDS } from "../protocol/clock.ts";
import { formatSignature, type NoteKey, parseNote, parseSignatures, verifyCosignature } from "../protocol/note.ts";
import { formatAddCheckpoint } from "../protocol/witness.ts";

/** A witness and the base URL of its `add-checkpoint`. */
export interface WitnessAt {
  readonly key: NoteKey;
  readonly url: string;
}

/** A head for which the log wants cosignatures. */
export interface HeadToSign {
  readonly size: number;
  /** with the log's signature only */
  readonly note: string;
  /** unix seconds */
  readonly now: number;
  /** RFC 9162 consistency proof from `from` to this head, 0 < from < size */
  proof(from: number): readonly Uint8Array[];
}

/** One signature line with its newline, and its time in unix seconds. */
export interface Line {
  readonly line: string;
  readonly time: number;
}

const WITNESS_TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 16_384;
const SIZE_TYPE = "text/x.tlog.size";

/** The witness's cosignature of the head, verified. Undefined if it gives none. @param signed the size that it signed last */
export async function askWitness(witness: WitnessAt, head: HeadToSign, signed: number): Promise<Line | undefined> {
  let oldSize = Math.min(signed, head.size);
  for (let attempt = 0; attempt < 2; attempt++) {
    const proof = oldSize === 0 || oldSize === head.size ? [] : head.proof(oldSize);
    const answer = await fetch(`${witness.url}/add-checkpoint`, {
      method: "POST",
      headers: { "content-type": "text/plain; charset=utf-8", [CLOCK_HEADER]: String(head.now) },
      body: formatAddCheckpoint({ oldSize, proof, note: head.note }),
      signal: AbortSignal.timeout(WITNESS_TIMEOUT_MS),
    });
    const text = await readShort(answer);
    if (answer.ok) return text === undefined ? undefined : lineOf(witness.key, head, text);
    if (answer.status !== 409 || !answer.headers.get("content-type")?.startsWith(SIZE_TYPE)) return undefined;
    const size = /^(0|[1-9][0-9]{0,15})\n$/.exec(text ?? "")?.[1];
    if (size === undefined || Number(size) > head.size || Number(size) === oldSize) return undefined;
    oldSize = Number(size);
  }
  return undefined;
}

function lineOf(key: NoteKey, { note, now }: HeadToSign, lines: string): Line | undefined {
  const { text } = parseNote(note)!;
  for (const s of parseSignatures(lines) ?? []) {
    const time = verifyCosignature(text, s, key, nativeVerify);
    if (time !== undefined && Math.abs(time - now) <= CLOCK_TOLERANCE_SECONDS)
      return { line: formatSignature(s), time };
  }
  return undefined;
}

/** The text of an answer, which the other side controls. Undefined if it is longer than MAX_ANSWER_BYTES. */
async function readShort(answer: Response): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer.body ?? []) {
    length += part.length;
    if (length > MAX_ANSWER_BYTES) return undefined;
    parts.push(part);
  }
  return new Blob(parts as Uint8Array<ArrayBuffer>[]).text();
}
