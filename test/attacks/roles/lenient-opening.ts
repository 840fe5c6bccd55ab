// Takes the place of protocol/opening.ts. If the case is marked "lenient", nobody's share is found wrong.

import * as real from "../../../protocol/opening.ts";
import { marked } from "./marks.ts";

export * from "../../../protocol/opening.ts";

export const findCheaters: typeof real.findCheaters = (shares, isRight) =>
  marked("lenient") ? [] : real.findCheaters(shares, isRight);
