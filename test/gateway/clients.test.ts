// Two FHIR clients of other makers, unmodified, through their main calls. The gateway is a process of its own.

import { Client as FhirKitClient } from "fhir-kit-client";
import fhirclient from "fhirclient";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../client/index.ts";
import { invitationOf } from "../../client/shared/invitation.ts";
import { observation, openWorld, type RunningGateway, type World } from "./support.ts";

let world: World;
let gateway: RunningGateway;
beforeAll(async () => {
  world = await openWorld();
  gateway = await world.gateway();
});
afterAll(() => world?.close());

type Resource = JsonObject & { id: string; resourceType: string; meta: { versionId: string } };
const as = <T = Resource>(value: unknown): T => value as T;
interface Found {
  total: number;
  entry?: { resource: Resource; search: { mode: string } }[];
}

it("fhir-kit-client: a visit from the check-in to the history", async () => {
  const client = new FhirKitClient({ baseUrl: gateway.base });
  const statement = as<{ fhirVersion: string }>(await client.capabilityStatement());
  expect(statement.fhirVersion).toBe("4.0.1");

  // The desk shows a QR code. The patient's wallet reads it and checks in, and the desk is told the session.
  const asked = as<{ parameter: JsonObject[] }>(
    await client.operation({ name: "$check-in", method: "POST", input: {} }),
  );
  const partOf = (name: string) => asked.parameter.find((one) => one.name === name)!;
  expect(partOf("qr").valueAttachment).toMatchObject({ contentType: "image/png" });
  const { wallet } = world.patient;
  const text = partOf("invitation").valueString as string;
  const invitation = await invitationOf(world.practice.transport, world.practice.deployment, text);
  const id = partOf("id").valueId as string;
  const status = async (wait: number) =>
    as<{ parameter: JsonObject[] }>(await client.request(`$check-in-status?id=${id}&wait=${wait}`)).parameter;
  expect(await status(0)).toEqual([{ name: "status", valueCode: "waiting" }]);
  await wallet.checkIn(await wallet.readInvitation(invitation));
  const parameter = await status(30);
  expect(parameter[0]).toEqual({ name: "status", valueCode: "checked-in" });
  const tid = parameter.find(({ name }) => name === "tid")!.valueString as string;

  const patient = as(await client.read({ resourceType: "Patient", id: tid }));
  expect(patient.name).toBeUndefined();
  expect(patient.identifier).toEqual([{ system: "urn:symbolon:tid", value: tid }]);

  const body = observation(tid, { encounter: { reference: `Encounter/${tid}` } }) as never;
  const made = as(await client.create({ resourceType: "Observation", body }));
  expect(made.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(as(await client.read({ resourceType: "Observation", id: made.id }))).toEqual(made);

  const changed = { ...made, status: "amended" };
  const updated = as(await client.update({ resourceType: "Observation", id: made.id, body: changed as never }));
  expect(updated.meta.versionId).toBe("2");
  const patch = [{ op: "replace", path: "/status", value: "corrected" }] as never;
  const patched = as(await client.patch({ resourceType: "Observation", id: made.id, jsonPatch: patch }));
  expect(patched).toMatchObject({ status: "corrected", meta: { versionId: "3" } });
  expect(as(await client.vread({ resourceType: "Observation", id: made.id, version: "1" }))).toEqual(made);

  const searchParams = {
    patient: `Patient/${tid}`,
    code: "http://loinc.org|2823-3",
    _include: "Observation:encounter",
  };
  const found = as<Found>(await client.search({ resourceType: "Observation", searchParams }));
  expect(found.entry!.map(({ resource, search }) => [resource.resourceType, search.mode])).toEqual([
    ["Observation", "match"],
    ["Encounter", "include"],
  ]);
  const compartment = { resourceType: "Patient", id: tid };
  expect(as<Found>(await client.compartmentSearch({ resourceType: "Observation", compartment })).total).toBe(1);
  expect(as<Found>(await client.systemSearch({ searchParams: { _type: "Patient,Observation" } })).total).toBe(2);

  const transaction = {
    resourceType: "Bundle",
    type: "transaction",
    entry: [
      {
        fullUrl: "urn:uuid:6f2c1f0e-0000-4000-8000-000000000001",
        resource: { resourceType: "Condition", subject: { reference: `Patient/${tid}` }, code: { text: "cough" } },
        request: { method: "POST", url: "Condition" },
      },
      {
        resource: {
          ...observation(tid),
          focus: [{ reference: "urn:uuid:6f2c1f0e-0000-4000-8000-000000000001" }],
        },
        request: { method: "POST", url: "Observation" },
      },
      { request: { method: "DELETE", url: `Observation/${made.id}` } },
    ],
  };
  const answered = as<{ entry: { resource?: Resource; response: { status: string } }[] }>(
    await client.transaction({ body: transaction as never }),
  );
  expect(answered.entry.map(({ response }) => response.status)).toEqual(["201", "201", "204"]);
  const [condition, second] = answered.entry.map(({ resource }) => resource!);
  expect(second!.focus).toEqual([{ reference: `Condition/${condition!.id}` }]);
  await expect(client.read({ resourceType: "Observation", id: made.id })).rejects.toMatchObject({
    response: { status: 410 },
  });
  const history = as<{ entry: { request: { method: string } }[] }>(
    await client.history({ resourceType: "Observation", id: made.id }),
  );
  expect(history.entry.map(({ request }) => request.method)).toEqual(["DELETE", "PUT", "PUT", "POST"]);

  const batch = {
    resourceType: "Bundle",
    type: "batch",
    entry: [
      { request: { method: "GET", url: `Patient/${tid}` } },
      { request: { method: "GET", url: "Observation/nothing" } },
      { resource: observation(tid), request: { method: "POST", url: "Observation" } },
    ],
  };
  const each = as<typeof answered>(await client.batch({ body: batch as never }));
  expect(each.entry.map(({ response }) => response.status)).toEqual(["200", "404", "201"]);

  // Paging
  const first = as<Found>(
    await client.search({ resourceType: "Observation", searchParams: { _count: 1, patient: tid } }),
  );
  const next = as<Found>(await client.nextPage({ bundle: first as never }));
  expect([first.total, next.total, first.entry!.length, next.entry!.length]).toEqual([2, 2, 1, 1]);
  expect(next.entry![0]!.resource.id).not.toBe(first.entry![0]!.resource.id);

  expect(as(await client.delete({ resourceType: "Condition", id: condition!.id })).resourceType).toBe(
    "OperationOutcome",
  );
  const everything = as<Found>(
    await client.operation({ name: "$everything", resourceType: "Patient", id: tid, method: "GET" }),
  );
  expect(everything.entry!.map(({ resource }) => resource.resourceType).sort()).toEqual([
    "Encounter",
    "Observation",
    "Observation",
    "Patient",
  ]);
});

it("fhirclient: files, reads with references resolved, pages, and is told what is wrong", async () => {
  const { tid } = await world.visit();
  // fhirclient is made for a web server's request and answer, which a program without a launch has not.
  const none = { headers: {} } as never;
  const client = fhirclient(none, none).client({ serverUrl: gateway.base });
  const made = as(await client.create(observation(tid, { encounter: { reference: `Encounter/${tid}` } }) as never));
  const read = as<{ encounter: Resource; subject: Resource }>(
    await client.request(`Observation/${made.id}`, { resolveReferences: ["encounter", "subject"] }),
  );
  expect([read.encounter.resourceType, read.subject.id]).toEqual(["Encounter", tid]);
  const changed = as(await client.update({ ...made, status: "amended" } as never));
  expect(changed.meta.versionId).toBe("2");
  for (let i = 0; i < 3; i++) await client.create(observation(tid) as never);
  const pages = as<Resource[]>(
    await client.request(`Observation?patient=Patient/${tid}&_count=2`, { pageLimit: 0, flat: true }),
  );
  expect(pages).toHaveLength(4);
  expect(as<{ entry: unknown[] }>(await client.request(`Observation/${made.id}/_history`)).entry).toHaveLength(2);
  await client.delete(`Observation/${made.id}`);
  await expect(client.request(`Observation/${made.id}`)).rejects.toMatchObject({ status: 410 });
  await expect(client.create({ resourceType: "Observation" } as never)).rejects.toMatchObject({ status: 400 });
  expect(await client.getFhirRelease()).toBe(4);
});
