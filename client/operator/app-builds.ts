// Publishes builds of the web apps: the administrator signs each one, and the log takes it from the administrator's own key
// (protocol/app-builds.ts). A deployment publishes a build before it serves it.

import type { Appended } from "../../api/log/entries.ts";
import { type AppName, appBuildEntry } from "../../protocol/app-builds.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { readLoggedBuilds } from "../log/app-builds.ts";
import type { Deployment } from "../parameters.ts";
import { apiJson, type Transport } from "../transport.ts";
import { untilWitnessed } from "./witnessed.ts";

/** A build to publish. */
export interface NewBuild {
  readonly app: AppName;
  /** 32 bytes */
  readonly buildHash: Uint8Array;
  /** tag or commit of the sources */
  readonly source: string;
}
export interface PublishedBuild extends NewBuild {
  readonly version: number;
  /** false: it was the newest one already, and nothing was logged */
  readonly isNew: boolean;
}

/**
 * Logs the builds that are not the newest ones of their apps yet, and waits until the log's witnesses have signed them.
 * @param adminSecretKey Ed25519, 32 bytes. LOG_WRITERS of the log must give its key the kind app-build
 * @throws AppBuildError no-admin-key; LogError, ParametersError, ApiError
 */
export async function publishBuilds(
  {
    transport,
    deployment,
    adminSecretKey,
  }: { transport: Transport; deployment: Deployment; adminSecretKey: Uint8Array },
  builds: readonly NewBuild[],
): Promise<PublishedBuild[]> {
  const logged = await readLoggedBuilds({ transport, deployment });
  const published = builds.map((build): PublishedBuild => {
    const newest = logged.findLast(({ app }) => app === build.app);
    const isNew = newest === undefined || !equalBytes(newest.buildHash, build.buildHash);
    return { ...build, version: (newest?.version ?? 0) + (isNew ? 1 : 0), isNew };
  });
  const entries = published
    .filter(({ isNew }) => isNew)
    .map(({ isNew: _, ...build }) => LogEntry.encode(appBuildEntry(build, adminSecretKey, transport.now())));
  if (entries.length > 0) {
    const request = { json: { entries: entries.map(toBase64url) }, signWith: adminSecretKey };
    await apiJson<Appended>(transport, deployment.logUrl, "/v1/entries", request);
    await untilWitnessed(transport, deployment);
  }
  return published;
}
