// A receiver of webhooks: verifies each delivery, then prints it. A delivery says that something changed, and where. It has no
// content and no name.
//
//   node webhook.ts PORT SECRET-FILE
//
// The file has the secret that the service told once (whsec_…). It is read at each delivery, so it may come later.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const [port = "8790", secretFile = "webhook-secret"] = process.argv.slice(2);

createServer(async (request, response) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString("utf8");
  try {
    const secret = readFileSync(secretFile, "utf8").trim();
    const event = new Webhook(secret).verify(body, request.headers as Record<string, string>);
    console.log(JSON.stringify(event));
    response.writeHead(204).end();
  } catch (error) {
    console.error(`refused: ${(error as Error).message}`);
    response.writeHead(401).end();
  }
}).listen(Number(port), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${port}/`));
