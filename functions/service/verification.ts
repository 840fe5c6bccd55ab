// Verifies check-ins together if they are in this isolate at the same moment. They share the pairing product, which is a
// third of the work (protocol/presentation.ts). A clinic's morning brings check-ins in bursts. A check-in that arrives
// alone is verified alone.
//
// No request depends on another. The requests share only data, and each looks for its own verdict when its turn comes. The
// first request whose turn comes verifies all that wait. If that request fails or is cut off, the next one verifies them. A
// verdict is the same as for a check-in alone: if the product does not hold, each check-in is verified by itself. So a bad
// check-in costs the others a moment, but never changes their verdicts.

import { nativeVerify } from "../../engine/ed25519.ts";
import { publicEngine } from "../../engine/worker.ts";
import { type CheckInToVerify, type CheckInVerdict, verifyCheckIns } from "../../protocol/check-in.ts";
import { rng } from "../shared/rng.ts";

/** Long enough for requests whose bytes have arrived, and short compared with a verification. */
const GATHER_MS = 1;
/** Bounds the CPU time that one request spends on the verdicts of others. */
const MAX_TOGETHER = 16;

interface Waiting {
  readonly checkIn: CheckInToVerify;
  verdict?: CheckInVerdict;
}
const waiting = new Set<Waiting>();

export async function verifyTogether(checkIn: CheckInToVerify): Promise<CheckInVerdict> {
  const own: Waiting = { checkIn };
  waiting.add(own);
  await scheduler.wait(GATHER_MS); // other requests reach this point in the meantime
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
