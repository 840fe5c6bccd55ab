// Whole Bundles through the gateway: what goes in comes out digit for digit, before and after a restart, and as one append.

import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseJson, writeJson } from "../../client/fhir/json.ts";
import { copyJson, isObject, type JsonObject } from "../../client/fhir/resource.ts";
import type { FhirResource } from "../../client/index.ts";
import { validatorErrors } from "../support/fhir-document.ts";
import { ask, observation, openWorld, type RunningGateway, type World } from "./support.ts";

const DATA = new URL("../data/", import.meta.url);
const files = ["patients", "ips"].flatMap((folder) =>
  readdirSync(new URL(folder, DATA))
    .filter((name) => name.endsWith(".json"))
    .map((name) => `${folder}/${name}`),
);

let world: World;
let gateway: RunningGateway;
beforeAll(async () => {
  world = await openWorld();
  gateway = await world.gateway();
});
afterAll(() => world?.close());

interface Answered {
  entry: { resource: FhirResource; response: { status: string; location: string } }[];
}

/** Without all that a server may change: id, version, and where references lead. */
function essence(resource: FhirResource): string {
  const { id: _id, meta, ...rest } = resource;
  const { versionId: _v, lastUpdated: _l, ...kept } = isObject(meta) ? meta : {};
  const bare = copyJson(rest as JsonObject, (object) => {
    if (typeof object.reference !== "string" || object.reference.startsWith("#")) return undefined;
    // The display beside a reference to the patient becomes the TID, and an identifier there is left out.
    const { reference: _r, display: _d, identifier: _i, ...others } = object;
    return others;
  }) as JsonObject;
  const attachments = copyJson(bare, (object) =>
    typeof object.url === "string" && typeof object.contentType === "string" ? { ...object, url: "" } : undefined,
  );
  return writeJson({ ...(Object.keys(kept).length > 0 ? { meta: kept } : {}), ...(attachments as JsonObject) });
}

describe.each(files)("%s", (file) => {
  it("comes back as it went in", async () => {
    const { tid } = await world.visit();
    const text = readFileSync(new URL(file, DATA), "utf8");
    const given = (parseJson(text) as JsonObject).entry as { resource: FhirResource }[];
    const headers = { "symbolon-session": tid, "symbolon-allow": "*" };
    const filed = await ask(gateway.base, "", { body: text, headers });
    expect(filed.status, filed.text.slice(0, 500)).toBe(200);
    const answered = parseJson(filed.text) as unknown as Answered;
    expect(answered.entry).toHaveLength(given.length);
    for (const [i, { resource }] of given.entries()) {
      const { resource: made, response } = answered.entry[i]!;
      expect(made.resourceType).toBe(resource.resourceType);
      if (resource.resourceType === "Patient") {
        expect(made).toMatchObject({ id: tid, identifier: [{ system: "urn:symbolon:tid", value: tid }] });
        continue;
      }
      expect(response.status).toBe("201");
      const normal = (one: FhirResource) => essence(withoutContainedPatient(one));
      expect(normal(made)).toBe(normal(resource));
    }
    // All references inside the Bundle lead to resources that can be read.
    const names = new Set(answered.entry.map(({ resource }) => `${resource.resourceType}/${resource.id}`));
    const written = JSON.stringify(answered.entry.map(({ resource }) => resource));
    for (const [, reference] of written.matchAll(/"reference":"([A-Z][A-Za-z]+\/[0-9a-f-]{36})"/g))
      expect(names).toContain(reference);
    const everything = await ask(gateway.base, `Patient/${tid}/$everything`);
    const extra = answered.entry.some(({ resource }) => resource.resourceType === "Patient") ? 1 : 2;
    expect(everything.body.total).toBe(given.length + extra);
    // One append: the edge holds one record of this session.
    const { records } = await recordsOf(tid);
    expect(records).toHaveLength(1);
  });
});

/** A contained Patient of the same person becomes a pseudonymous one (docs/RECORDS.md). */
const withoutContainedPatient = (resource: FhirResource): FhirResource =>
  Array.isArray(resource.contained)
    ? {
        ...resource,
        contained: resource.contained.filter((one) => !(isObject(one) && one.resourceType === "Patient")),
      }
    : resource;

async function recordsOf(tid: string) {
  for await (const tagHash of world.clinic.eachTagHash()) {
    const session = await world.clinic.session(tagHash);
    if (session.tid === tid) return { session, records: await world.clinic.records(session) };
  }
  throw new Error("no such session");
}

it("keeps the digits of numbers, also in a search, a patch and after a restart", async () => {
  const { tid } = await world.visit();
  const body = JSON.stringify(observation(tid, { valueQuantity: { value: "VALUE", unit: "mmol/L" } as never })).replace(
    '"VALUE"',
    "7.10",
  );
  const made = await ask(gateway.base, "Observation", { body });
  expect(made.status).toBe(201);
  expect(made.text).toContain('"value":7.10,');
  const { id } = made.body;
  const found = await ask(gateway.base, `Observation?patient=Patient/${tid}&value-quantity=7.1`);
  expect(found.text).toContain('"value":7.10,');
  const patch = `[{"op":"add","path":"/referenceRange","value":[{"low":{"value":3.50}}]}]`;
  const patched = await ask(gateway.base, `Observation/${id}`, {
    method: "PATCH",
    body: patch,
    headers: { "content-type": "application/json-patch+json" },
  });
  expect(patched.text).toContain('"value":7.10,');
  expect(patched.text).toContain('"value":3.50}');
  const before = await ask(gateway.base, `Patient/${tid}/$everything`);
  await gateway.stop();
  gateway = await world.gateway();
  const after = await ask(gateway.base, `Patient/${tid}/$everything`);
  const bare = (text: string) => text.replaceAll(/http:\/\/[^/"]+/g, "");
  expect(bare(after.text)).toBe(bare(before.text));
  const history = await ask(gateway.base, `Observation/${id}/_history`);
  expect(history.body.total).toBe(2);
});

it("makes valid documents of a session: the whole visit, and an International Patient Summary", async () => {
  const { tid } = await world.visit();
  const text = readFileSync(new URL("ips/IPS_IG-bundle-01.json", DATA), "utf8");
  const headers = { "symbolon-session": tid, "symbolon-allow": "*" };
  expect((await ask(gateway.base, "", { body: text, headers })).status).toBe(200);
  for (const path of [`Patient/${tid}/$summary`, `Encounter/${tid}/$document`]) {
    const { status, body } = await ask(gateway.base, path);
    expect(status).toBe(200);
    expect(body.type).toBe("document");
    expect(validatorErrors(body as FhirResource)).toEqual([]);
    const entries = body.entry as { fullUrl: string; resource: FhirResource }[];
    expect(entries[0]!.resource.resourceType).toBe("Composition");
    const urls = new Set(entries.map(({ fullUrl }) => fullUrl));
    expect(urls.size).toBe(entries.length);
    for (const section of entries[0]!.resource.section as { entry?: { reference: string }[] }[])
      for (const { reference } of section.entry ?? []) expect(urls).toContain(reference);
  }
  // The search for names found none, because the patient's own words for it stand only where the clinic allowed them.
  const summary = await ask(gateway.base, `Patient/${tid}/$summary`);
  const codes = (summary.body.entry as { resource: { section?: { code: { coding: { code: string }[] } }[] } }[])[0]!;
  expect(codes.resource.section!.map(({ code }) => code.coding[0]!.code)).toContain("48765-2");
});

it("takes a transaction whole or not at all, and says why", async () => {
  const { tid } = await world.visit();
  const bundle = (last: JsonObject): JsonObject => ({
    resourceType: "Bundle",
    type: "transaction",
    entry: [
      { resource: observation(tid), request: { method: "POST", url: "Observation" } },
      { resource: { ...observation(tid), ...last }, request: { method: "POST", url: "Observation" } },
    ],
  });
  const count = async () => (await ask(gateway.base, `Observation?patient=Patient/${tid}`)).body.total;
  const refused = await ask(gateway.base, "", { body: bundle({ status: "done" }) });
  expect(refused.status).toBe(400);
  expect(refused.body.issue).toMatchObject([{ expression: ["Bundle.entry[1].resource.status"] }]);
  const other = await world.visit();
  const mixed = await ask(gateway.base, "", { body: bundle({ subject: { reference: `Patient/${other.tid}` } }) });
  expect(mixed.status).toBe(422);
  const stale = await ask(gateway.base, "", {
    body: {
      resourceType: "Bundle",
      type: "transaction",
      entry: [
        ...(bundle({}).entry as JsonObject[]),
        { request: { method: "DELETE", url: "Observation/6f2c1f0e-0000-4000-8000-00000000000f" } },
      ],
    },
  });
  expect(stale.status).toBe(404);
  expect(await count()).toBe(0);
  expect((await ask(gateway.base, "", { body: bundle({}) })).status).toBe(200);
  expect(await count()).toBe(2);
  expect((await recordsOf(tid)).records).toHaveLength(1);
});

it("amends one record and tidies the others when a transaction changes resources of several", async () => {
  const { tid } = await world.visit();
  const ids: string[] = [];
  for (let i = 0; i < 3; i++)
    ids.push((await ask(gateway.base, "Observation", { body: observation(tid) })).body.id as string);
  const transaction = {
    resourceType: "Bundle",
    type: "transaction",
    entry: [
      ...ids.slice(0, 2).map((id) => ({
        resource: { ...observation(tid), id, status: "amended" },
        request: { method: "PUT", url: `Observation/${id}`, ifMatch: 'W/"1"' },
      })),
      { request: { method: "DELETE", url: `Observation/${ids[2]}` } },
    ],
  };
  const done = await ask(gateway.base, "", { body: transaction });
  expect(done.status, done.text).toBe(200);
  const again = await ask(gateway.base, "", { body: { ...transaction, entry: transaction.entry.slice(0, 2) } });
  expect(again.status).toBe(412);
  const states = async () => (await recordsOf(tid)).records.map(({ state }) => state).sort();
  await expect.poll(states, { timeout: 20_000 }).toEqual(["amended", "current", "withdrawn", "withdrawn"]);
  const check = async () => {
    const found = await ask(gateway.base, `Observation?patient=Patient/${tid}`);
    expect((found.body.entry as { resource: FhirResource }[]).map(({ resource }) => resource.status)).toEqual([
      "amended",
      "amended",
    ]);
    expect((await ask(gateway.base, `Observation/${ids[2]}`)).status).toBe(410);
  };
  await check();
  await gateway.stop();
  gateway = await world.gateway();
  await check();
});
