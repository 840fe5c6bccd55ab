// Takes the place of functions/trustee/link-shares.ts at the cheating trustee of S7. If the case is marked "shifted", it
// gives partials over the slots of the epoch before, in the place of the order's own.

import * as real from "../../../functions/trustee/link-shares.ts";
import { marked } from "./marks.ts";

export * from "../../../functions/trustee/link-shares.ts";

const oneEpochEarlier = (part: real.ChunkOfCase): real.ChunkOfCase => ({
  ...part,
  subjects: part.subjects.map((subject) => ({
    ...subject,
    scope: subject.scope.map((s) => ({ ...s, epoch: s.epoch - 1 })),
  })),
});

export const linkPartsOf: typeof real.linkPartsOf = (round, part, chunk, giveWay) =>
  real.linkPartsOf(round, marked("shifted") ? oneEpochEarlier(part) : part, chunk, giveWay);
