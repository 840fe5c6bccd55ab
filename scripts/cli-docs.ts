// Writes docs/CLI.md from the help texts of the commands: node scripts/cli-docs.ts. A test holds that the page is current.

import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT_MEANINGS, type Group } from "../cli/command.ts";
import { GROUPS } from "../cli/groups.ts";
import { commandHelp } from "../cli/help.ts";

const HEAD = `# The command line

\`symbolon\` acts as a clinic, or as a patient for tests. In a clone it runs as \`npm run --silent symbolon -- GROUP COMMAND\`, and
from the package as \`npx symbolon GROUP COMMAND\`. This page is made from the commands' own help by \`node scripts/cli-docs.ts\`.

The CLI finds the deployment by \`--deployment FILE\` or \`SYMBOLON_DEPLOYMENT\`, the clinic's keys by \`--keys FILE\` or
\`SYMBOLON_KEYS\`, and the administrator's key by \`--admin-key FILE\` or \`SYMBOLON_ADMIN_KEY\`. A variable holds a path, or the
content itself. A secret file has the mode 600: the CLI writes it so, never overwrites one, and refuses one that others can read.

Results go to standard output, and everything else goes to standard error. With \`--json\` a result is one line of JSON. An error is
one sentence, or with \`--json\` \`{"error": {"code", "message", "exit"}}\` on standard error. \`SYMBOLON_DEBUG=1\` adds the stack.

| exit code | meaning |
|--:|---|
${EXIT_MEANINGS.map(([code, meaning]) => `| ${code} | ${meaning} |`).join("\n")}
`;

/** The whole page. */
export async function cliPage(): Promise<string> {
  const groups: Group[] = [];
  for (const entry of Object.values(GROUPS)) if ("load" in entry) groups.push((await entry.load()).group);
  const parts = groups.map(({ path, summary, about = [], commands }) =>
    [
      `## symbolon ${path}`,
      "",
      [summary, ...about].join("\n"),
      ...commands.map((command) => `\n### ${command.path}\n\n\`\`\`\n${commandHelp(command)}\n\`\`\``),
    ].join("\n"),
  );
  return `${[HEAD, ...parts].join("\n")}\n`;
}

if (import.meta.main)
  writeFileSync(join(dirname(dirname(fileURLToPath(import.meta.url))), "docs/CLI.md"), await cliPage());
