// Takes the place of functions/shared/revocations.ts at the trustees of S19. If the case is marked "credulous", a withdrawn
// or ended certificate counts like any other.

import * as real from "../../../functions/shared/revocations.ts";
import { marked } from "./marks.ts";

export * from "../../../functions/shared/revocations.ts";

export const requireInForce: typeof real.requireInForce = async (...given) => {
  if (!marked("credulous")) await real.requireInForce(...given);
};
