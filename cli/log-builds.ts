// symbolon log builds: which builds of the web apps are published, and whether an address serves one of them.

import type { CheckedBuild } from "../client/log/app-builds.ts";
import { lineOf, readBuildFolder, viewOf } from "./builds.ts";
import { CliError, type Command, EXIT, type Input } from "./command.ts";
import { result } from "./output.ts";
import { DEPLOYMENT_OPTION, readDeployment, transport } from "./settings.ts";

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** @throws CliError unproven unless it is the newest published build */
function requireCurrent(place: string, hash: string, { verdict, found, newest }: CheckedBuild): void {
  if (verdict === "current") return;
  const details = [
    `this build    ${hash}`,
    ...(newest === undefined
      ? []
      : [`newest build  ${hexOf(newest.buildHash)}  version ${newest.version}, ${newest.source}`]),
  ];
  if (verdict === "none") throw new CliError(EXIT.unproven, "build-none", "The log has no build of this app.", details);
  if (verdict === "older")
    throw new CliError(
      EXIT.unproven,
      "build-older",
      `${place} has version ${found!.version} of this app, and the log has a newer one.`,
      details,
    );
  throw new CliError(
    EXIT.unproven,
    "build-other",
    `${place} does not have a build that the log knows. Do not use it, and tell the people who run it.`,
    details,
  );
}

/** Node asks the name server for names under localhost, which RFC 6761 gives to this machine. */
function addressOf(place: string): string {
  const url = new URL(place);
  if (url.hostname.endsWith(".localhost")) url.hostname = "127.0.0.1";
  return url.origin;
}

const isUrl = (text: string): boolean => /^https?:\/\//.test(text) && URL.canParse(text);

async function list(input: Input) {
  const deployment = await readDeployment(input);
  const { readLoggedBuilds } = await import("../client/log/app-builds.ts");
  const builds = (await readLoggedBuilds({ transport: await transport(), deployment })).map(viewOf);
  return result(input, { builds }, () => (builds.length === 0 ? "The log has no builds." : builds.map(lineOf)));
}

async function compare(input: Input, place: string) {
  const deployment = await readDeployment(input);
  const t = await transport();
  const { checkBuild, differencesOf, readServedBuild } = await import("../client/log/app-builds.ts");
  const { app, buildHash } = isUrl(place) ? await readServedBuild(t, addressOf(place)) : await readBuildFolder(place);
  const checked = await checkBuild({ transport: t, deployment }, { app, buildHash });
  requireCurrent(place, hexOf(buildHash), checked);
  const others = isUrl(place) ? await differencesOf(t, addressOf(place), deployment) : [];
  if (others.length > 0)
    throw new CliError(
      EXIT.unproven,
      "other-deployment",
      `${place} has the published files, and gives them other addresses or keys than your deployment file.`,
      others,
    );
  const view = viewOf(checked.found!);
  return result(input, { place, ...view }, () => [
    `matches    ${place}`,
    `app        ${view.app}, version ${view.version}, published ${view.published}`,
    `sources    ${view.source}`,
    `build      ${view.hash}`,
  ]);
}

export const builds: Command = {
  path: "log builds",
  summary: "Compares a web app with the builds that are published in the log.",
  about: [
    "With a URL, it fetches every file of the app from there, as a stranger would, and compares the keys and addresses that the",
    "app is given with those of your deployment file. With a folder, it compares files that you built from the sources. Without",
    "either, it lists the published builds. A server can give one browser other files than it gives you: run it from several",
    "networks, and do not tell the server that you will.",
  ],
  operands: ["[url or folder]"],
  options: DEPLOYMENT_OPTION,
  examples: [
    ["log builds https://wallet.example", "does this address serve the newest published build?"],
    ["log builds gen/apps/wallet", "is the published build made from these sources?"],
    ["log builds", "every published build"],
  ],
  run(input) {
    const [place] = input.operands;
    return place === undefined ? list(input) : compare(input, place);
  },
};
