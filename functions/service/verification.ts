// Check-ins that are in this isolate at the same moment are verified together: the pairing product, a third of the work, is
// shared (protocol/presentation.ts). A clinic's morning brings them in bursts; one that comes alone is verified alone.
//
// No request depends on another: what is shared is data, and each looks for its own verdict when its turn comes. The first
// whose turn it is verifies all that wait; where it fails or is cut off, the next does. A verdict is the same as alone: where
// the product does not hold, each is looked at by itself. So a bad one costs those beside it a moment, never their verdict.

import { nativeVerify } from "../../engine/ed25519.ts";
import { publicEngine } from "../../engine/worker.ts";
import { type CheckInToVerify, type CheckInVerdict, verifyCheckIns } from "../../protocol/check-in.ts";
import { rng } from "../shared/rng.ts";

/** long enough for requests that have their bytes, short beside a verification */
const GATHER_MS = 1;
/** one request's CPU goes into the others' verdicts, too: a bound on it */
const MAX_TOGETHER = 16;

interface Waiting {
  readonly checkIn: CheckInToVerify;
  verdict?: CheckInVerdict;
}
const waiting = new Set<Waiting>();

export async function verifyTogether(checkIn: CheckInToVerify): Promise<CheckInVerdict> {
  const own: Waiting = { checkIn };
  waiting.add(own);
  await scheduler.wait(GATHER_MS); // requests that have come as far get here, too
  if (own.verdict === undefined) {
    waiting.delete(own);
    const all = [own, ...[...waiting].slice(0, MAX_TOGETHER - 1)];
    const verdicts = verifyCheckIns(
      all.map((w) => w.checkIn),
      rng,
      publicEngine(),
      nativeVerify,
    );
    all.forEach((w, i) => {
      w.verdict = verdicts[i]!;
      waiting.delete(w);
    });
  }
  return own.verdict!;
}
