// Bound to another address than loopback: over TLS, with a token only. The certificate in tls/ is for this test alone.

import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import { observation, openWorld, type World } from "./support.ts";

const file = (name: string) => fileURLToPath(new URL(`tls/${name}`, import.meta.url));
const ca = readFileSync(file("cert.pem"));

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

function ask(
  port: string,
  path: string,
  { method = "GET", headers = {}, body = "" } = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path: `/fhir${path}`, method, headers, ca }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      answer.on("end", () =>
        resolve({ status: answer.statusCode!, body: JSON.parse(text) as Record<string, unknown> }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

it("serves a client that authenticates, within its scopes, and nobody else", async () => {
  const { publicKey, privateKey } = await generateKeyPair("ES384", { extractable: true });
  const clients = join(world.directory, "clients.json");
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "1", alg: "ES384" }] };
  const scope = "system/Observation.crs system/Patient.r";
  writeFileSync(clients, JSON.stringify({ clients: [{ client_id: "record-system", jwks, scope }] }));
  const tls = ["--tls-cert", file("cert.pem"), "--tls-key", file("key.pem")];
  const gateway = await world.gateway(["--host", "0.0.0.0", ...tls, "--clients", clients], { state: "remote" });
  const { tid } = await world.visit();
  const { port, protocol } = new URL(gateway.base);
  expect(protocol).toBe("https:");
  expect((await ask(port, "/metadata")).body).toMatchObject({ rest: [{ security: { service: [{}] } }] });
  const refused = await ask(port, `/Patient/${tid}`);
  expect([refused.status, refused.body.resourceType]).toEqual([401, "OperationOutcome"]);

  const configuration = (await ask(port, "/.well-known/smart-configuration")).body;
  const assertion = await new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: "ES384", kid: "1" })
    .setIssuer("record-system")
    .setSubject("record-system")
    .setAudience(configuration.token_endpoint as string)
    .setExpirationTime("2m")
    .sign(privateKey);
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion,
  }).toString();
  const post = { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: form };
  const token = await ask(port, "/auth/token", post);
  expect(token).toMatchObject({ status: 200, body: { token_type: "bearer", scope } });
  expect(await ask(port, "/auth/token", post)).toMatchObject({ status: 401, body: { error: "invalid_client" } });

  const headers = { authorization: `Bearer ${token.body.access_token}`, "content-type": "application/fhir+json" };
  expect((await ask(port, `/Patient/${tid}`, { headers })).status).toBe(200);
  const body = JSON.stringify(observation(tid));
  const made = await ask(port, "/Observation", { method: "POST", headers, body });
  expect(made.status).toBe(201);
  expect((await ask(port, `/Observation/${made.body.id}`, { method: "DELETE", headers })).status).toBe(403);
  const bundle = {
    resourceType: "Bundle",
    type: "batch",
    entry: [{ request: { method: "DELETE", url: `Observation/${made.body.id}` } }],
  };
  expect((await ask(port, "", { method: "POST", headers, body: JSON.stringify(bundle) })).status).toBe(403);
  expect((await ask(port, `/Observation/${made.body.id}`, { headers })).status).toBe(200);
});
