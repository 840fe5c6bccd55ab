// Whether a challenge is fresh at a moment. The service judges it before it opens a session, and the wallet before it
// answers. Both use the tolerances of the parameters of the challenge's own epoch (SPEC.md, section 6).
//
//   ahead     issuedAt > now + challengeWindowSeconds
//   old       issuedAt < now − challengeWindowSeconds. If a clinic that was offline hands the check-in in, the greatest age is
//             maxArrivalSeconds
//   expired   now > expiresAt, unless a clinic that was offline hands the check-in in

import type { Challenge } from "./documents.ts";
import { maxArrivalSeconds, type Tolerances } from "./epoch.ts";

/** Why a challenge is not fresh: by how many seconds, and how many are allowed. */
export interface ChallengeFault {
  readonly reason: "ahead" | "old" | "expired";
  readonly seconds: number;
  readonly allowed: number;
}

/** The first fault of the header's list; undefined if the challenge is fresh. @param now unix seconds */
export function challengeFault(
  { issuedAt, expiresAt }: Pick<Challenge, "issuedAt" | "expiresAt">,
  tolerances: Tolerances,
  now: number,
  offline = false,
): ChallengeFault | undefined {
  const window = tolerances.challengeWindowSeconds;
  const oldest = offline ? maxArrivalSeconds(tolerances) : window;
  if (issuedAt - now > window) return { reason: "ahead", seconds: issuedAt - now, allowed: window };
  if (now - issuedAt > oldest) return { reason: "old", seconds: now - issuedAt, allowed: oldest };
  if (!offline && now > expiresAt) return { reason: "expired", seconds: now - expiresAt, allowed: 0 };
  return undefined;
}
