// symbolon operator: acts with the administrator's key.

import { type BuildView, lineOf, readBuildFolder } from "./builds.ts";
import { type Command, type Group, usageError } from "./command.ts";
import { isoOf, result } from "./output.ts";
import { ADMIN_OPTION, DEPLOYMENT_OPTION, readAdminKey, readDeployment, transport } from "./settings.ts";

const MAX_SOURCE_CHARACTERS = 100;

const publish: Command = {
  path: "operator publish",
  summary: "Publishes the builds of web apps in the log.",
  about: [
    "Publish a build before you serve it. The command hashes the files of each folder, signs the hash with the administrator's",
    "key and waits until the log's witnesses have signed it. A build that is the newest one already is not logged again.",
    "Name the tag or commit from which anybody can build the same files.",
  ],
  operands: ["folder", "[folder]", "[folder]", "[folder]", "[folder]"],
  options: {
    source: { type: "string", value: "TEXT", about: "tag or commit of the sources" },
    ...ADMIN_OPTION,
    ...DEPLOYMENT_OPTION,
  },
  examples: [
    ["operator publish gen/apps/wallet gen/apps/officer --source v1.4.0", "publish two apps of a release"],
    ["operator publish gen/apps/desk --source 3f2c1d9 --json", "publish one app, for a program"],
  ],
  async run(input) {
    const source = input.text("source")?.trim() ?? "";
    if (source === "" || source.length > MAX_SOURCE_CHARACTERS)
      throw usageError(`Name the sources with --source TEXT, in at most ${MAX_SOURCE_CHARACTERS} characters.`);
    const [deployment, adminSecretKey] = [await readDeployment(input), await readAdminKey(input)];
    const builds = await Promise.all(input.operands.map(readBuildFolder));
    if (new Set(builds.map(({ app }) => app)).size < builds.length)
      throw usageError("Two of the folders hold the same app. Name each app once.");
    const { publishBuilds } = await import("../client/operator/app-builds.ts");
    const t = await transport();
    const told = await publishBuilds(
      { transport: t, deployment, adminSecretKey },
      builds.map((build) => ({ ...build, source })),
    );
    const published = isoOf(t.now());
    const views = told.map(({ buildHash, isNew, ...build }): BuildView & { isNew: boolean } => ({
      ...build,
      hash: Buffer.from(buildHash).toString("hex"),
      published,
      isNew,
    }));
    return result(input, { builds: views.map(({ published: _, ...view }) => view) }, () =>
      views.map((view) => (view.isNew ? lineOf(view) : `${view.app.padEnd(10)} is published already`)),
    );
  },
};

export const group: Group = {
  path: "operator",
  summary: "Acts of the people who run a deployment, with the administrator's key.",
  commands: [publish],
};
