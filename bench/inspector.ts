// Talks to one isolate of a local host through workerd's inspector (Chrome's DevTools protocol). The host must be started with
// an `inspectorPort`. Names of isolates: core:user:service (that role's Worker and its Durable Objects; likewise for every
// role), d1:db and r2:bucket (Miniflare's stand-ins for D1 and R2).

import { createRequire } from "node:module";
import type { Host } from "../local/host.ts";

export interface Isolate {
  ask<T>(method: string, params?: object): Promise<T>;
  close(): void;
}

export async function attachTo({ miniflare }: Pick<Host, "miniflare">, isolate: string): Promise<Isolate> {
  // Miniflare's own WebSocket, because the inspector needs an Origin header and Node's WebSocket sends none.
  const WebSocket = createRequire(createRequire(import.meta.url).resolve("miniflare"))("ws");
  const socket = new WebSocket(`${(await miniflare.getInspectorURL()).origin}/${isolate}`, {
    origin: "http://localhost",
  });
  await new Promise((done, failed) => {
    socket.onopen = done;
    socket.onerror = failed;
  });
  let last = 0;
  const waiting = new Map<number, (result: unknown) => void>();
  socket.onmessage = ({ data }: { data: string }) => {
    const { id, result } = JSON.parse(data) as { id?: number; result: unknown };
    if (id === undefined) return; // this is an event, not an answer
    waiting.get(id)?.(result);
    waiting.delete(id);
  };
  return {
    ask: <T>(method: string, params: object = {}) =>
      new Promise<T>((done) => {
        waiting.set(++last, done as (result: unknown) => void);
        socket.send(JSON.stringify({ id: last, method, params }));
      }),
    close: () => socket.close(),
  };
}

/** Bytes that an isolate holds: JavaScript objects, the platform's objects behind them, and ArrayBuffers. */
export async function heldBytes({ ask }: Isolate): Promise<number> {
  const { usedSize, embedderHeapUsedSize, backingStorageSize } = await ask<{
    usedSize: number;
    embedderHeapUsedSize: number;
    backingStorageSize: number;
  }>("Runtime.getHeapUsage");
  return usedSize + embedderHeapUsedSize + backingStorageSize;
}
