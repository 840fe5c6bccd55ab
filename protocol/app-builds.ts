// Builds of the web apps in the log. So anybody can compare the files that an address serves with those that were published.
//
//   build hash    SHA-256 over all files except build.json, in the order of their names:
//                 name ‖ "\n" ‖ length in decimal ‖ "\n" ‖ content
//   AppBuild      Signed with LABELS.signAppBuild by the administrator. `version` rises with each build of the app
//   log entry     {kind "app-build", at, subject = appBuildHashOf, body = the signed build}, without caseId
//
// A reader takes the builds in the order of the log. It leaves out a build whose version does not rise, so an old signed
// build that somebody appends again replaces no newer one.

import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, labelledHash, utf8ToBytes } from "./bytes.ts";
import { CodecError, document, fixed, type Of, oneOf, text, u32 } from "./codec.ts";
import { type LogEntry, openSigned, signDocument } from "./documents.ts";
import type { Signer, VerifySignature } from "./ed25519.ts";
import { LABELS } from "./labels.ts";

/** The apps that a deployment serves, by their folders in gen/apps. The tour is for a local system only. */
export const APP_NAMES = ["wallet", "desk", "registrar", "officer", "viewer"] as const;
export type AppName = (typeof APP_NAMES)[number];
/** Whether a text names an app that a deployment serves. */
export const isAppName = (name: unknown): name is AppName => (APP_NAMES as readonly unknown[]).includes(name);

export const AppBuild = document("AppBuild", 0x1b, 1, {
  app: oneOf(...APP_NAMES),
  version: u32, // 1 for the app's first logged build
  buildHash: fixed(32),
  source: text, // tag or commit of the sources from which anybody can build the same files
});
export type AppBuild = Of<typeof AppBuild>;

/** The hash of a Signed<AppBuild>, 32 bytes. */
export const appBuildHashOf = (signedBytes: Uint8Array): Uint8Array => labelledHash(LABELS.appBuild, signedBytes);

/** A build in a form that an operator gives to the log. @param by the administrator's key */
export function appBuildEntry(build: AppBuild, by: Uint8Array | Signer, at: number): LogEntry {
  const body = signDocument(LABELS.signAppBuild, AppBuild, build, by);
  return { kind: "app-build", at, subject: appBuildHashOf(body), caseId: undefined, body };
}

/**
 * The build of a log entry of kind app-build. The log's door and every reader call it.
 * @param adminKey the key that must have signed it
 * @throws CodecError "malformed" also if another key signed it, or if the entry is not the one of this build
 */
export function readAppBuild(entry: LogEntry, adminKey: Uint8Array, verify?: VerifySignature): AppBuild {
  const { key, value } = openSigned(LABELS.signAppBuild, AppBuild, entry.body, verify);
  if (!equalBytes(key, adminKey)) throw new CodecError("malformed", "AppBuild: signed by another key");
  if (!equalBytes(entry.subject, appBuildHashOf(entry.body)) || entry.caseId !== undefined)
    throw new CodecError("malformed", "LogEntry: not the entry of this build");
  return value;
}

/** A build with the time at which it was logged, in unix seconds. */
export interface LoggedBuild extends AppBuild {
  readonly at: number;
}

/**
 * The builds of all apps in the order of the log. An entry that does not verify, or whose version does not rise, is left out.
 * @param entries undefined for an entry that this version cannot read
 */
export function loggedBuilds(entries: readonly (LogEntry | undefined)[], adminKey: Uint8Array): LoggedBuild[] {
  const newest = new Map<AppName, number>();
  const builds: LoggedBuild[] = [];
  for (const entry of entries) {
    if (entry?.kind !== "app-build") continue;
    let build: AppBuild;
    try {
      build = readAppBuild(entry, adminKey);
    } catch {
      continue;
    }
    if (build.version <= (newest.get(build.app) ?? 0)) continue;
    newest.set(build.app, build.version);
    builds.push({ ...build, at: entry.at });
  }
  return builds;
}

/** A file of a build. */
export interface BuildFile {
  /** path below the app's folder, with "/" */
  readonly name: string;
  readonly content: Uint8Array;
}

/** The build hash of all files of an app except build.json, 32 bytes. The files may come in any order. */
export function buildHashOf(files: readonly BuildFile[]): Uint8Array {
  const hash = sha256.create();
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, content } of sorted) hash.update(utf8ToBytes(`${name}\n${content.length}\n`)).update(content);
  return hash.digest();
}
