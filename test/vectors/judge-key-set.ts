// Judges key-set-faults.json with the checks of key sets, of parameters, of a trustee's secret and of plans.

import { openCeremony } from "../../protocol/ceremony.ts";
import { CeremonyPlan, ResharePlan } from "../../protocol/ceremony-documents.ts";
import { Parameters } from "../../protocol/documents.ts";
import { assertSecretOf, checkKeysOf, KeySet, TrusteeSecret, verifyKeySet } from "../../protocol/key-set.ts";
import { openResharing } from "../../protocol/resharing.ts";
import { b, type Judge, thrownBy } from "./judges.ts";

export const judges: Record<string, Judge> = {
  "key-set": ({ keySet, identityKeys }) => thrownBy(() => verifyKeySet(KeySet.decode(b(keySet)), identityKeys.map(b))),
  parameters: ({ parameters }, file) =>
    thrownBy(() =>
      checkKeysOf(Parameters.decode(b(parameters)), KeySet.decode(b(file.keySet)), file.identityKeys.map(b)),
    ),
  secret: ({ secret }, file) =>
    thrownBy(() => assertSecretOf(TrusteeSecret.decode(b(secret)), KeySet.decode(b(file.keySet)))),
  plan: ({ plan }) => thrownBy(() => openCeremony(CeremonyPlan.decode(b(plan)))),
  "reshare-plan": ({ plan }, file) =>
    thrownBy(() => openResharing(ResharePlan.decode(b(plan)), KeySet.decode(b(file.keySet)))),
};
