// Compares the files of a web app, as an address serves them, with the builds in the log (protocol/app-builds.ts).
//
//   readServedBuild   fetches every file that build.json names, and hashes them as the build does
//   checkBuild        reads the log to a fresh head of a quorum, and says whether the administrator published this build
//   differencesOf     compares the keys and addresses that the app is served with those that the reader pinned
//
// build.json is not believed. If it leaves out a file that the app loads, or names another one, the hash differs.
// A server that gives one browser other files than everybody else is seen by nobody but that browser, and an app that was
// replaced need not run this check at all. So the check counts if it runs elsewhere: `symbolon log builds URL`.

import { type AppName, buildHashOf, isAppName, type LoggedBuild, loggedBuilds } from "../../protocol/app-builds.ts";
import { equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { type CodeOf, SymbolonError } from "../errors.ts";
import { type Deployment, ParametersCache } from "../parameters.ts";
import { ApiError, apiBytes, apiJson, type Transport } from "../transport.ts";
import { readLog } from "./follow.ts";

/** The build of an app cannot be read, or cannot be compared with the log. */
export class AppBuildError extends SymbolonError<CodeOf<"AppBuildError">> {
  override name = "AppBuildError";
}

/** An app as an address serves it. */
export interface ServedBuild {
  readonly app: AppName;
  /** over the files as they were served, 32 bytes */
  readonly buildHash: Uint8Array;
  readonly files: number;
}

/**
 * current: the newest published build. older: it was published, and so was a newer one. other: the log has builds of this app, and
 * not this one. none: the log has no build of this app.
 */
export type BuildVerdict = "current" | "older" | "other" | "none";
export interface CheckedBuild {
  readonly verdict: BuildVerdict;
  /** the logged build that was compared, if it is logged */
  readonly found: LoggedBuild | undefined;
  /** the newest logged build of this app */
  readonly newest: LoggedBuild | undefined;
}

const MAX_FILES = 1000;
const MAX_BYTES = 64 * 2 ** 20;
const PAGE = "index.html";
/** a path below the app's folder, without hidden names */
const FILE_NAME = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

const isWholeList = (files: unknown): files is string[] =>
  Array.isArray(files) &&
  files.length <= MAX_FILES &&
  files.every((name) => typeof name === "string" && FILE_NAME.test(name)) &&
  new Set(files).size === files.length &&
  files.includes(PAGE);

/** A file that build.json names, as the address serves it. @throws AppBuildError, ApiError */
async function contentOf(t: Transport, url: string, name: string): Promise<Uint8Array> {
  try {
    // A browser asks for the page by the path "/", so that answer counts.
    return await apiBytes(t, url, name === PAGE ? "/" : `/${name}`);
  } catch (cause) {
    if (cause instanceof ApiError && cause.status === 404) throw new AppBuildError("bad-build", name, { cause });
    throw cause;
  }
}

/**
 * Fetches all files of an app.
 * @param url of the app, without a path
 * @throws AppBuildError bad-build if the files are not those of a build; ApiError
 */
export async function readServedBuild(t: Transport, url: string): Promise<ServedBuild> {
  const { app, files } = await apiJson<Record<string, unknown>>(t, url, "/build.json");
  if (!isAppName(app)) throw new AppBuildError("bad-build", "build.json names no app");
  if (!isWholeList(files)) throw new AppBuildError("bad-build", "build.json names no files");
  const read: { name: string; content: Uint8Array }[] = [];
  let total = 0;
  for (const name of files) {
    const content = await contentOf(t, url, name);
    total += content.length;
    if (total > MAX_BYTES) throw new AppBuildError("bad-build", `more than ${MAX_BYTES} bytes`);
    read.push({ name, content });
  }
  return { app, buildHash: buildHashOf(read), files: read.length };
}

interface Reader {
  transport: Transport;
  deployment: Deployment;
}

/**
 * Every build that the administrator published, in the order of the log, under a freshly cosigned head.
 * @throws AppBuildError no-admin-key; LogError, ParametersError, ApiError
 */
export async function readLoggedBuilds({ transport, deployment }: Reader): Promise<LoggedBuild[]> {
  const { adminKey } = deployment;
  if (adminKey === undefined) throw new AppBuildError("no-admin-key");
  const { document } = await new ParametersCache(transport, deployment).of(epochOf(transport.now()));
  const { entries } = await readLog({ transport, deployment }, document);
  return loggedBuilds(entries, hexToBytes(adminKey));
}

/**
 * Whether the log has this build.
 *
 * @example
 * const { verdict } = await checkBuild({ transport, deployment }, await readServedBuild(transport, "https://wallet.example"));
 * if (verdict !== "current") warn(verdict);
 * @throws as readLoggedBuilds
 */
export async function checkBuild(
  reader: Reader,
  { app, buildHash }: Pick<ServedBuild, "app" | "buildHash">,
): Promise<CheckedBuild> {
  const own = (await readLoggedBuilds(reader)).filter((build) => build.app === app);
  const found = own.findLast((build) => equalBytes(build.buildHash, buildHash));
  const newest = own.at(-1);
  const verdict =
    newest === undefined ? "none" : found === undefined ? "other" : found === newest ? "current" : "older";
  return { verdict, found, newest };
}

/**
 * The names of pinned values that an app is served otherwise. Its files are the same in every deployment, so the build hash says
 * nothing of them, and an app with other keys trusts another system.
 * @throws ApiError
 */
export async function differencesOf(t: Transport, url: string, pinned: Deployment): Promise<string[]> {
  const served = await apiJson<Record<string, unknown>>(t, url, "/deployment.json");
  return Object.entries(pinned)
    .filter(([name, value]) => JSON.stringify(served[name]) !== JSON.stringify(value))
    .map(([name]) => name);
}
