// The server's manners: every refusal is an OperationOutcome, versions guard updates, names and other patients are refused, and
// the CapabilityStatement says what is served.

import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FhirResource, JsonObject } from "../../client/index.ts";
import { ask, observation, openWorld, type RunningGateway, type World } from "./support.ts";

let world: World;
let gateway: RunningGateway;
let tid: string;
beforeAll(async () => {
  world = await openWorld();
  gateway = await world.gateway();
  ({ tid } = await world.visit());
});
afterAll(() => world?.close());

const get = (path: string, headers: Record<string, string> = {}) => ask(gateway.base, path, { headers });
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(gateway.base, path, { body, headers });
const textOf = ({ body }: { body: JsonObject }) =>
  (body.issue as { details: { text: string } }[] | undefined)?.map(({ details }) => details.text).join("; ");

it("guards an update by its version, and answers a read by its ETag", async () => {
  const made = await post("Observation", observation(tid));
  const { id } = made.body;
  expect(made.headers.get("etag")).toBe('W/"1"');
  expect(made.headers.get("location")).toBe(`${gateway.base}/Observation/${id}/_history/1`);
  const path = `Observation/${id}`;
  const put = (ifMatch: string) =>
    ask(gateway.base, path, {
      method: "PUT",
      body: { ...observation(tid), id, status: "amended" },
      headers: { "if-match": ifMatch },
    });
  expect((await put('W/"2"')).status).toBe(412);
  expect((await put('W/"1"')).status).toBe(200);
  expect((await put('W/"1"')).status).toBe(412);
  expect((await get(path, { "if-none-match": 'W/"2"' })).status).toBe(304);
  expect((await get(path, { "if-none-match": 'W/"1"' })).status).toBe(200);
  // Two at once: one of them wins.
  const both = await Promise.all([put('W/"2"'), put('W/"2"')]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
  expect((await get(`${path}/_history/1`)).body.status).toBe("final");
  expect((await get(`${path}/_history/9`)).status).toBe(404);
});

it("creates once under a condition, within the session", async () => {
  const practitioner = { resourceType: "Practitioner", identifier: [{ system: "urn:npi", value: "1" }] };
  const condition = { "if-none-exist": "identifier=urn:npi|1", "symbolon-session": tid };
  const first = await post("Practitioner", practitioner, condition);
  const second = await post("Practitioner", practitioner, condition);
  expect([first.status, second.status, second.body.id]).toEqual([201, 200, first.body.id]);
  const other = await world.visit();
  const third = await post("Practitioner", practitioner, { ...condition, "symbolon-session": other.tid });
  expect(third.status).toBe(201);
  // A resource of another visit cannot be referred to: it would link the two.
  const link = { ...observation(other.tid), performer: [{ reference: `Practitioner/${first.body.id}` }] };
  const refused = await post("Observation", link);
  expect([refused.status, textOf(refused)]).toEqual([422, expect.stringContaining("names several")]);
  const own = { ...link, performer: [{ reference: `Practitioner/${third.body.id}` }] };
  expect((await post("Observation", own)).status).toBe(201);
});

it("files a PDF as a Binary and gives its bytes back", async () => {
  const pdf = new Uint8Array([37, 80, 68, 70, 45, 0, 255, 254]);
  const response = await fetch(`${gateway.base}/Binary`, {
    method: "POST",
    headers: { "content-type": "application/pdf", "x-security-context": `Patient/${tid}` },
    body: pdf,
  });
  expect(response.status).toBe(201);
  const { id } = (await response.json()) as { id: string };
  const raw = await fetch(`${gateway.base}/Binary/${id}`, { headers: { accept: "application/pdf" } });
  expect(raw.headers.get("content-type")).toBe("application/pdf");
  expect(new Uint8Array(await raw.arrayBuffer())).toEqual(pdf);
  const attachment = { contentType: "application/pdf", url: `Binary/${id}` };
  const document = {
    ...{ resourceType: "DocumentReference", status: "current", subject: { reference: `Patient/${tid}` } },
    content: [{ attachment }],
  };
  const made = await post("DocumentReference", document);
  expect((made.body.content as JsonObject[])[0]!.attachment).toEqual(attachment);
  const json = await get(`Binary/${id}`, { accept: "application/fhir+json" });
  expect(json.body).toMatchObject({ resourceType: "Binary", contentType: "application/pdf" });
});

it("shows what another program of the clinic filed: FHIR, and a PDF", async () => {
  const visit = await world.visit();
  const session = await world.clinic.session(visit.tagHash);
  await world.clinic.putRecord(session, new TextEncoder().encode("%PDF-1.7"), { contentKind: "application/pdf" });
  const patient = { fullUrl: "http://old.system/Patient/77", resource: { resourceType: "Patient", id: "77" } };
  const entries = [
    {
      fullUrl: "http://old.system/Encounter/1",
      resource: { ...encounter, id: "1", subject: { reference: "Patient/77" } },
    },
    {
      fullUrl: "http://old.system/Observation/2",
      resource: {
        ...observation("x"),
        id: "2",
        subject: { reference: "Patient/77" },
        encounter: { reference: "Encounter/1" },
      },
    },
  ];
  const { recordId } = await world.clinic.fileVisit(session, entries, { patient });
  const found = await get(`Observation?patient=Patient/${visit.tid}&_include=Observation:encounter`);
  const [shown, included] = (found.body.entry as { resource: FhirResource }[]).map(({ resource }) => resource);
  expect(shown!.subject).toEqual({ reference: `Patient/${visit.tid}` });
  expect(shown!.encounter).toEqual({ reference: `Encounter/${included!.id}` });
  const reference = await get(`DocumentReference?patient=Patient/${visit.tid}`);
  const [document] = (reference.body.entry as { resource: { content: { attachment: { url: string } }[] } }[]) ?? [];
  const raw = await fetch(`${gateway.base}/${document!.resource.content[0]!.attachment.url}`, {
    headers: { accept: "application/pdf" },
  });
  expect(await raw.text()).toBe("%PDF-1.7");
  // An update amends the other program's record, and keeps its other resources.
  const put = await ask(gateway.base, `Observation/${shown!.id}`, {
    method: "PUT",
    body: { ...shown, status: "amended" },
  });
  expect([put.status, (put.body.meta as JsonObject).versionId]).toEqual([200, "2"]);
  const records = await world.clinic.records(session);
  expect(records.map(({ state, amends }) => [state, amends])).toEqual([
    ["current", undefined],
    ["amended", undefined],
    ["current", recordId],
  ]);
  expect((await get(`Encounter/${included!.id}`)).status).toBe(200);
});
const encounter = { resourceType: "Encounter", status: "finished", class: { code: "AMB" } };

it("seals the session's Encounter with the first resource that refers to it, and the patient reads it", async () => {
  const visit = await world.visit();
  const referring = observation(visit.tid, { encounter: { reference: `Encounter/${visit.tid}` } });
  for (let i = 0; i < 2; i++) expect((await post("Observation", referring)).status).toBe(201);
  const session = await world.clinic.session(visit.tagHash);
  const contents: FhirResource[][] = [];
  for (const record of await world.clinic.records(session)) {
    const text = new TextDecoder().decode(await world.clinic.open(record));
    expect(text).not.toContain("Patient/");
    contents.push((JSON.parse(text) as { entry: { resource: FhirResource }[] }).entry.map(({ resource }) => resource));
  }
  expect(contents.map((all) => all.map(({ resourceType }) => resourceType))).toEqual([
    ["Encounter", "Observation"],
    ["Observation"],
  ]);
  expect(contents[1]![0]!.subject).toEqual({ reference: `urn:symbolon:tid:${visit.tid}` });
});

describe("names and other people are refused", () => {
  it("a Patient with a name", async () => {
    const named = { resourceType: "Patient", name: [{ family: "Gottlieb" }] };
    expect((await post("Patient", named)).status).toBe(405);
    const put = await ask(gateway.base, `Patient/${tid}`, { method: "PUT", body: { ...named, id: tid } });
    expect(put.status).toBe(405);
    expect((await get(`Patient/${tid}`)).text).not.toContain("Gottlieb");
    expect((await post("Person", { resourceType: "Person" })).status).toBe(404);
  });

  it("the name in a text of a transaction that holds the Patient, unless the clinic allows that place", async () => {
    const { tid: own } = await world.visit();
    const bundle = {
      resourceType: "Bundle",
      type: "transaction",
      entry: [
        {
          fullUrl: "urn:uuid:6f2c1f0e-0000-4000-8000-000000000002",
          resource: { resourceType: "Patient", name: [{ family: "Gottlieb", given: ["Brett"] }] },
          request: { method: "POST", url: "Patient", ifNoneExist: `identifier=urn:symbolon:tid|${own}` },
        },
        {
          resource: {
            ...observation(own, { note: [{ text: "Mr Gottlieb feels better" }] }),
            subject: { reference: "urn:uuid:6f2c1f0e-0000-4000-8000-000000000002", display: "Brett Gottlieb" },
          },
          request: { method: "POST", url: "Observation" },
        },
      ],
    };
    const refused = await post("", bundle);
    expect(refused.status).toBe(422);
    const [issue] = refused.body.issue as { expression: string[]; diagnostics: string }[];
    expect(issue!.expression).toEqual(["note[0].text"]);
    expect(refused.text).not.toContain("Gottlieb");
    const filed = await post("", bundle, { "symbolon-allow": "*" });
    expect(filed.status).toBe(200);
    const [patient, made] = (filed.body.entry as { resource: FhirResource }[]).map(({ resource }) => resource);
    expect([patient!.id, patient!.name]).toEqual([own, undefined]);
    expect(made!.subject).toEqual({ reference: `Patient/${own}`, display: own });
  });

  it.each<[string, (tid: string) => JsonObject]>([
    ["an unknown patient", () => ({ subject: { reference: "Patient/22222222222222F" } })],
    ["a patient of another server", () => ({ subject: { reference: "https://elsewhere.test/fhir/Patient/1" } })],
    ["nobody", () => ({ subject: undefined as never })],
  ])("a resource about %s", async (_name, change) => {
    const refused = await post("Observation", { ...observation(tid), ...change(tid) });
    expect(refused.status).toBe(422);
    expect(refused.body.resourceType).toBe("OperationOutcome");
  });
});

describe("every refusal is an OperationOutcome", () => {
  it.each<[number, string, string, { body?: string; headers?: Record<string, string> }]>([
    [404, "GET", "Observation/nothing", {}],
    [404, "GET", "Colour/1", {}],
    [404, "GET", "a/b/c/d", {}],
    [404, "GET", "Patient/22222222222222F", {}],
    [405, "PATCH", "Observation", { body: "[]", headers: { "content-type": "application/json-patch+json" } }],
    [405, "DELETE", "metadata", {}],
    [405, "GET", "$check-in", {}],
    [
      405,
      "PUT",
      "Observation/22222222222222F",
      { body: '{"resourceType":"Observation","id":"22222222222222F","status":"final","code":{"text":"x"}}' },
    ],
    [406, "GET", "Observation", { headers: { accept: "application/fhir+xml" } }],
    [406, "GET", "Observation?_format=xml", {}],
    [415, "POST", "Observation", { body: "<x/>", headers: { "content-type": "application/fhir+xml" } }],
    [415, "POST", "Observation", { body: "{}", headers: { "content-type": "text/plain" } }],
    [405, "POST", "metadata", { body: "{}" }],
    [400, "POST", "Observation", { body: "{" }],
    [400, "POST", "Observation", { body: '{"resourceType":"Observation","status":"final","status":"final"}' }],
    [400, "POST", "Observation", { body: "[]" }],
    [400, "POST", "Observation", { body: '{"resourceType":"Condition"}' }],
    [400, "POST", "Observation", { body: '{"resourceType":"Observation","status":"done","code":{"text":"x"}}' }],
    [400, "POST", "", { body: '{"resourceType":"Observation"}' }],
    [400, "POST", "", { body: '{"resourceType":"Bundle","type":"history"}' }],
    [400, "POST", "", { body: '{"resourceType":"Bundle","type":"transaction","entry":[{}]}' }],
    [400, "GET", "Observation?colour=red", {}],
    [400, "GET", "Observation?_include=Observation:colour", {}],
    [400, "GET", "$check-in-status?wait=x", {}],
    [404, "GET", "$check-in-status?id=x", {}],
    [403, "GET", "Observation", { headers: { origin: "https://evil.test" } }],
  ])("%i for %s %s", async (status, method, path, { body, headers = {} }) => {
    const refused = await ask(gateway.base, path, { method, ...(body === undefined ? {} : { body }), headers });
    expect([refused.status, refused.body.resourceType]).toEqual([status, "OperationOutcome"]);
    expect(refused.headers.get("content-type")).toContain("application/fhir+json");
    if (status === 405 && !path.includes("/")) expect(refused.headers.get("allow")).toBeTruthy();
  });

  it("413 for what is too large, before it is read", async () => {
    const { hostname, port } = new URL(gateway.base);
    const status = await new Promise((resolve, reject) => {
      const sent = request(
        {
          hostname,
          port,
          path: "/fhir/Observation",
          method: "POST",
          headers: { "content-type": "application/fhir+json", "content-length": 70_000_000 },
        },
        (answer) => {
          resolve(answer.statusCode);
          answer.resume();
          sent.destroy();
        },
      );
      sent.on("error", reject);
      sent.flushHeaders();
    });
    expect(status).toBe(413);
  });

  it("403 for another host name, as a rebound DNS name would send it", async () => {
    const { hostname, port } = new URL(gateway.base);
    const ask = (host: string) =>
      new Promise((resolve, reject) => {
        request({ hostname, port, path: "/fhir/metadata", headers: { host } }, (answer) => {
          resolve(answer.statusCode);
          answer.resume();
        })
          .on("error", reject)
          .end();
      });
    expect(await ask(`evil.test:${port}`)).toBe(403);
    expect(await ask(`localhost:${port}`)).toBe(200);
  });
});

it("serves what its CapabilityStatement says, and nothing else", async () => {
  const { body } = await get("metadata");
  const [rest] = body.rest as {
    resource: {
      type: string;
      interaction: { code: string }[];
      searchParam: { name: string }[];
      searchInclude?: string[];
      operation?: { name: string }[];
    }[];
    interaction: { code: string }[];
    operation: { name: string }[];
  }[];
  // A request of each interaction, that is refused for its content where the interaction is served, and else by 405 or 404.
  const probes: Record<string, (type: string) => [method: string, path: string, type?: string]> = {
    read: (type) => ["GET", `${type}/none`],
    vread: (type) => ["GET", `${type}/none/_history/1`],
    "history-instance": (type) => ["GET", `${type}/none/_history`],
    "history-type": (type) => ["GET", `${type}/_history`],
    "search-type": (type) => ["GET", `${type}?_count=0`],
    create: (type) => ["POST", type],
    update: (type) => ["PUT", `${type}?_id=none`],
    patch: (type) => ["PATCH", `${type}/none`, "application/json-patch+json"],
    delete: (type) => ["DELETE", `${type}?_id=none`],
  };
  expect(rest!.resource.length).toBeGreaterThan(100);
  for (const { type, interaction, searchParam, searchInclude = [] } of rest!.resource.filter(
    (_, i) => i % 12 === 0 || _.type === "Patient",
  )) {
    const stated = interaction.map(({ code }) => code);
    for (const [code, probe] of Object.entries(probes)) {
      const [method, path, contentType = "application/fhir+json"] = probe(type);
      const answer = await ask(gateway.base, path, {
        method,
        ...(["POST", "PUT", "PATCH"].includes(method) ? { body: "{}" } : {}),
        headers: { "content-type": contentType },
      });
      expect(answer.status === 405, `${type} ${code}: ${answer.status}`).toBe(!stated.includes(code));
    }
    const names = searchParam.map(({ name }) => `${name}:missing=true`).join("&");
    expect((await get(`${type}?${names}&_count=0`)).status, type).toBe(200);
    for (const include of searchInclude.slice(0, 3))
      expect((await get(`${type}?_include=${include}&_count=0`)).status).toBe(200);
  }
  const stated = new Set(rest!.resource.map(({ type }) => type));
  for (const type of ["Bundle", "Person", "Parameters", "Colour"]) {
    expect(stated.has(type)).toBe(false);
    expect((await get(`${type}?_count=0`)).status).toBe(404);
  }
  expect(rest!.interaction.map(({ code }) => code)).toEqual([
    "transaction",
    "batch",
    "search-system",
    "history-system",
  ]);
  expect((await get("?_type=Observation&_count=0")).status).toBe(200);
  expect((await get("_history?_count=0")).status).toBe(200);
  const operations = [
    ...rest!.operation.map(({ name }) => `$${name}`),
    ...rest!.resource.flatMap(({ type, operation = [] }) => operation.map(({ name }) => `${type}/${tid}/$${name}`)),
  ];
  for (const path of operations) {
    const answers = await Promise.all(["GET", "POST"].map((method) => ask(gateway.base, path, { method })));
    expect(answers.filter(({ status }) => status !== 405).length, path).toBe(1);
  }
  for (const path of ["$graphql", "$export", `Patient/${tid}/$match`])
    expect((await ask(gateway.base, path, { method: "POST" })).status, path).toBe(404);
});
