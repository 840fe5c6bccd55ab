// A deployment of nobody, for tests of pages that need none of its roles.

import type { Deployment } from "../../client/index.ts";

const NOWHERE = "http://127.0.0.1:9";
const bytes = (n: number): Buffer => Buffer.from(crypto.getRandomValues(new Uint8Array(n)));
const key = (): Deployment["registrarKey"] => bytes(32).toString("hex") as Deployment["registrarKey"];

export const nobodysDeployment = (): Deployment => ({
  registrarUrl: NOWHERE,
  serviceUrl: NOWHERE,
  escrowUrl: NOWHERE,
  logUrl: NOWHERE,
  trusteeUrls: [NOWHERE, NOWHERE, NOWHERE],
  registrarKey: key(),
  logVkey: `log.example/log+${bytes(4).toString("hex")}+${bytes(33).toString("base64")}`,
  trusteeKeys: [key(), key(), key()],
  witnessVkeys: [],
  serviceWorkerKey: key(),
});
