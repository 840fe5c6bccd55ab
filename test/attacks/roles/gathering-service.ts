// Takes the place of functions/service.ts in the streaming test: a service that gathers every body, of a request and of an
// answer, before it passes anything on.

import service from "../../../functions/service.ts";
import type { ServiceEnv } from "../../../functions/shared/env.ts";

export { ReplayWindow } from "../../../functions/service.ts";

async function gathered(request: Request): Promise<Request> {
  if (!request.body) return request;
  const parts: Uint8Array[] = [];
  for await (const part of request.body as ReadableStream<Uint8Array>) parts.push(part);
  const { method, headers } = request;
  return new Request(request.url, { method, headers, body: new Blob(parts).stream() });
}

export default {
  async fetch(request, env, ctx) {
    const answer = await service.fetch((await gathered(request)) as typeof request, env, ctx);
    return new Response(await answer.arrayBuffer(), answer);
  },
} satisfies ExportedHandler<ServiceEnv>;
