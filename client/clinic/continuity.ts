// Recognises a patient who chose to be known at this clinic. The patient's message gives a pseudonym N, and proves that
// N belongs to the wallet behind this very session.

import { bytesToHex } from "../../protocol/bytes.ts";
import { readCheckIn } from "../../protocol/check-in.ts";
import { CodecError } from "../../protocol/codec.ts";
import { Continuity, verifyContinuity } from "../../protocol/continuity.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { decodeG2, tagBase } from "../../protocol/suite.ts";
import type { ParametersCache } from "../parameters.ts";

/** The pseudonym that a message of this session introduces; undefined for any other message or a false one. */
export async function recognise(
  parameters: ParametersCache,
  checkInBytes: Uint8Array,
  message: Uint8Array,
): Promise<Hex | undefined> {
  let continuity: Continuity;
  try {
    continuity = Continuity.decode(message);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
  const { epoch, presentation, presentationHash, challenge } = readCheckIn(checkInBytes);
  const { document, hash } = await parameters.of(epoch);
  const context = {
    tagBase: tagBase(hash, epoch, presentation.slot),
    T: decodeG2(presentation.T),
    realm: document.realm,
    serviceId: challenge.serviceId,
    presentationHash,
  };
  return verifyContinuity(context, continuity) ? bytesToHex(continuity.N) : undefined;
}
