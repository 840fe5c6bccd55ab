// The disc of a visit: the halves fit, and no two of 200 look alike at 48 px.

import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { DISC_SIDE, discShape, edgeOf, halfPath } from "../../apps/shared/disc-shape.ts";

const mark = (): string => randomBytes(16).toString("hex");
const PIXELS = 48;

/** What an eye has at 48 px: where the edge is in each row, in pixels; the colours; the pattern. */
function look(of: string): string {
  const shape = discShape(of);
  const edge = edgeOf(shape).map(([x]) => Math.round((x * PIXELS) / DISC_SIDE));
  return `${edge.join()} ${shape.core} ${shape.rim} ${shape.pattern}`;
}

it("is the same for the same mark, and its halves share the edge", () => {
  const m = mark();
  expect(discShape(m)).toEqual(discShape(m));
  const points = (path: string): string[] => path.match(/L[\d. ]+/g)!;
  expect(points(halfPath(discShape(m), "left"))).toEqual(points(halfPath(discShape(m), "right")));
});

it("no two of 200 look alike at 48 px, a hundred times", () => {
  let alike = 0;
  for (let round = 0; round < 100; round++)
    alike += 200 - new Set(Array.from({ length: 200 }, () => look(mark()))).size;
  expect(alike).toBeLessThanOrEqual(2);
});

it("differs in the edge by itself: colours are not needed to tell two visits apart", () => {
  const edges = new Set(Array.from({ length: 200 }, () => edgeOf(discShape(mark())).join()));
  expect(edges.size).toBeGreaterThan(190);
});

it("has two colours that differ, whatever the mark", () => {
  for (let byte = 0; byte < 256; byte++) {
    const { core, rim } = discShape(`${"00".repeat(6)}${byte.toString(16).padStart(2, "0")}${"00".repeat(9)}`);
    expect(core).not.toBe(rim);
  }
});

it.each(["", "00", "zz".repeat(16), "00".repeat(17)])("refuses %j", (text) =>
  expect(() => discShape(text)).toThrow(RangeError),
);
