// Takes the place of protocol/enrolment.ts at the trustees of S8. If the case is marked "credulous", a contract counts
// whether or not its proof verifies.

import type { CheckedCommitment } from "../../../protocol/credential.ts";
import * as real from "../../../protocol/enrolment.ts";
import { decodeG1, decodeG2 } from "../../../protocol/suite.ts";
import { marked } from "./marks.ts";

export * from "../../../protocol/enrolment.ts";

export const verifyContract: typeof real.verifyContract = (params, contract) => {
  if (!marked("credulous")) return real.verifyContract(params, contract);
  const { Cm, R, V, F1, F2 } = contract;
  return {
    ok: true,
    Cm: decodeG1(Cm) as CheckedCommitment,
    R: decodeG1(R),
    V: decodeG2(V),
    F1: decodeG1(F1),
    F2: decodeG1(F2),
  };
};
