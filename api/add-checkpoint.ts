// The route of a witness of the log, which each trustee and each outside witness has (C2SP tlog-witness).

import { ANYONE, type AnswersOf, route, TEXT_TYPE, text } from "./contract.ts";

/** 63 hashes of a proof, and a head with many cosignatures */
export const MAX_ADD_CHECKPOINT_BYTES = 65_536;

export const ADD_CHECKPOINT = {
  addCheckpoint: route({
    method: "POST",
    path: "/add-checkpoint",
    callers: [ANYONE],
    body: text('"old <size>", the consistency proof, an empty line, the signed head', MAX_ADD_CHECKPOINT_BYTES),
    produces: [TEXT_TYPE],
  }),
};

export const ADD_CHECKPOINT_ANSWERS = () =>
  ({
    addCheckpoint: {
      summary: "Ask the witness to cosign a head of the log",
      description:
        "C2SP tlog-witness. The log's signature on the head is the authority. If `old` is not the size of the newest head that this witness signed, the answer is 409 of type text/x.tlog.size, with that size.",
      ok: { 200: { text: "one cosignature line" }, 409: { text: "text/x.tlog.size: the size of the newest head" } },
      problems: ["malformed", "not-found", "credential-refused", "not-allowed-now"],
    },
  }) satisfies AnswersOf<typeof ADD_CHECKPOINT>;
