// Faults at every write of a Worker. The Worker's bindings are wrapped, so the faults know no name of the code: whatever
// writes to D1, to R2, to a Durable Object or to another role's Worker goes through `write`, which counts and, if the plan
// says so, fails.
//
// A call to a Durable Object counts as one write, because the caller cannot tell whether it only reads. The same holds for
// a POST to another role. A D1 statement counts unless its text begins as a read.
//
// Inside a Durable Object, the object's own bindings and its SQL statements (failSql) are counted too. There a write never
// hangs: the plan "hang" throws instead, because nothing would end a hanging object.

import type { Plan, Report } from "./fault-plan.ts";

let plan: Plan | null = null;
let report: Report = { fired: false, writes: [] };

export const isRowFirst = (): boolean => plan?.rowFirst === true;

/** The answer to requests about the plan; undefined for every other request. */
export async function controlFaults(request: Request): Promise<Response | undefined> {
  if (new URL(request.url).pathname !== "/faults") return undefined;
  const before = report;
  if (request.method === "POST") {
    plan = await request.json<Plan | null>();
    report = { fired: false, writes: [] };
  }
  return Response.json(before);
}

/** Counts a write. @returns the plan, if this write is to fail */
function counted(what: string): Plan | undefined {
  if (!plan) return undefined;
  const n = report.writes.push(what);
  if (n !== plan.at && !(plan.andEveryLater && n > plan.at)) return undefined;
  report.fired = true;
  return plan;
}

async function fail(what: string, { how }: Plan, mayHang: boolean): Promise<never> {
  if (how === "hang" && mayHang) await new Promise(() => {});
  throw new Error(`fault: ${what}`);
}

async function write<T>(what: string, act: () => Promise<T>, mayHang: boolean): Promise<T> {
  const failing = counted(what);
  if (failing?.when === "before") return fail(what, failing, mayHang);
  const value = await act();
  if (failing) return fail(what, failing, mayHang);
  return value;
}

/** The same for code that runs to its end without waiting. */
function writeNow<T>(what: string, act: () => T): T {
  const failing = counted(what);
  if (failing?.when === "before") throw new Error(`fault: ${what}`);
  const value = act();
  if (failing) throw new Error(`fault: ${what}`);
  return value;
}

// ---- D1

const isRead = (sql: string): boolean => /^\s*(SELECT|PRAGMA|CREATE)\b/i.test(sql);
const shortened = (sql: string): string => sql.replaceAll(/\s+/g, " ").trim().slice(0, 60);

function failingDatabase(name: string, db: D1Database, mayHang: boolean): D1Database {
  const originals = new WeakMap<D1PreparedStatement, { statement: D1PreparedStatement; sql: string }>();
  const wrap = (statement: D1PreparedStatement, sql: string): D1PreparedStatement => {
    const run = <T>(act: () => Promise<T>): Promise<T> =>
      isRead(sql) ? act() : write(`${name}: ${shortened(sql)}`, act, mayHang);
    const methods: Record<string, unknown> = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values), sql),
      run: () => run(() => statement.run()),
      all: () => run(() => statement.all()),
      first: (...column: [string]) => run(() => statement.first(...column)),
      raw: (...options: []) => run(() => statement.raw(...options)),
    };
    const wrapped = methods as unknown as D1PreparedStatement;
    originals.set(wrapped, { statement, sql });
    return wrapped;
  };
  const methods: Record<string, unknown> = {
    prepare: (sql: string) => wrap(db.prepare(sql), sql),
    batch: (statements: D1PreparedStatement[]) => {
      const all = statements.map((s) => originals.get(s)!);
      const act = () => db.batch(all.map((s) => s.statement));
      const changes = all.filter((s) => !isRead(s.sql));
      if (changes.length === 0) return act();
      return write(`${name}: batch of ${changes.length}, ${shortened(changes[0]!.sql)}`, act, mayHang);
    },
    exec: (sql: string) => write(`${name}: ${shortened(sql)}`, () => db.exec(sql), mayHang),
  };
  return methods as unknown as D1Database;
}

// ---- R2

/** An own property of the wrapper wins over the binding's method of that name. */
function overriding<T extends object>(binding: T, methods: Record<string, unknown>): T {
  return new Proxy(binding, {
    get(target, name) {
      if (typeof name === "string" && name in methods) return methods[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function failingBucket(name: string, bucket: R2Bucket, mayHang: boolean): R2Bucket {
  return overriding(bucket, {
    put: (...args: Parameters<R2Bucket["put"]>) => write(`${name}: put`, () => bucket.put(...args), mayHang),
    delete: (keys: string | string[]) => write(`${name}: delete`, () => bucket.delete(keys), mayHang),
  });
}

// ---- Durable Objects, from outside

type AnyStub = Record<string, (...args: unknown[]) => Promise<unknown>>;

function failingStub<T extends object>(name: string, stub: T, mayHang: boolean): T {
  return new Proxy(stub, {
    get(target, method) {
      if (typeof method !== "string" || method === "then" || method === "id" || method === "name")
        return Reflect.get(target, method, target);
      return (...args: unknown[]) =>
        write(`${name}.${method}`, async () => (target as unknown as AnyStub)[method]!(...args), mayHang);
    },
  });
}

function failingNamespace(name: string, all: DurableObjectNamespace, mayHang: boolean): DurableObjectNamespace {
  return overriding(all, {
    get: (...args: Parameters<DurableObjectNamespace["get"]>) => failingStub(name, all.get(...args), mayHang),
    getByName: (...args: Parameters<DurableObjectNamespace["getByName"]>) =>
      failingStub(name, all.getByName(...args), mayHang),
  });
}

// ---- a Worker's whole environment

const mayHangIn = { worker: true, object: false };
const wrapped = { worker: new WeakMap<object, object>(), object: new WeakMap<object, object>() };

/**
 * The same bindings, of which every one that can write goes through the plan. A Worker and its objects may be given one
 * environment, and get a wrapper each.
 */
export function failingEnv<E extends object>(env: E, place: "worker" | "object" = "worker"): E {
  const mayHang = mayHangIn[place];
  const before = wrapped[place].get(env);
  if (before) return before as E;
  const made: Record<string, unknown> = {};
  for (const [name, binding] of Object.entries(env)) {
    const has = (method: string): boolean => typeof binding === "object" && method in (binding as object);
    if (has("idFromName")) made[name] = failingNamespace(name, binding as DurableObjectNamespace, mayHang);
    else if (has("createMultipartUpload")) made[name] = failingBucket(name, binding as R2Bucket, mayHang);
    else if (has("prepare")) made[name] = failingDatabase(name, binding as D1Database, mayHang);
    else made[name] = binding;
  }
  wrapped[place].set(env, made);
  return made as E;
}

// ---- calls to other roles' Workers

const realFetch = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const request = new Request(input as Request, init as RequestInit);
  if (request.method === "GET") return realFetch(request);
  return write(`${request.method} ${new URL(request.url).pathname}`, () => realFetch(request), true);
};

// ---- SQL inside a Durable Object

/** To be called before the object's own constructor. A statement that fails throws inside the object's transaction. */
export function failSql(ctx: DurableObjectState): DurableObjectState {
  const { sql } = ctx.storage;
  const exec = sql.exec.bind(sql);
  Object.defineProperty(sql, "exec", {
    value: (query: string, ...bindings: unknown[]) =>
      isRead(query) ? exec(query, ...bindings) : writeNow(`sql: ${shortened(query)}`, () => exec(query, ...bindings)),
  });
  return ctx;
}
