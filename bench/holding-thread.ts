// A thread of held-check-ins.ts. It enrols the phones of its order one after the other, and each phone makes its check-ins.

import { parentPort, workerData } from "node:worker_threads";
import {
  ApiError,
  Clinic,
  type ClinicKeys,
  type Deployment,
  MemoryStore,
  systemTransport,
  type Transport,
  Wallet,
} from "../client/index.ts";
import { stateOf } from "../client/wallet/inspect.ts";
import type { WalletSession } from "../client/wallet/state.ts";
import { enrolWith } from "../local/enrol.ts";

export interface Phone {
  account: string;
  enrolmentCode: string;
  checkIns: number;
}
export interface HoldingOrder {
  deployment: Deployment;
  clinicKeys: ClinicKeys;
  /** unix seconds */
  now: number;
  phones: Phone[];
}
export interface Held {
  bytes: Uint8Array;
}

const { deployment, clinicKeys, now, phones } = workerData as HoldingOrder;
const open: Transport = { ...systemTransport(), now: () => now, sendClock: true };
/** Sends everything except check-ins. So the wallet keeps each check-in in the state "prepared". */
const transport: Transport = {
  ...open,
  fetch: (input, init) =>
    String(input).endsWith("/v1/sessions") ? Promise.reject(new Error("held")) : open.fetch(input, init),
};
const clinic = new Clinic(transport, deployment, clinicKeys);

/** Marks the session as open, so that the wallet's next check-in takes another slot. */
function asSent(session: WalletSession): Held {
  const { checkIn: bytes, state } = session;
  if (state !== "prepared" || !bytes) throw new Error("the check-in was not held");
  session.state = "open";
  return { bytes: Buffer.from(bytes, "hex") };
}

const held: Held[] = [];
for (const { account, enrolmentCode, checkIns } of phones) {
  const wallet = await Wallet.create({ transport, deployment, store: new MemoryStore() });
  await enrolWith(wallet, { account, enrolmentCode });
  for (let i = 0; i < checkIns; i++) {
    await wallet.checkIn(await wallet.readInvitation(await clinic.invitation())).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.status !== 0) throw error;
    });
    held.push(asSent(stateOf(wallet).sessions.at(-1)!));
  }
}
parentPort!.postMessage(held);
