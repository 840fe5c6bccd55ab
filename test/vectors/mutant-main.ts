// node test/vectors/mutant-main.ts PART PARTS    runs every PARTS-th mutant (mutants.ts), and prints those that nobody notices
//
// A mutant is a file of protocol/ with one edit. Hooks load the judges and all of protocol/ again for each mutant, under a
// query of its own, and edit the one file on the way. Packages are loaded once. Nothing is written.

import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Any, faultsOf, type Judge } from "./judges.ts";
import { MUTANTS, type Mutant } from "./mutants.ts";

const ROOT = `${pathToFileURL(join(import.meta.dirname, "../..")).href}/`;
const isOurs = (url: string): boolean => url.startsWith(ROOT) && !url.includes("/node_modules/");

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const query = context.parentURL?.split("?")[1];
    return query && isOurs(found.url) && !found.url.includes("?") ? { ...found, url: `${found.url}?${query}` } : found;
  },
  load(url, context, next) {
    const [path, query] = url.split("?") as [string, string | undefined];
    const loaded = next(url, context);
    const mutant = query === undefined ? undefined : MUTANTS[Number(query)];
    if (!mutant || path !== `${ROOT}protocol/${mutant.file}`) return loaded;
    return { ...loaded, source: edited(mutant, String(loaded.source)) };
  },
});

function edited({ file, find, replace }: Mutant, source: string): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`${file}: ${parts.length - 1} places of: ${find}`);
  return parts.join(replace);
}

const files = new Map<string, Any>();
function fileOf(area: string): Any {
  if (!files.has(area)) files.set(area, faultsOf(area));
  return files.get(area);
}
function isNoticed({ area, reason }: Mutant, judges: Record<string, Judge>): boolean {
  const file = fileOf(area);
  const first = (entry: Any): number => (entry.reason === reason ? 0 : 1);
  const entries = [...file.entries].sort((x: Any, y: Any) => first(x) - first(y));
  return entries.some((entry) => {
    try {
      return judges[entry.kind]!(entry, file) !== entry.reason;
    } catch {
      return true;
    }
  });
}

const [part, parts] = process.argv.slice(2).map(Number) as [number, number];
for (const [i, mutant] of MUTANTS.entries()) {
  const { area, file, find, replace } = mutant;
  if (i % parts !== part) continue;
  const started = performance.now();
  const { judges } = await import(`./judge-${area}.ts?${i}`);
  const noticed = isNoticed(mutant, judges);
  if (process.env.SHOW_TIMES) console.error(Math.round(performance.now() - started), area, find.slice(0, 50));
  if (!noticed) console.log(`${file}: ${find} → ${replace} (${area})`);
}
