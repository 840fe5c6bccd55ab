// The worker's part of "About this app": hashes the app's own files and asks the public log for that build. The files come the way
// this browser gets them, so what a service worker keeps is what is hashed. An app loads this file when the screen is opened.

import {
  AppBuildError,
  type AppName,
  type BuildVerdict,
  checkBuild,
  type LoggedBuild,
  readServedBuild,
  systemTransport,
} from "../../../client/doors/builds.ts";
import { deployment } from "../deployment.ts";

/** A published build, for the page. */
export interface PublishedView {
  version: number;
  source: string;
  /** unix seconds */
  at: number;
  /** hex */
  hash: string;
}
export interface BuildReport {
  verdict: BuildVerdict;
  /** of the files that this browser has, in hex */
  hash: string;
  /** the published build that they are, if they are one */
  found: PublishedView | undefined;
  /** the newest published build of this app */
  newest: PublishedView | undefined;
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const viewOf = (build: LoggedBuild | undefined): PublishedView | undefined =>
  build && { version: build.version, source: build.source, at: build.at, hash: hexOf(build.buildHash) };

/** @throws AppBuildError bad-build also if the files are those of another app; LogError, ParametersError, ApiError */
export async function checkOwnBuild(app: AppName): Promise<BuildReport> {
  const transport = systemTransport();
  const served = await readServedBuild(transport, location.origin);
  if (served.app !== app) throw new AppBuildError("bad-build", `the files of ${served.app}`);
  const { verdict, found, newest } = await checkBuild({ transport, deployment: await deployment() }, served);
  return { verdict, hash: hexOf(served.buildHash), found: viewOf(found), newest: viewOf(newest) };
}
