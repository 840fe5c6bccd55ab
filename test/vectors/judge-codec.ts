// Judges codec-faults.json: does the codec of `document` read the edited bytes?

import { Approval } from "../../protocol/approvals.ts";
import type { Codec } from "../../protocol/codec.ts";
import * as documents from "../../protocol/documents.ts";
import { Presentation } from "../../protocol/presentation.ts";
import { RevocationList } from "../../protocol/requester-status.ts";
import { b, type Judge, thrownBy } from "./judges.ts";
import { applied } from "./symbolon/encode.ts";

const codecs = new Map<string, Codec<unknown>>();
for (const x of [...Object.values(documents), Approval, Presentation, RevocationList])
  if (typeof x === "object" && "decode" in x) codecs.set(x.name, x as Codec<unknown>);

export const judges: Record<string, Judge> = {
  decode: ({ document, base, edit }) => thrownBy(() => codecs.get(document)!.decode(applied(b(base), edit))),
};
