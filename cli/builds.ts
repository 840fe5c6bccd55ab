// A build of a web app on this machine, and its line on the screen. Used by symbolon operator publish and symbolon log builds.

import { readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import type { AppName, LoggedBuild } from "../client/doors/builds.ts";
import type { NewBuild } from "../client/doors/operator.ts";
import { CliError, EXIT } from "./command.ts";
import { readBytes } from "./files.ts";
import { isoOf } from "./output.ts";

const LIST = "build.json";

/**
 * The build hash of the files in a folder, as scripts/build-apps.ts writes them. The hash that build.json names is not believed.
 * @throws CliError
 */
export async function readBuildFolder(folder: string): Promise<Omit<NewBuild, "source">> {
  const { buildHashOf, isAppName } = await import("../protocol/app-builds.ts");
  const app = appOf(await readBytes(join(folder, LIST)));
  if (!isAppName(app)) throw new CliError(EXIT.file, "bad-file", `${join(folder, LIST)} names no app.`);
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = found
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(join(folder, sep).length).replaceAll(sep, "/"))
    .filter((name) => name !== LIST);
  const files = await Promise.all(names.map(async (name) => ({ name, content: await readBytes(join(folder, name)) })));
  return { app, buildHash: buildHashOf(files) };
}

function appOf(list: Uint8Array): unknown {
  try {
    return (JSON.parse(new TextDecoder().decode(list)) as { app?: unknown } | null)?.app;
  } catch {
    return undefined;
  }
}

/** A logged build for programs. */
export interface BuildView {
  app: AppName;
  version: number;
  hash: string;
  source: string;
  published: string;
}
export const viewOf = ({ app, version, buildHash, source, at }: LoggedBuild): BuildView => ({
  app,
  version,
  hash: Buffer.from(buildHash).toString("hex"),
  source,
  published: isoOf(at),
});

export const lineOf = ({ app, version, hash, source, published }: BuildView): string =>
  `${app.padEnd(10)} ${String(version).padStart(3)}  ${hash}  ${published}  ${source}`;
