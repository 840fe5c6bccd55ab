// The test runner of `npm run mutation`, a plugin of StrykerJS. It runs test files in its own process.
//
// vitest needs about one second for each mutant, because it starts anew for each. This runner loads the project's modules
// again under a query of their own, with the mutant active from the first line, and keeps the packages of node_modules.
// So no cache of a module survives from one mutant to the next, and a mutant costs about 0.1 s and its tests.
//
// Each test file counts as one more test, "FILE#load", which is to load the file. A mutant that this test reaches is
// judged by all tests of the file, because they use the constants that the load has made.

import { readdirSync, readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { StrykerOptions } from "@stryker-mutator/api/core";
import type { Ignorer } from "@stryker-mutator/api/ignore";
import {
  commonTokens,
  declareFactoryPlugin,
  declareValuePlugin,
  PluginKind,
  tokens,
} from "@stryker-mutator/api/plugin";
import {
  type DryRunOptions,
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from "@stryker-mutator/api/test-runner";
import type { Collected } from "./collect.ts";
import { LEFT_OUT } from "./tests-of.ts";

/** What the instrumented code reads and writes: see the head of a file in the sandbox. */
interface Namespace {
  activeMutant?: string;
  currentTestId?: string;
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
  hitCount?: number;
  hitLimit?: number;
}
const ns: Namespace = {};
(globalThis as { __stryker__?: Namespace }).__stryker__ = ns;

/** One file of tests, or with " > " the tests of it whose names start so. */
const partsOf = (wanted: string): [string, string] => {
  const at = wanted.indexOf(" > ");
  return at < 0 ? [wanted, ""] : [wanted.slice(0, at), wanted.slice(at + 3)];
};

class InProcessRunner implements TestRunner {
  /** per mutated file, its tests (tests-of.ts) */
  readonly testsOf: Readonly<Record<string, readonly string[]>>;
  readonly root: string;
  runs = 0;
  /** per test, how many mutants it noticed in this process, and its milliseconds */
  readonly kills = new Map<string, number>();
  readonly times = new Map<string, number>();

  constructor(options: StrykerOptions) {
    this.testsOf = options.testsOf as Record<string, string[]>;
    const stripped = new Map<string, string>();
    this.root = `${pathToFileURL(process.cwd()).href}/`;
    const isOurs = (url: string) => url.startsWith(this.root) && !url.includes("/node_modules/");
    registerHooks({
      resolve: (specifier, context, next) => {
        const query = context.parentURL?.split("?")[1];
        if (query === undefined || !isOurs(context.parentURL!)) return next(specifier, context);
        if (specifier === "vitest") return next("./collect.ts", { ...context, parentURL: import.meta.url });
        const found = next(specifier, context);
        return isOurs(found.url) && !found.url.includes("?") ? { ...found, url: `${found.url}?${query}` } : found;
      },
      // The types are stripped once per file, not once per mutant.
      load: (url, context, next) => {
        const [path, query] = url.split("?") as [string, string | undefined];
        if (query === undefined || !path.endsWith(".ts")) return next(url, context);
        const source = stripped.get(path) ?? stripTypeScriptTypes(readFileSync(fileURLToPath(path), "utf8"));
        stripped.set(path, source);
        return { format: "module", source, shortCircuit: true };
      },
    });
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun(_options: DryRunOptions): Promise<DryRunResult> {
    ns.activeMutant = undefined;
    ns.mutantCoverage = { static: {}, perTest: {} };
    const tests = await this.runFiles(new Set(Object.values(this.testsOf).flat()), { bail: false });
    return { status: DryRunStatus.Complete, tests, mutantCoverage: ns.mutantCoverage };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    ns.activeMutant = options.activeMutant.id;
    ns.hitCount = 0;
    ns.hitLimit = options.hitLimit;
    const file = relative(process.cwd(), options.sandboxFileName);
    const tests = await this.runFiles(this.testsOf[file]!, { bail: true, filter: new Set(options.testFilter) });
    const timeout = determineHitLimitReached(ns.hitCount, ns.hitLimit);
    return toMutantRunResult(timeout ?? { status: DryRunStatus.Complete, tests });
  }

  /** The results of the wanted tests; with `bail`, up to the first failure, and the likeliest to fail first. */
  async runFiles(
    wantedTests: Iterable<string>,
    { bail, filter }: { bail: boolean; filter?: Set<string> },
  ): Promise<TestResult[]> {
    const results: TestResult[] = [];
    const { collect } = await import("./collect.ts");
    const run = async (id: string, fileName: string, act: () => Promise<void>): Promise<boolean> => {
      const result = await this.runOne(id, act);
      results.push({ id, name: id, fileName: join(process.cwd(), fileName), ...result });
      return result.status === TestStatus.Success;
    };
    const loaded = new Map<string, Collected[]>();
    let query = `${process.pid}-${++this.runs}`;
    for (const wanted of wantedTests) {
      const [fileName, prefix] = partsOf(wanted);
      if (filter && ![...filter].some((id) => id.startsWith(`${wanted}#`))) continue;
      // The dry run counts the coverage of each entry from a load of its own.
      if (!filter) query = `${process.pid}-${++this.runs}`;
      if (!filter || !loaded.has(fileName)) {
        const ok = await run(`${wanted}#load`, fileName, async () => {
          loaded.set(fileName, await collect(() => import(`${this.root}${fileName}?${query}`)));
          if (!filter) await this.loadProtocol(query);
        });
        if (!ok && bail) return results;
      }
      const all = !filter || filter.has(`${wanted}#load`);
      const tests = (loaded.get(fileName) ?? [])
        .filter(({ name }) => name.startsWith(prefix) && !LEFT_OUT.some((title) => name.includes(title)))
        .map(({ name, run: act }) => ({ id: `${wanted}#${name}`, act }))
        .filter(({ id }) => all || filter.has(id));
      const promise = ({ id }: { id: string }): number => (this.kills.get(id) ?? 0) / (this.times.get(id) ?? 1);
      for (const { id, act } of tests.toSorted((a, b) => promise(b) - promise(a))) {
        if (await run(id, fileName, act)) continue;
        this.kills.set(id, (this.kills.get(id) ?? 0) + 1);
        if (bail) return results;
      }
    }
    return results;
  }

  /** Loads all of protocol/, so that the dry run counts the load of each module for "FILE#load" and not for a test. */
  async loadProtocol(query: string): Promise<void> {
    const files = readdirSync("protocol").filter((name) => name.endsWith(".ts"));
    for (const name of files) await import(`${this.root}protocol/${name}?${query}`);
  }

  async runOne(id: string, act: () => Promise<void>) {
    const started = performance.now();
    const timeSpentMs = () => Math.round(performance.now() - started);
    ns.currentTestId = id;
    try {
      await act();
      this.times.set(id, timeSpentMs() + 1);
      return { status: TestStatus.Success as const, timeSpentMs: timeSpentMs() };
    } catch (error) {
      const failureMessage = String(error).slice(0, 500);
      return { status: TestStatus.Failed as const, timeSpentMs: timeSpentMs(), failureMessage };
    } finally {
      ns.currentTestId = undefined;
    }
  }
}

const runnerOf = (options: StrykerOptions): TestRunner => new InProcessRunner(options);
runnerOf.inject = tokens(commonTokens.options);

/**
 * The sentence and the class name of an error are for people, and so is the inside of a refusal. A code, which has no
 * space, is judged.
 */
const wordsOfErrors: Ignorer = {
  shouldIgnore(path) {
    const { node, parent } = path as { node: Node; parent: Node | undefined };
    const isSentence = node.type === "TemplateLiteral" || (node.type === "StringLiteral" && node.value?.includes(" "));
    const isArgument = /^(refused|clockSkew|tooMany|malformed|unexpected|\w*(Error|Abort|Problem))$/.test(
      parent?.callee?.name ?? "",
    );
    const isName = parent?.type === "ClassProperty" && parent.key?.name === "name";
    return (isSentence && isArgument) || isName ? "the words of an error" : undefined;
  },
};
/** The parts of a node of Babel's syntax tree that `wordsOfErrors` reads. */
interface Node {
  type: string;
  value?: string;
  callee?: { name?: string };
  key?: { name?: string };
}

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, "in-process", runnerOf),
  declareValuePlugin(PluginKind.Ignore, "words-of-errors", wordsOfErrors),
];
/** The option of the runner: per mutated file, its tests. */
export const strykerValidationSchema = { properties: { testsOf: { type: "object" } } };
