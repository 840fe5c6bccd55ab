// The layers of the repository: scripts/layering.ts states them and finds the faults. Each rule has a control, a made-up
// import or circle that must be found, so that the empty list of faults means something.

import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { circlesOf, faultOf, faultsOf, importsBelow, specifiersOf } from "../../scripts/layering.ts";

const imports = importsBelow(fileURLToPath(new URL("../..", import.meta.url)));

describe("the repository", () => {
  it("has no import against the layers and no circle of imports", () => {
    expect(faultsOf(imports)).toEqual([]);
  });

  it("is read whole: every top-level folder appears, and so do two known imports", () => {
    const folders = new Set(imports.map(({ from }) => from.split("/")[0]));
    for (const folder of ["protocol", "api", "engine", "schema", "durable-objects", "functions", "client"])
      expect(folders).toContain(folder);
    for (const folder of ["local", "demo", "bench", "scripts", "test"]) expect(folders).toContain(folder);
    expect(imports).toContainEqual({ from: "functions/service.ts", to: "functions/shared/http.ts" });
    expect(imports).toContainEqual({ from: "test/structure/layering.test.ts", to: "scripts/layering.ts" });
  });

  it("fails when a real file gains an import upwards, or one that closes a circle", () => {
    expect(faultsOf([...imports, { from: "protocol/tid.ts", to: "engine/mcl.ts" }])).toContain(
      "protocol/tid.ts imports engine/mcl.ts: protocol/ must not import engine/",
    );
    const circle = { from: "protocol/bytes.ts", to: "protocol/suite.ts" };
    expect(faultsOf([...imports, circle]).some((fault) => fault.startsWith("circle: protocol/"))).toBe(true);
  });
});

describe("the layers", () => {
  it.each([
    ["protocol/a.ts", "client/b.ts"],
    ["engine/a.ts", "functions/shared/b.ts"],
    ["schema/a.ts", "durable-objects/b.ts"],
    ["durable-objects/a.ts", "functions/service/b.ts"],
    ["client/a.ts", "functions/shared/b.ts"],
    ["client/a.ts", "engine/b.ts"],
    ["functions/service/a.ts", "client/b.ts"],
    ["functions/service/a.ts", "functions/escrow/b.ts"],
    ["functions/service/a.ts", "functions/escrow.ts"],
    ["functions/service.ts", "functions/trustee/b.ts"],
    ["functions/shared/a.ts", "functions/trustee/b.ts"],
    ["functions/shared/a.ts", "functions/trustee.ts"],
    ["local/a.ts", "demo/b.ts"],
    ["demo/a.ts", "functions/b.ts"],
    ["bench/a.ts", "test/support/b.ts"],
    ["scripts/a.ts", "client/b.ts"],
    ["elsewhere/a.ts", "protocol/b.ts"],
  ])("forbid that %s imports %s", (from, to) => {
    expect(faultOf({ from, to })).toBeTypeOf("string");
  });

  it.each([
    ["protocol/a.ts", "protocol/b.ts"],
    ["functions/service.ts", "functions/service/b.ts"],
    ["functions/service/a.ts", "functions/shared/b.ts"],
    ["functions/service/a.ts", "durable-objects/b.ts"],
    ["client/wallet/a.ts", "protocol/b.ts"],
    ["local/a.ts", "functions/trustee/b.ts"],
    ["demo/a.ts", "local/b.ts"],
    ["test/attacks/a.ts", "functions/service/b.ts"],
    ["vitest.config.ts", "test/workers/b.ts"],
  ])("allow that %s imports %s", (from, to) => {
    expect(faultOf({ from, to })).toBeUndefined();
  });
});

describe("circles", () => {
  it("are found, however long, and each is reported once", () => {
    const edges = ["ab", "bc", "ca", "cd", "de", "xy", "yx"].map(([from, to]) => ({ from: from!, to: to! }));
    expect(circlesOf(edges)).toEqual([
      ["a", "b", "c", "a"],
      ["x", "y", "x"],
    ]);
  });

  it("are found where a file imports itself", () => {
    expect(circlesOf([{ from: "a", to: "a" }])).toEqual([["a", "a"]]);
  });

  it("are not reported for two paths that meet again", () => {
    expect(circlesOf(["ab", "ac", "bd", "cd"].map(([from, to]) => ({ from: from!, to: to! })))).toEqual([]);
  });
});

describe("import statements", () => {
  it("are read in every form, types included, and packages are left out", () => {
    const source = `import "./effect.ts";
import one from "./one.ts";
import * as two from "./two.ts";
import type { Three } from "./three.ts";
import {
  four,
  type Four,
} from "./four.ts";
export * from "./five.ts";
export { six } from "./six.ts";
import * as z from "zod";
export const text = "no import";
const seven: typeof import("./seven.ts") = await import("./eight.ts");
`;
    const names = ["effect", "one", "two", "three", "four", "five", "six", "seven", "eight"];
    expect(specifiersOf(source)).toEqual(names.map((name) => `./${name}.ts`));
  });
});
