// Waits until the log's witnesses have signed what the log has now. Readers believe an entry from then on.

import { epochOf } from "../../protocol/epoch.ts";
import { logTrustOf } from "../../protocol/log-trust.ts";
import { parseCheckpoint, parseNote } from "../../protocol/note.ts";
import { decodeAnswer } from "../errors.ts";
import { type Deployment, logPinsOf, ParametersCache } from "../parameters.ts";
import { api, apiJson, type Transport } from "../transport.ts";

/** Waits until a quorum of witnesses has signed a head with every entry that the log has now. @throws ApiError */
export async function untilWitnessed(t: Transport, deployment: Deployment): Promise<void> {
  const { logUrl } = deployment;
  const { document } = await new ParametersCache(t, deployment).of(epochOf(t.now()));
  const { quorum } = logTrustOf(logPinsOf(deployment), document);
  const note = await (await api(t, logUrl, "/checkpoint")).text();
  const { size } = decodeAnswer("the log", () => parseCheckpoint(parseNote(note)!.text)!);
  await apiJson(t, logUrl, `/v1/cosigned?quorum=${quorum}&min=${size}`);
}
