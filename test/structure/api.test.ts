// The contracts: every route of every role is in its contract, and none is elsewhere.

import { describe, expect, it } from "vitest";
import { type Contract, commonProblems, type Route } from "../../api/contract.ts";
import { PROBLEM_PAGES } from "../../api/problem-pages.ts";
import { PROBLEMS, type ProblemCode } from "../../api/problems.ts";
import { CONTRACTS } from "../../api/roles.ts";
import { openApiDocument } from "../../scripts/openapi/document.ts";
import { breakingChanges, unannounced } from "../../scripts/openapi.ts";
import { ROLES, routesOf } from "../support/role-apps.ts";

/** an OpenAPI document, which a test changes at will */
// biome-ignore lint/suspicious/noExplicitAny: its parts have no type here
type Document = any;

const named = ({ method, path }: Route): string => `${method} ${path}`;
const contractOf = (role: string): Contract | undefined => CONTRACTS.find((contract) => contract.role === role);

it.each(ROLES)("the %s registers exactly the routes of its contract", { timeout: 60_000 }, async (role) => {
  expect(await routesOf(role)).toEqual(
    Object.values(contractOf(role)?.routes ?? {})
      .map(named)
      .sort(),
  );
});

describe.each(CONTRACTS)("the contract of the $role", (contract) => {
  const routes = Object.entries(contract.routes);

  it.each(routes)("%s: its answers fit its request half", (_, entry) => {
    const { path, params, callers, produces, ok, problems = [], summary } = entry;
    const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    expect(Object.keys(params ?? {}).sort()).toEqual(inPath.sort());
    expect(callers.length).toBeGreaterThan(0);
    expect(summary).toMatch(/^[A-Z][^\n]*[^.]$/);
    expect(Object.keys(ok).length).toBeGreaterThan(0);
    const told = new Set(
      Object.values(ok).flatMap(({ json, octets, text, html }) => [
        ...(json ? ["application/json"] : []),
        ...(octets === undefined ? [] : ["application/octet-stream"]),
        ...(text === undefined ? [] : ["text/plain"]),
        ...(html === undefined ? [] : ["text/html"]),
      ]),
    );
    if (produces.length > 0) expect([...told].sort()).toEqual([...produces].sort());
    const common = callers.some(({ by }) => by === "anyone") ? [] : commonProblems(entry);
    expect(problems.filter((code) => common.includes(code))).toEqual([]);
  });

  it("has a JSON form of itself without a reference that leads nowhere", () => {
    const text = JSON.stringify(openApiDocument(contract));
    const { components } = JSON.parse(text) as { components: Record<string, Record<string, unknown>> };
    for (const [, kind, name] of text.matchAll(/"#\/components\/(\w+)\/([^"]+)"/g))
      expect(components[kind!]![name!], `${kind}/${name}`).toBeDefined();
    expect(text).not.toContain("unnamed-");
  });
});

describe("a change of a contract", { timeout: 60_000 }, () => {
  const now = openApiDocument(contractOf("service")!);
  const copy = () => JSON.parse(JSON.stringify(now)) as Document;

  it("breaks nobody if it adds a route or an optional parameter", () => {
    const more = copy();
    more.paths["/v1/more"] = { get: { operationId: "more", responses: { 200: { description: "more" } } } };
    const extra = { name: "more", in: "query", required: false, schema: { type: "string" } };
    more.paths["/v1/services/{id}/claims"].get.parameters.push(extra);
    expect(breakingChanges(now, more)).toEqual([]);
  });

  it.each([
    ["a route goes", (d: Document) => delete d.paths["/v1/services/{id}/claims"]],
    [
      "a parameter becomes necessary",
      (d: Document) => {
        for (const p of d.paths["/v1/services/{id}/claims"].get.parameters) p.required = true;
      },
    ],
    ["an answer goes", (d: Document) => delete d.paths["/v1/services/{id}/claims"].get.responses[200]],
    [
      "a field of a body becomes necessary",
      (d: Document) => {
        const { schema } = d.paths["/v1/services/{id}/statements"].post.requestBody.content["application/json"];
        schema.properties.reason = { type: "string" };
        schema.required.push("reason");
      },
    ],
  ])("breaks callers if %s, unless the major version rises", (_, change) => {
    const other = copy();
    change(other);
    expect(unannounced(now, other).length).toBeGreaterThan(0);
    other.info.version = "2.0.0";
    expect(unannounced(now, other)).toEqual([]);
  });
});

it("every problem code has a page that says when it comes and what to do", () => {
  expect(Object.keys(PROBLEM_PAGES).sort()).toEqual(Object.keys(PROBLEMS).sort());
  for (const code of Object.keys(PROBLEMS) as ProblemCode[]) {
    const { when, remedy } = PROBLEM_PAGES[code];
    for (const text of [when, remedy]) expect(text).toMatch(/^[A-Z][^<]*\.$/);
  }
});
