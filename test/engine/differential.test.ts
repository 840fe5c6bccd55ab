import { expect, it } from "vitest";
import { differential } from "./differential.ts";

it("both engines give the same answers on random statements, true and broken", () => {
  const { accepted, refused, wrong } = differential(300, "differential");
  expect(wrong).toEqual([]);
  expect(accepted).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(100);
});
