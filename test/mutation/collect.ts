// The part of vitest that the test files need when runner.ts loads them: describe, it and the hooks collect tests, and
// `expect` is vitest's own. runner.ts puts this file in place of "vitest".

import fc from "fast-check";
import { expect, vi } from "vitest";

export { expect, vi };

type Act = (...args: never[]) => unknown;
export interface Collected {
  /** titles of the suites and of the test, joined by " > "; equal titles are numbered */
  name: string;
  run(): Promise<void>;
}
interface Hooks {
  beforeAll: Act[];
  beforeEach: Act[];
  afterEach: Act[];
  /** whether beforeAll has run */
  begun: boolean;
}
const noHooks = (): Hooks => ({ beforeAll: [], beforeEach: [], afterEach: [], begun: false });

let titles: string[] = [];
let suites: Hooks[] = [noHooks()];
let tests: Collected[] = [];

/** The tests of a file, which `load` imports. The same seed makes the same examples of fast-check in every run. */
export async function collect(load: () => Promise<unknown>): Promise<Collected[]> {
  fc.configureGlobal({ seed: 1 });
  [titles, suites, tests] = [[], [noHooks()], []];
  await load();
  return tests;
}

async function runTest(around: readonly Hooks[], act: Act): Promise<void> {
  for (const suite of around) {
    const first = suite.begun ? [] : suite.beforeAll;
    suite.begun = true;
    for (const hook of first) await hook();
  }
  for (const suite of around) for (const hook of suite.beforeEach) await hook();
  try {
    await act();
  } finally {
    for (const suite of around.toReversed()) for (const hook of suite.afterEach) await hook();
  }
}

/** The options of a test stand before or after its function; only the function counts here. */
const functionOf = (args: unknown[]): Act => args.find((x) => typeof x === "function") as Act;

function addTest(title: string, ...args: unknown[]): void {
  const path = [...titles, title].join(" > ");
  const same = tests.filter(({ name }) => name === path || name.startsWith(`${path} #`)).length;
  const around = [...suites];
  const act = functionOf(args);
  tests.push({ name: same === 0 ? path : `${path} #${same + 1}`, run: () => runTest(around, act) });
}
function addSuite(title: string, ...args: unknown[]): void {
  titles.push(title);
  suites.push(noHooks());
  (functionOf(args) as () => void)();
  titles.pop();
  suites.pop();
}

type Add = typeof addTest;
const eachOf =
  (add: Add) =>
  (rows: readonly unknown[]) =>
  (title: string, ...args: unknown[]): void => {
    for (const row of rows) {
      const list = Array.isArray(row) ? row : [row];
      const act = functionOf(args) as (...args: unknown[]) => unknown;
      add(titleOf(title, list), () => act(...list));
    }
  };

/** A title with the row's values: `$key` of an object, `%s` of a list. */
function titleOf(title: string, row: readonly unknown[]): string {
  const first = row[0] as Record<string, unknown> | undefined;
  const rest = [...row];
  return title
    .replace(/\$(\w+)/g, (text, key) => (first && typeof first === "object" && key in first ? `${first[key]}` : text))
    .replace(/%[a-z]/g, () => String(rest.shift()));
}

const withEach = (add: Add) => Object.assign(add.bind(null) as Add, { each: eachOf(add) });
export const it = Object.assign(withEach(addTest), { skipIf: (skip: boolean) => (skip ? () => {} : addTest) });
export const describe = withEach(addSuite);
export const beforeAll = (hook: Act): number => suites.at(-1)!.beforeAll.push(hook);
export const beforeEach = (hook: Act): number => suites.at(-1)!.beforeEach.push(hook);
export const afterEach = (hook: Act): number => suites.at(-1)!.afterEach.push(hook);
/** Nothing has to be freed: the process ends soon. */
export const afterAll = (_hook: Act): void => {};
