// Every function, class and constant that a door of the package gives has a docstring, so that the API reference and an
// editor can explain it. A docstring stands directly above the declaration.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { exports: Record<string, string> };

const sourceOf = (file: string): string => readFileSync(file, "utf8");

/** The declaration of an exported name: its kind, and the text above it. */
interface Declared {
  kind: string;
  above: string;
}

/** Follows re-exports from a file to the declaration of a name. */
function declarationOf(file: string, name: string): Declared {
  const source = sourceOf(file);
  const declared = new RegExp(
    `^export (?:async )?(function|class|const|interface|type)\\*? (?:\\* ?)?${name}\\b`,
    "m",
  ).exec(source);
  if (declared) return { kind: declared[1]!, above: source.slice(0, declared.index).trimEnd() };
  for (const { names, from } of reExportsOf(file)) {
    const original = names.get(name);
    if (original !== undefined) return declarationOf(from, original);
  }
  const imported = new RegExp(`^import (?:type )?\\{[^}]*\\b${name}\\b[^}]*\\} from "(\\.[^"]+)"`, "m").exec(source);
  if (imported) return declarationOf(join(dirname(file), imported[1]!), name);
  throw new Error(`${file}: no declaration of ${name}`);
}

/** Each `export { … } from "…"` of a file: exported names and their names there. */
function reExportsOf(file: string): { names: Map<string, string>; from: string }[] {
  return [...sourceOf(file).matchAll(/^export (?:type )?\{([^}]*)\} from "(\.[^"]+)";/gm)].map(([, list, from]) => {
    const pairs = list!.split(",").flatMap((item) => {
      const [name = "", as = name] = item
        .trim()
        .replace(/^type /, "")
        .split(" as ");
      return name === "" ? [] : [[as, name] as const];
    });
    return { names: new Map(pairs), from: join(dirname(file), from!) };
  });
}

/** Everything that a door gives: name and declaration. */
function givenBy(door: string): Map<string, Declared> {
  const given = new Map<string, Declared>();
  for (const { names, from } of reExportsOf(door))
    for (const [name, original] of names) given.set(name, declarationOf(from, original));
  for (const [, from] of sourceOf(door).matchAll(/^export \* from "(\.[^"]+)";/gm))
    for (const [name, declared] of givenBy(join(dirname(door), from!))) given.set(name, declared);
  return given;
}

it.each(Object.entries(exports))("%s: every function, class and constant has a docstring", (_, file) => {
  const given = givenBy(join(root, file));
  expect(given.size).toBeGreaterThan(10);
  const silent = [...given].filter(([, { kind, above }]) => /function|class|const/.test(kind) && !above.endsWith("*/"));
  expect(silent.map(([name]) => name)).toEqual([]);
});
