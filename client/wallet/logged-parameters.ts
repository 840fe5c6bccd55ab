// Compares the parameters that a wallet believes with those in the log. The wallet does it whenever it reads the log for
// notices, so it asks nobody more. The log's operator and the registrar together cannot give one wallet parameters of
// its own for longer than until then.
//
//   logged   every document that the wallet believes stands in the log
//   alone    no two documents in the log cover one epoch
//   early    each document was logged before its first epoch began; the first document of the log is excepted

import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import { type LogEntry, openSigned, Parameters, paramsHashOf } from "../../protocol/documents.ts";
import { epochName, epochStart } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { type EpochParameters, ParametersError } from "../parameters.ts";

interface Logged {
  document: Parameters;
  /** p_e, hex */
  hash: string;
  /** Signed<Parameters> */
  signed: Uint8Array;
  /** unix seconds */
  at: number;
}

/**
 * @param entries all entries of kind parameters, in the order of the log
 * @param registrarKey Ed25519, 32 bytes; the wallet ignores documents of other signers
 * @throws ParametersError unlogged-parameters, two-parameters, late-parameters, with the signed documents as evidence
 */
export function checkLoggedParameters(
  entries: readonly LogEntry[],
  believed: readonly EpochParameters[],
  registrarKey: Uint8Array,
): void {
  const logged: Logged[] = [];
  for (const entry of entries) {
    const found = readDocument(entry, registrarKey);
    if (found && !logged.some((l) => l.hash === found.hash)) logged.push(found);
  }
  for (const [i, a] of logged.entries()) {
    const { epochFrom, epochTo } = a.document;
    const other = logged.slice(0, i).find((b) => b.document.epochFrom <= epochTo && epochFrom <= b.document.epochTo);
    if (other)
      throw new ParametersError("two-parameters", `the log has two documents from ${epochName(epochFrom)} on`, {
        evidence: [other.signed, a.signed],
      });
    if (i > 0 && a.at >= epochStart(epochFrom))
      throw new ParametersError("late-parameters", epochName(epochFrom), { evidence: [a.signed] });
  }
  for (const { hash, document } of believed)
    if (!logged.some((l) => l.hash === bytesToHex(hash)))
      throw new ParametersError("unlogged-parameters", epochName(document.epochFrom));
}

function readDocument({ at, body, subject }: LogEntry, registrarKey: Uint8Array): Logged | undefined {
  try {
    const { key, value } = openSigned(LABELS.signParameters, Parameters, body);
    const hash = paramsHashOf(value);
    if (!equalBytes(key, registrarKey) || !equalBytes(hash, subject)) return undefined;
    return { document: value, hash: bytesToHex(hash), signed: body, at };
  } catch {
    return undefined;
  }
}
