// Free ports for tests that start servers as a user does.

import { createServer } from "node:net";

export const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer()
      .once("error", () => done(false))
      .listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });

/** The first of `count` consecutive free ports, below the range that systems give to outgoing connections. */
export async function freeRange(count: number): Promise<number> {
  for (let base = 20_000 + (process.pid % 1000) * 10; base < 32_000; base += count) {
    const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(base + i)));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`no ${count} consecutive free ports`);
}
