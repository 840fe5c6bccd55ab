// `symbolon gateway`: starts the server, says where it is, and stops at a signal.

import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { systemTransport, type Transport } from "../client/index.ts";
import { Access } from "./access.ts";
import { Gateway } from "./gateway.ts";
import { BASE_PATH, httpApp } from "./http.ts";
import { Rest } from "./rest.ts";
import { readSettings, type Settings, USAGE, UsageError } from "./settings.ts";

/** A request that the edge does not answer counts as failed after this time. The largest record takes so long on a slow line. */
const EDGE_TIMEOUT_MS = 60_000;
const transport: Transport = {
  ...systemTransport(),
  fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(EDGE_TIMEOUT_MS) }),
};

/** @returns the exit code */
export async function gatewayCommand(args: readonly string[]): Promise<number> {
  let settings: Settings | "help";
  try {
    settings = readSettings(args, process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\nRun with --help for the options.`);
    return 2;
  }
  if (settings === "help") {
    console.log(USAGE);
    return 0;
  }
  try {
    return await run(settings);
  } catch (error) {
    console.error(`The gateway cannot start: ${(error as Error).message}`);
    return 1;
  }
}

async function run(settings: Settings): Promise<number> {
  const { host, port, tls, clients } = settings;
  // The port is taken first: the URLs that the server makes have it, and a port in use is told before anything is read.
  let app: Hono = new Hono();
  const fetch = (request: Request, ...rest: unknown[]) => app.fetch(request, ...(rest as []));
  const server = createAdaptorServer(
    tls
      ? { fetch, createServer: createHttps, serverOptions: { ...tls, minVersion: "TLSv1.2" } }
      : { fetch, createServer: createHttp },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  // An address that means all of the machine's is no name by which a client could come back.
  const named = /^(?:0\.0\.0\.0|::)$/.test(host) ? hostname() : host;
  const name = named.includes(":") ? `[${named}]` : named;
  const origin = settings.publicUrl ?? `${tls ? "https" : "http"}://${name}:${bound}`;
  const base = `${origin}${BASE_PATH}`;
  const log = (line: string): void => console.error(`${new Date().toISOString()} ${line}`);
  const gateway = new Gateway({ ...settings, transport, base, log });
  const access = clients && new Access(clients, base);
  const hosts = access
    ? undefined
    : [new URL(origin).host, `${name}:${bound}`, `localhost:${bound}`, `127.0.0.1:${bound}`, `[::1]:${bound}`];
  app = httpApp({ gateway, access, hosts, rest: new Rest(gateway, { secured: access !== undefined }) });
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  gateway.start();
  console.log(`FHIR R4 server of ${settings.keys.name}: ${base}`);
  await stopped;
  server.close();
  gateway.stop();
  return 0;
}
