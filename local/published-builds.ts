// Publishes the apps of gen/apps in the log of a local system, as an operator does with `symbolon operator publish`.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { APP_NAMES, type Deployment, type PublishedBuild, publishBuilds, type Transport } from "../client/index.ts";
import { hexToBytes } from "../protocol/bytes.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readJson = <T>(...path: string[]): T => JSON.parse(readFileSync(join(root, ...path), "utf8")) as T;

/** The build hash of an app that scripts/build-apps.ts has built, 32 bytes. */
export const localBuildHash = (app: string): Uint8Array =>
  hexToBytes(readJson<{ hash: string }>("gen/apps", app, "build.json").hash);

/** Logs each app whose build is not the newest logged one. */
export function publishLocalBuilds(
  transport: Transport,
  deployment: Deployment,
  adminSecretKey: Uint8Array,
): Promise<PublishedBuild[]> {
  const source = `v${readJson<{ version: string }>("package.json").version}`;
  const builds = APP_NAMES.map((app) => ({ app, buildHash: localBuildHash(app), source }));
  return publishBuilds({ transport, deployment, adminSecretKey }, builds);
}
