// A registrar on this machine that serves what a test gives it: the checks that follow the registrar fetch from it.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Registrar {
  url: string;
  /** per path, the body; a missing one is answered with 404 */
  serves: Map<string, Uint8Array | string>;
  /** the paths that were asked for */
  asked: string[];
  stop(): void;
}

export async function startRegistrar(): Promise<Registrar> {
  const serves = new Map<string, Uint8Array | string>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    const body = serves.get(request.url!);
    response.writeHead(body === undefined ? 404 : 200);
    response.end(body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, serves, asked, stop: () => server.close() };
}
