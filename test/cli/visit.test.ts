// A whole visit by the command line alone: a clinic makes its keys, is registered and shows a challenge. A patient enrols and
// checks in. The clinic finds the session, files a FHIR record and a PDF and opens them. The patient's own report has both.

import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { FHIR_JSON } from "../../client/fhir/record.ts";
import { outcome, symbolon } from "./child.ts";
import { system } from "./system.ts";

const here = system();

const PATIENT = {
  fullUrl: "urn:uuid:5a1b0000-0000-4000-8000-000000000001",
  resource: { resourceType: "Patient", name: [{ family: "Quartermain", given: ["Odessa"] }], birthDate: "1971-02-03" },
};
const observation = (text: string): string =>
  JSON.stringify({
    resourceType: "Bundle",
    type: "collection",
    entry: [
      PATIENT,
      {
        fullUrl: "urn:uuid:5a1b0000-0000-4000-8000-000000000002",
        resource: {
          resourceType: "Observation",
          status: "final",
          code: { text },
          subject: { reference: PATIENT.fullUrl },
          valueQuantity: { value: "VALUE", unit: "mmol/L" },
        },
      },
    ],
  }).replace('"VALUE"', "4.10"); // digits that JSON.stringify would not write

it("takes a clinic and a patient through a visit", async () => {
  const s = here();
  const at = (name: string): string => join(s.path, name);
  const file = (name: string, content: string): string => {
    writeFileSync(at(name), content);
    return at(name);
  };
  const keys = at("harbour.json");
  const clinic = { env: { SYMBOLON_KEYS: keys } };
  const wallet = { env: { SYMBOLON_WALLET: at("ada.json") } };

  // The clinic's vendor, alone
  const init = ["clinic", "init", "--name", "Harbour Clinic", "--require", "coverage=standard,extended"];
  const { serviceId } = await s.json<{ serviceId: string }>(init, clinic);
  const early = await s.run(["clinic", "token"], clinic);
  expect(early).toMatchObject({ code: 1, stdout: "" }); // nobody knows the clinic yet
  expect(early.stderr).toContain("symbolon clinic register");
  expect(await s.json(["clinic", "register"], clinic)).toEqual({ serviceId, registered: true });

  // The patient: the registrar's desk has given a code
  const enrolled = await s.json<{ name: string }>(["patient", "enrol", "--code", await s.code(0)], wallet);
  expect(enrolled.name).toMatch(/\w/);
  for (const name of ["ada.json", "ada.json.mark"]) expect(statSync(at(name)).mode & 0o777).toBe(0o600);

  // The desk watches, in a process of its own
  const watching = s.run(["clinic", "watch", "--json", "--once"], clinic);

  // The check-in: the text of the QR code goes through a pipe
  const invitation = await s.run(["clinic", "challenge", "--text"], clinic);
  expect(invitation.stdout).toMatch(/^SYMBOLON:[A-Z2-7]+\n$/);
  const [one, again] = await Promise.all([
    s.json<{ tid: string; tagHash: string; service: string; shows: unknown[] }>(["patient", "check-in", "-"], {
      ...wallet,
      input: invitation.stdout,
    }),
    s.json<{ tid: string }>(["patient", "check-in", invitation.stdout.trim()], wallet), // two commands share the wallet
  ]);
  expect(one).toMatchObject({ service: "Harbour Clinic", shows: [{ attribute: "coverage", value: "standard" }] });
  expect(again.tid).not.toBe(one.tid);

  // The desk has seen one; who comes later asks for what was before
  const { cursor, ...event } = outcome<{ cursor: string }>(await watching);
  expect(event).toMatchObject({ type: "check-in" });
  const line = await s.run(["clinic", "watch", "--once", "--after", String(Number(cursor) - 1)], clinic);
  expect(line).toMatchObject({ code: 0 });
  expect(line.stdout).toContain("check-in");

  // The clinic sees two sessions and no name
  const sessions = await s.json<{ tid: string; shown: object }[]>(["clinic", "sessions"], clinic);
  expect(sessions.map((x) => x.tid).sort()).toEqual([one.tid, again.tid].sort());
  expect(JSON.stringify(sessions)).not.toContain(enrolled.name.split(" ")[0]);
  expect(await s.json(["clinic", "sessions", "--month", "2001-01"], clinic)).toEqual([]);

  // It files a record, but not while a name stands in it
  const named = file("named.json", observation("Potassium of Odessa Quartermain"));
  const refused = await s.run(["clinic", "file", one.tid, named, "--json"], clinic);
  expect(refused.code).toBe(1);
  const { error } = JSON.parse(refused.stderr) as { error: { code: string; details: string[] } };
  expect(error.code).toBe("identity-found");
  expect(error.details[0]).toContain("code.text");
  const visit = file("visit.json", observation("Potassium"));
  type Filed = { recordId: string; kind: string };
  const filed = await s.json<Filed>(["clinic", "file", one.tagHash, visit], clinic);
  const letter = file("letter.pdf", "%PDF-1.4 a letter");
  const pdf = await s.json<Filed>(["clinic", "file", one.tid.toLowerCase(), letter], clinic);
  expect([filed.kind, pdf.kind]).toEqual([FHIR_JSON, "application/pdf"]);
  const unknown = await s.run(["clinic", "file", one.tid, file("data.bin", "x")], clinic);
  expect(unknown).toMatchObject({ code: 2 });

  // It reads both again
  const records = await s.json<{ recordId: string; state: string }[]>(["clinic", "records", one.tid], clinic);
  expect(records.map((r) => [r.recordId, r.state])).toEqual([filed, pdf].map((r) => [r.recordId, "current"]));
  const content = await s.run(["clinic", "open", filed.recordId], clinic);
  expect(content.stdout).toContain('"value":4.10');
  expect(content.stdout).not.toContain("Quartermain");
  const copy = at("copy.pdf");
  expect((await s.run(["clinic", "open", pdf.recordId, "--session", one.tid, "--out", copy], clinic)).code).toBe(0);
  expect(readFileSync(copy, "utf8")).toBe("%PDF-1.4 a letter");
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  expect((await s.run(["clinic", "open", pdf.recordId, "--out", copy], clinic)).code).toBe(4); // never overwritten
  expect((await s.run(["clinic", "open", "00".repeat(16)], clinic)).code).toBe(1);

  // A corrected version replaces the first, which stays
  const amended = await s.json<Filed>(["clinic", "file", one.tid, visit, "--amend", filed.recordId], clinic);
  const after = await s.json<{ recordId: string; state: string }[]>(["clinic", "records"], clinic);
  expect(after.find((r) => r.recordId === filed.recordId)?.state).toBe("amended");
  expect(after.find((r) => r.recordId === amended.recordId)).toMatchObject({
    state: "current",
    amends: filed.recordId,
  });

  // The patient reads everything, with the own name in it and without asking anybody
  const out = at("report.json");
  expect(await s.json(["patient", "report", "--out", out], wallet)).toMatchObject({ out, records: 3, faults: [] });
  const report = readFileSync(out, "utf8");
  for (const part of ["Potassium", "4.10", "Harbour Clinic", "application/pdf"]) expect(report).toContain(part);

  // curl with the printed token
  const { accessToken, url } = await s.json<{ accessToken: string; url: string }>(["clinic", "token"], clinic);
  const answer = await fetch(`${url}/sessions`, { headers: { authorization: `Bearer ${accessToken}` } });
  expect(((await answer.json()) as { sessions: unknown[] }).sessions).toHaveLength(2);
  expect((await fetch(`${url}/sessions`)).status).toBeGreaterThanOrEqual(400); // control

  // The log holds the clinic's card, and its reader remembers it
  type Log = { size: number; from: number; news: Record<string, number> };
  const log = await s.json<Log>(["log", "verify"], clinic);
  expect(log.news.service).toBe(1);
  expect(await s.json<Log>(["log", "verify"], clinic)).toMatchObject({ from: log.size, news: {} });
});

it("tells a patient's mistakes in one line", async () => {
  const s = here();
  const wallet = { env: { SYMBOLON_WALLET: await s.patient(1) } };
  const cut = await s.run(["patient", "check-in", "SYMBOLON:AEAAAAH3"], wallet);
  expect(cut).toMatchObject({ code: 1 });
  expect(cut.stderr).toContain("symbolon clinic challenge --text");
  const used = await s.run(["patient", "enrol", "--code", `${"00".repeat(16)}.AAAA`], {
    env: { SYMBOLON_WALLET: join(s.path, "nobody.json") },
  });
  expect(used.code).toBe(1);
  // A copied wallet file without its mark is found out, and must not check in
  const copy = join(s.path, "copied.json");
  writeFileSync(copy, readFileSync(wallet.env.SYMBOLON_WALLET), { mode: 0o600 });
  const shown = await s.json<{ copied: boolean }>(["patient", "show", "--wallet", copy]);
  expect(shown.copied).toBe(true);
  expect((await s.json<{ copied: boolean }>(["patient", "show"], wallet)).copied).toBe(false); // control
  // The original's environment is needed: without a deployment nothing runs
  expect((await symbolon(["patient", "show", "--wallet", copy])).code).toBe(2);
});

/** Serves the files of a folder, and the deployment, as an app's Worker does. */
async function serveApp(folder: string, deployment: () => unknown): Promise<{ url: string; stop(): void }> {
  const server = createServer((request, response) => {
    const path = request.url === "/" ? "/index.html" : request.url!;
    if (path === "/deployment.json") return response.end(JSON.stringify(deployment()));
    const file = join(folder, path);
    if (!existsSync(file)) return response.writeHead(404).end();
    return response.end(readFileSync(file));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, stop: () => void server.close() };
}

it("compares the files that an address serves with the published builds", async () => {
  const s = here();
  const folder = join(s.path, "wallet-build");
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  const files = ["assets/index.js", "index.html"];
  write("index.html", '<script src="/assets/index.js"></script>');
  write("assets/index.js", "console.log(1)");
  write("build.json", JSON.stringify({ app: "wallet", hash: "of no meaning", files }));
  let served: unknown = { ...s.practice.deployment, walletUrl: "http://127.0.0.1:1" };
  const app = await serveApp(folder, () => served);
  const refusal = async (...args: string[]): Promise<[number | null, string]> => {
    const { code, stderr } = await s.run(["log", "builds", ...args, "--json"]);
    const { error } = JSON.parse(stderr) as { error: { code: string } };
    return [code, error.code];
  };
  try {
    expect(await refusal(app.url)).toEqual([5, "build-none"]);
    expect(await s.json(["log", "builds"])).toEqual({ builds: [] });

    // The operator publishes. A second time changes nothing.
    const publish = ["operator", "publish", folder, "--source", "v1"];
    const { builds } = await s.json<{ builds: [{ hash: string }] }>(publish);
    expect(builds).toMatchObject([{ app: "wallet", version: 1, source: "v1", isNew: true }]);
    expect((await s.json<{ builds: unknown[] }>(publish)).builds).toMatchObject([{ version: 1, isNew: false }]);
    const { hash } = builds[0];
    expect((await s.json<{ builds: unknown[] }>(["log", "builds"])).builds).toMatchObject([{ app: "wallet", hash }]);
    for (const place of [app.url, `${app.url}/`, folder])
      expect(await s.json(["log", "builds", place])).toMatchObject({ app: "wallet", version: 1, source: "v1", hash });
    expect((await s.run(["log", "builds", app.url])).stdout).toContain("matches");
    expect((await s.json<{ news: object }>(["log", "verify"])).news).toMatchObject({ "app-build": 1 });

    // One byte of one file differs.
    write("assets/index.js", "console.log(2)");
    const told = await s.run(["log", "builds", app.url]);
    expect([told.code, told.stdout]).toEqual([5, ""]);
    expect(told.stderr).toContain("does not have a build that the log knows");
    expect(told.stderr).toContain(hash);
    expect(await refusal(folder)).toEqual([5, "build-other"]);

    // A list that says the old hash, hides the file or names one that is not there helps nothing.
    write("build.json", JSON.stringify({ app: "wallet", hash, files: ["index.html"] }));
    expect(await refusal(app.url)).toEqual([5, "build-other"]);
    write("build.json", JSON.stringify({ app: "wallet", hash, files: [...files, "assets/gone.js"] }));
    expect(await refusal(app.url)).toEqual([5, "bad-build"]);
    for (const bad of [
      ["assets/index.js"],
      [...files, "../admin.key"],
      [...files, "index.html"],
      "index.html",
      undefined,
    ]) {
      write("build.json", JSON.stringify({ app: "wallet", hash, files: bad }));
      expect(await refusal(app.url), String(bad)).toEqual([5, "bad-build"]);
    }
    write("build.json", JSON.stringify({ app: "purse", hash, files }));
    expect(await refusal(app.url)).toEqual([5, "bad-build"]);

    // The next build is published under the next version; the files of the one before are old then.
    write("build.json", JSON.stringify({ app: "wallet", files }));
    const next = await s.json<{ builds: unknown[] }>(["operator", "publish", folder, "--source", "v2"]);
    expect(next.builds).toMatchObject([{ version: 2, isNew: true }]);
    expect(await s.json(["log", "builds", app.url])).toMatchObject({ version: 2, source: "v2" });
    write("assets/index.js", "console.log(1)");
    expect(await refusal(app.url)).toEqual([5, "build-older"]);
    write("assets/index.js", "console.log(2)");

    // The right files with the keys of another system
    served = { ...s.practice.deployment, logVkey: "another log" };
    const other = await s.run(["log", "builds", app.url]);
    expect(other.code).toBe(5);
    expect(other.stderr).toContain("\nlogVkey\n");

    // Without the administrator's key nothing is believed, and a stranger's key publishes nothing.
    const { adminKey: _, ...without } = s.practice.deployment;
    const blind = await s.run(["log", "builds", app.url], { env: { SYMBOLON_DEPLOYMENT: JSON.stringify(without) } });
    expect([blind.code, blind.stderr]).toEqual([5, expect.stringContaining("adminKey")]);
    write("assets/index.js", "console.log(3)");
    const stranger = await s.run(publish, { env: { SYMBOLON_ADMIN_KEY: "11".repeat(32) } });
    expect([stranger.code, stranger.stdout]).toEqual([1, ""]);
    expect(await refusal(app.url)).toEqual([5, "build-other"]);
    app.stop();
    expect((await refusal(app.url))[0]).toBe(3);
  } finally {
    app.stop();
  }
});
