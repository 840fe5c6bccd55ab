// "This clinic may know me". If the patient chooses it, the wallet tells one clinic a pseudonym, inside the sealed
// channel of one visit. The pseudonym is the same at all of this patient's visits there, and means nothing anywhere
// else.

import { hexToBytes } from "../../protocol/bytes.ts";
import { Continuity, proveContinuity } from "../../protocol/continuity.ts";
import { presentationHashOf } from "../../protocol/documents.ts";
import { tagOf } from "../../protocol/presentation.ts";
import { tagBase } from "../../protocol/suite.ts";
import { SymbolonError } from "../errors.ts";
import type { WalletContext } from "./context.ts";
import { holderSecrets } from "./keys.ts";
import type { WalletSession } from "./state.ts";

/**
 * The message to send in that session's channel: Continuity bytes.
 * @throws SymbolonError no-channel; ParametersError
 */
export async function introduction(w: WalletContext, session: WalletSession): Promise<Uint8Array> {
  if (session.checkIn === undefined) throw new SymbolonError("no-channel");
  const { document, hash } = w.parameters.known(session.epoch);
  const { z } = holderSecrets(w.root, session);
  const continuity = proveContinuity(
    {
      z,
      tagBase: tagBase(hash, session.epoch, session.slot),
      T: tagOf(z, hash, session.epoch, session.slot),
      realm: document.realm,
      serviceId: hexToBytes(session.serviceId),
      presentationHash: presentationHashOf(hexToBytes(session.checkIn)),
    },
    w.transport.rng,
  );
  return Continuity.encode(continuity);
}
