// Holds the layers of the repository: which top-level folder may import which, and no circle of imports between files.
// `npm test` and `npm run check` call it; `node scripts/layering.ts` prints the faults and exits with 1.
//
// It is a script of our own because dependency-cruiser (18.7.2) reads .ts files only with the compiler API of TypeScript
// before version 7. It reads import statements as text: Biome's format puts each at the start of a line. Type imports
// count, since a reader follows them too. Imports of packages do not count.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** One file imports another; paths are relative to the repository, with "/". */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** The other top-level folders that the files of a folder may import. */
const LAYERS: Record<string, readonly string[]> = {
  protocol: [],
  api: ["protocol"],
  engine: ["protocol"],
  schema: ["protocol"],
  "durable-objects": ["protocol", "engine", "schema"],
  client: ["protocol", "api"],
  functions: ["durable-objects", "engine", "schema", "protocol", "api"],
  gateway: ["client", "protocol"],
  cli: ["client", "protocol", "gateway"],
  apps: ["client"],
  local: ["functions", "client", "engine", "protocol", "schema"],
  demo: ["local", "client", "protocol"],
  bench: [
    "local",
    "functions",
    "durable-objects",
    "client",
    "engine",
    "schema",
    "protocol",
    "api",
    "demo",
    "scripts",
    "gateway",
  ],
  scripts: ["protocol", "api", "schema", "local", "cli"],
  examples: [], // import the package by its name, as an application does
};
/** Tests may import everything. */
const ABOVE_ALL = "test";

/** Role folders and doors of functions/: `functions/service.ts` and `functions/service/` are one role. */
function roleOf(path: string): string | undefined {
  return /^functions\/([^/.]+)/.exec(path)?.[1];
}

const folderOf = (path: string): string => path.split("/")[0]!;

/** The reason why the layers forbid this import, or undefined if they allow it. */
export function faultOf({ from, to }: Import): string | undefined {
  const [a, b] = [folderOf(from), folderOf(to)];
  if (a === ABOVE_ALL || !from.includes("/")) return undefined; // tests, and configuration at the root
  const allowed = LAYERS[a];
  if (!allowed) return `${a}/ has no layer: add it to scripts/layering.ts`;
  if (a !== b) return allowed.includes(b) ? undefined : `${a}/ must not import ${b}/`;
  if (a !== "functions") return undefined;
  const [role, other] = [roleOf(from), roleOf(to)];
  if (role === other || other === "shared") return undefined;
  return role === "shared" ? "functions/shared/ must not import a role" : `the ${role} must not import the ${other}`;
}

/** Circles of imports, each as the shortest list of files that starts and ends with the same file. */
export function circlesOf(imports: readonly Import[]): string[][] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of imports) next.set(from, (next.get(from) ?? new Set()).add(to));
  const circles: string[][] = [];
  const reported = new Set<string>();
  for (const start of [...next.keys()].sort()) {
    if (reported.has(start)) continue;
    // breadth first, from `start` back to `start`
    const cameFrom = new Map<string, string>();
    const queue = [start];
    for (let file = queue.shift(); file !== undefined && !cameFrom.has(start); file = queue.shift()) {
      for (const to of next.get(file) ?? []) {
        if (cameFrom.has(to)) continue;
        cameFrom.set(to, file);
        queue.push(to);
      }
    }
    if (!cameFrom.has(start)) continue;
    const circle = [start];
    let file = cameFrom.get(start)!;
    while (file !== start) {
      circle.unshift(file);
      file = cameFrom.get(file)!;
    }
    for (const member of circle) reported.add(member);
    circles.push([start, ...circle]);
  }
  return circles;
}

/** `import … from "x"`, `export … from "x"` and `import "x"` at the start of a line, and `import("x")` anywhere. */
const IMPORT = /^(?:import|export)\b(?:[^"';]*?\bfrom)?\s*"([^"]+)"|\bimport\("([^"]+)"\)/gm;

/** The relative specifiers that a source file imports, in order of appearance. */
export function specifiersOf(source: string): string[] {
  return [...source.matchAll(IMPORT)].map((m) => (m[1] ?? m[2])!).filter((s) => s.startsWith("."));
}

const SKIPPED = new Set(["node_modules", "gen", "dist", "out", "data", "migrations"]);

function* sourcesBelow(root: string, folder = root): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name.startsWith(".") || SKIPPED.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sourcesBelow(root, path);
    else if (/\.(tsx?|mjs)$/.test(entry.name)) yield relative(root, path).split(sep).join("/");
  }
}

/** Every import between source files of the repository. */
export function importsBelow(root: string): Import[] {
  const imports: Import[] = [];
  for (const from of sourcesBelow(root)) {
    for (const specifier of specifiersOf(readFileSync(join(root, from), "utf8"))) {
      const to = posix.normalize(posix.join(posix.dirname(from), specifier));
      // The compiler reports a file that is missing. Generated files have no layer.
      if (/\.(tsx?|mjs)$/.test(to) && !to.startsWith("gen/") && existsSync(join(root, to))) imports.push({ from, to });
    }
  }
  return imports;
}

/** One line per fault of the layers, then one per circle. */
export function faultsOf(imports: readonly Import[]): string[] {
  const faults = imports.flatMap((edge) => {
    const fault = faultOf(edge);
    return fault ? [`${edge.from} imports ${edge.to}: ${fault}`] : [];
  });
  return [...faults, ...circlesOf(imports).map((circle) => `circle: ${circle.join(" -> ")}`)];
}

if (import.meta.main) {
  const imports = importsBelow(dirname(dirname(fileURLToPath(import.meta.url))));
  const faults = faultsOf(imports);
  for (const fault of faults) console.error(fault);
  console.log(`layering: ${imports.length} imports, ${faults.length} faults`);
  process.exit(faults.length === 0 ? 0 : 1);
}
