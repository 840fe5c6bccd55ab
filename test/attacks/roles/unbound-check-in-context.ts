// Takes the place of protocol/documents.ts at the careless service of S3: the presentation's context leaves the challenge
// out, and with it the service that asked.

import { labelledHash, utf8ToBytes } from "../../../protocol/bytes.ts";
import type * as real from "../../../protocol/documents.ts";
import { LABELS } from "../../../protocol/labels.ts";

export * from "../../../protocol/documents.ts";

export const checkInContext: typeof real.checkInContext = (c) =>
  labelledHash(LABELS.challenge, c.sessionAuthKey, utf8ToBytes(c.sessionRecipient), c.rowProof, c.claim, c.hpkeEnc);
