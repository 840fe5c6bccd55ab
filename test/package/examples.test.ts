// The programs of examples/ as a vendor runs them: in a project that has only the package, each in a process of its own,
// against the roles on local workerd. Together they are one visit and one emergency. The older Nodes take part.

import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createRequesterKeys } from "../../client/index.ts";
import { openPractice, type Practice } from "../../local/practice.ts";
import { bytesToHex, toBase64url } from "../../protocol/encodings.ts";

const examples = fileURLToPath(new URL("../../examples", import.meta.url));
const { project, nodes, failure } = inject("installed");
const folder = join(project, "examples");
const path = (name: string): string => join(folder, name);

interface Running {
  /** the objects that it has printed, one a line, as soon as there are so many of them */
  printed(count: number): Promise<Record<string, unknown>[]>;
  /** all of its output, after it has ended with this exit code */
  ended(code?: number): Promise<string>;
}

/** Starts an example. An older Node than the tests' own runs it, if npm had one. */
function start(name: string, major: "20" | "22" | "24", args: string[] = [], input = ""): Running {
  const child = spawn(nodes[major] ?? process.execPath, [`${name}.mjs`, ...args], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      SYMBOLON_DEPLOYMENT: "deployment.json",
      SYMBOLON_KEYS: "clinic.json",
      SYMBOLON_ADMIN_KEY: "admin.key",
      SYMBOLON_REQUESTER: "requester.json",
      CHECK_IN: "check-in.bin",
    },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.end(input);
  const closed = new Promise<number | null>((done) => child.once("close", done));
  const lines = () => stdout.split("\n").slice(0, -1);
  return {
    async printed(count) {
      while (lines().length < count && child.exitCode === null) await new Promise((done) => setTimeout(done, 50));
      if (lines().length < count) throw new Error(`${name} ended too early: ${stderr}`);
      return lines().map((line) => JSON.parse(line));
    },
    async ended(code = 0) {
      expect(await closed, `${name}: ${stderr}`).toBe(code);
      return stdout;
    },
  };
}

describe.skipIf(failure !== undefined)("examples", () => {
  let practice: Practice;
  let invitation: string;
  let desk: Running;
  let enrolment: { account: string; enrolmentCode: string };
  let filed: Record<string, unknown>;

  beforeAll(async () => {
    mkdirSync(folder);
    [practice] = await Promise.all([
      openPractice(),
      build({
        entryPoints: readdirSync(examples).map((name) => join(examples, name)),
        outdir: folder,
        outExtension: { ".js": ".mjs" }, // Node 20 and 22 do not run TypeScript
        format: "esm",
        logLevel: "silent",
      }),
    ]);
    const { deployment, host, operator, transport } = practice;
    writeFileSync(path("deployment.json"), JSON.stringify(deployment));
    writeFileSync(path("admin.key"), bytesToHex(host.adminSecretKey));
    const keys = createRequesterKeys(transport.rng);
    const certificate = await operator.certifyRequester({
      signKey: bytesToHex(keys.signPublicKey),
      sealKey: keys.seal.publicKey,
      name: "Dr. Reed",
      role: "emergency room",
    });
    const kept = {
      signSecretKey: bytesToHex(keys.signSecretKey),
      signPublicKey: bytesToHex(keys.signPublicKey),
      sealSecretKey: bytesToHex(keys.seal.secretKey),
      sealPublicKey: bytesToHex(keys.seal.publicKey),
      certificate: toBase64url(certificate),
    };
    writeFileSync(path("requester.json"), JSON.stringify(kept));
  });
  afterAll(() => practice?.stop());

  it("clinic-keys: the clinic makes its keys, which nobody else can read; operator: the desk registers it", async () => {
    const card = await start("clinic-keys", "22", ["Harbour Clinic"]).ended();
    expect(statSync(path("clinic.json")).mode & 0o777).toBe(0o600);
    await start("clinic-keys", "22").ended(1); // it does not overwrite keys
    enrolment = JSON.parse(await start("operator", "24", [], card).ended());
    expect(enrolment).toEqual({
      serviceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      account: expect.any(String),
      enrolmentCode: expect.any(String),
    });
  });

  it("clinic and wallet: a visit. The wallet reads its own record; the clinic learns no name", async () => {
    desk = start("clinic", "22");
    invitation = JSON.stringify((await desk.printed(1))[0]);
    const { account, enrolmentCode } = enrolment;
    const phone = start("wallet", "20", [account, enrolmentCode], invitation);
    const own = JSON.parse(await phone.ended());
    expect(own.clinic).toBe("Harbour Clinic");
    expect(JSON.stringify(own.name)).toContain("Lovelace");
    expect(JSON.stringify(own.report)).toContain("8867-4");

    const seen = await desk.ended();
    filed = JSON.parse(seen.trim().split("\n")[1]!);
    expect(filed).toMatchObject({ tid: own.tid, shown: { coverage: "standard" } });
    expect(seen).not.toContain("Lovelace");
  });

  it("verify-check-in: anybody can verify the check-in, and a changed one is refused", async () => {
    const verdict = JSON.parse(await start("verify-check-in", "20", ["check-in.bin"]).ended());
    expect(verdict).toEqual({ ok: true, tid: filed.tid, shown: { coverage: "standard" } });
    const altered = readFileSync(path("check-in.bin"));
    altered[1245]! ^= 1; // in the session's key
    writeFileSync(path("altered.bin"), altered);
    expect(JSON.parse(await start("verify-check-in", "24", ["altered.bin"]).ended(1))).toMatchObject({ ok: false });
  });

  it("requester, officer, log: two officers approve, the record opens, and the log has the order", async () => {
    const requester = start("requester", "20", ["check-in.bin"]);
    expect(await requester.printed(1)).toEqual([{ needed: 2 }]);
    for (const trustee of ["1", "2"]) {
      const shown = JSON.parse(await start("officer", "22", [trustee]).ended());
      expect(shown).toMatchObject({ kind: "link", legalGround: "GDPR Article 9(2)(c)" });
    }
    const [, record, ...others] = await requester.printed(2);
    await requester.ended();
    expect(record).toMatchObject({ recordId: filed.recordId, bytes: expect.any(Number) });
    expect(others).toEqual([]);

    const log = JSON.parse(await start("log", "24").ended());
    expect(log.kinds).toHaveLength(log.size);
    expect(log.kinds).toContain("order");
  });

  it("each example is one of those that ran", () => {
    // test/flows/quickstart.test.ts runs webhook.ts
    const ran = [
      "webhook",
      "clinic-keys",
      "clinic",
      "log",
      "officer",
      "operator",
      "requester",
      "verify-check-in",
      "wallet",
    ];
    expect(readdirSync(examples).sort()).toEqual(ran.map((name) => `${name}.ts`).sort());
  });
});
