// The styles of the apps fit together: the layers keep their order whichever file is read first, and no two files of an app give
// rules to the same class.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { APPS } from "../../scripts/build-apps.ts";

const ROOT = join(import.meta.dirname, "../..");
/** of apps/shared/styles.css. If another file names a layer first, the reset wins over the components */
const ORDER = ["reset", "tokens", "base", "components", "print", "motion"];

/** The classes that a style sheet gives rules of their own: `.name {` or `.name:state {`. */
const classesOf = (css: string): Set<string> =>
  new Set([...css.matchAll(/^\s*\.([\w-]+)(?::[\w-]+)* \{/gm)].map(([, name]) => name!));

/** Classes that two of the files have. @param files name -> text */
function sharedClasses(files: ReadonlyMap<string, string>): string[] {
  const first = new Map<string, string>();
  const found: string[] = [];
  for (const [file, css] of files)
    for (const name of classesOf(css)) {
      const other = first.get(name);
      if (other === undefined) first.set(name, file);
      else found.push(`.${name}: ${other}, ${file}`);
    }
  return found;
}

/** The layers in the order in which a style sheet names them first. */
function layersOf(css: string): string[] {
  const named = [...css.matchAll(/@layer ([\w\s,]+)[;{]/g)].flatMap(([, names]) => names!.split(","));
  return [...new Set(named.map((name) => name.trim()))];
}

describe.each(APPS)("the styles of %s", (app) => {
  it("keep the order of the layers in the built page", () => {
    const page = readFileSync(join(ROOT, "gen/apps", app, "index.html"), "utf8");
    const sheets = [...page.matchAll(/href="\/(assets\/[^"]+\.css)"/g)].map(([, path]) => path!);
    expect(sheets.length).toBeGreaterThan(0);
    const css = sheets.map((path) => readFileSync(join(ROOT, "gen/apps", app, path), "utf8")).join("\n");
    expect(layersOf(css)).toEqual(ORDER);
  });

  it("give rules to a class in one file only", () => {
    // An app may adapt a component of the design system.
    const names = globSync(["apps/shared/*/**/*.css", `apps/${app}/**/*.css`], { cwd: ROOT }).sort();
    const files = new Map(names.map((name) => [name, readFileSync(join(ROOT, name), "utf8")] as const));
    expect(sharedClasses(files)).toEqual([]);
  });
});

it("would find two rules for one class, and a wrong order", () => {
  const twice = new Map([
    ["a.css", ".visit {\n}\n.row .visit {\n}"],
    ["b.css", "  .visit:hover {\n  }"],
  ]);
  expect(sharedClasses(twice)).toEqual([".visit: a.css, b.css"]);
  expect(layersOf("@layer components{.a{}}@layer reset, components;")).toEqual(["components", "reset"]);
});
