// Asking one isolate of a local host by workerd's inspector (Chrome's DevTools protocol). The host must have been started
// with an inspectorPort. Isolates: core:user:service (that role's Worker and its Durable Objects; so for every role),
// d1:db and r2:bucket (the stand-ins of D1 and R2).

import { createRequire } from "node:module";
import type { Host } from "../local/host.ts";

export interface Isolate {
  ask<T>(method: string, params?: object): Promise<T>;
  close(): void;
}

export async function attachTo({ miniflare }: Pick<Host, "miniflare">, isolate: string): Promise<Isolate> {
  // miniflare's own: the inspector wants an Origin, which Node's WebSocket does not send
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
    if (id === undefined) return; // an event
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

/** What an isolate holds, in bytes: objects, the platform's objects that stand behind them, and ArrayBuffers. */
export async function heldBytes({ ask }: Isolate): Promise<number> {
  const { usedSize, embedderHeapUsedSize, backingStorageSize } = await ask<{
    usedSize: number;
    embedderHeapUsedSize: number;
    backingStorageSize: number;
  }>("Runtime.getHeapUsage");
  return usedSize + embedderHeapUsedSize + backingStorageSize;
}
