// A receiver of webhooks on loopback, for tests. It keeps every request that arrives.

import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Arrived {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}
export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly arrived: Arrived[];
  /** how the next requests are answered; 204 by default */
  answer: (response: ServerResponse, request: Arrived) => void;
  stop(): Promise<void>;
}

const one = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

export async function openReceiver(): Promise<Receiver> {
  const arrived: Arrived[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const all = { path: request.url ?? "", headers: one(request.headers), body: Buffer.concat(chunks).toString() };
      arrived.push(all);
      receiver.answer(response, all);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    arrived,
    answer: (response) => response.writeHead(204).end(),
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
