// Lists of roles that lie: a page for ever, two pages in turn, new items without end, other forms.

import { describe, expect, it } from "vitest";
import { Clinic } from "../../client/clinic.ts";
import { eachItem, MAX_LISTED_MANIFESTS } from "../../client/shared/paging.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { rng } from "../support/trustees.ts";
import { deployment, newClinic, World } from "../support/wallet-world.ts";

interface Page {
  items: string[];
  cursor?: string;
}
const BOUND = 40;

/** Reads a list whose n-th page is `pageOf(n)`, as the SDK does. */
async function read(pageOf: (n: number) => Page, most = 100, emptyPages = 0): Promise<string[]> {
  let asked = 0;
  const ask = async (): Promise<Page> => {
    if (asked >= BOUND) throw new Error("read for ever");
    return pageOf(asked++);
  };
  const all: string[] = [];
  const itemsOf = (page: Page): string[] => page.items;
  const list = { name: "a list", most, emptyPages, ask, itemsOf, keyOf: (item: string) => item };
  for await (const item of eachItem(list)) all.push(item);
  return all;
}

/** Control: a careless reader follows each cursor. */
async function readCarelessly(pageOf: (n: number) => Page): Promise<void> {
  for (let n = 0; pageOf(n).cursor !== undefined; n++) if (n >= BOUND) throw new Error("read for ever");
}

const ATTACKS: [string, (n: number) => Page][] = [
  ["the same page for ever", () => ({ items: ["a"], cursor: "a" })],
  ["two pages in turn", (n) => ({ items: [String(n % 2)], cursor: String(n % 2) })],
  ["empty pages with ever-new cursors", (n) => ({ items: [], cursor: String(n) })],
  ["new items without end", (n) => ({ items: [`${n} a`, `${n} b`, `${n} c`], cursor: String(n) })],
];

describe("a list", () => {
  it("comes whole and in order, each item once", async () => {
    const pages: Page[] = [{ items: ["a", "b"], cursor: "b" }, { items: ["b", "c"], cursor: "c" }, { items: [] }];
    expect(await read((n) => pages[n]!)).toEqual(["a", "b", "c"]);
    expect(await read(() => ({ items: ["a", "b"] }), 2)).toEqual(["a", "b"]);
    await expect(read(() => ({ items: ["a", "b", "c"] }), 2)).rejects.toMatchObject({ code: "bad-answer" });
  });

  it("may have a stated number of empty pages, where its role filters", async () => {
    const gap = (pages: number) => (n: number) =>
      n < pages ? { items: [], cursor: String(n) } : { items: ["a"], ...(n === pages ? { cursor: "z" } : {}) };
    await expect(read(gap(3), 100, 3)).resolves.toEqual(["a"]);
    await expect(read(gap(4), 100, 3)).rejects.toMatchObject({ code: "bad-answer" });
  });

  it.each(ATTACKS)("ends with bad-answer: %s", async (_, pageOf) => {
    await expect(read(pageOf)).rejects.toMatchObject({ code: "bad-answer" });
    await expect(readCarelessly(pageOf)).rejects.toThrow("read for ever");
  });
});

describe("a clinic whose service lies", async () => {
  const world = new World();
  const clinic = new Clinic(world.transport, deployment, await newClinic());
  const tagHash = "ab".repeat(32);

  const answers = (page: (asked: number) => unknown): void => {
    let asked = 0;
    world.answer = (path) => {
      if (path === "/v1/token") return { access_token: "token", expires_in: 300 };
      if (++asked > BOUND) throw new Error("read for ever");
      return Response.json(page(asked));
    };
  };
  const reads = [() => clinic.list(), () => clinic.records({ tagHash })];
  const codeOf = (read: () => Promise<unknown>) => read().catch((error) => error.code ?? String(error));

  it("ends a list of sessions that repeats, also in an audit's month", async () => {
    answers(() => ({ sessions: [], cursor: "again" }));
    expect(await codeOf(() => clinic.sessions())).toBe("bad-answer");
    answers(() => ({ sessions: [] }));
    expect(await clinic.sessions()).toEqual([]);
  });

  it("ends lists of manifests that repeat or have another form", async () => {
    const row = { manifest: toBase64url(rng(8)) };
    for (const form of [{ records: [row], cursor: "again" }, {}, { records: [null] }, { records: [{}] }])
      for (const read of reads) {
        answers(() => form);
        expect(await codeOf(read), JSON.stringify(form)).toBe("bad-answer");
      }
    for (const read of reads) {
      answers(() => null);
      expect(await codeOf(read)).toBe("unreadable-answer");
      answers(() => ({ records: [] }));
      expect(await read()).toEqual([]);
    }
  });

  it("ends one session's list that has new manifests without end", async () => {
    let made = 0;
    const row = () => ({ manifest: Buffer.from(String(made++).padStart(9, "0")).toString("base64url") });
    answers((asked) => ({ records: Array.from({ length: MAX_LISTED_MANIFESTS / 16 }, row), cursor: String(asked) }));
    expect(await codeOf(reads[1]!)).toBe("bad-answer");
  });
});
