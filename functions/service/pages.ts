// Pages for people, from static files that scripts/site.ts makes: the API, its OpenAPI document, and the problem codes.
//
// The pages run their own scripts and styles alone, and speak to this origin alone. So neither a fault in swagger-ui nor a text
// in the document can send a token elsewhere.

import type { Context } from "hono";
import { PAGES } from "../../api/service/pages.ts";
import type { ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { serve } from "../shared/serve.ts";

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** @throws Problem not-found */
async function file(c: Context<{ Bindings: ServiceEnv }>, path: string): Promise<Response> {
  const etag = c.req.header("if-none-match");
  const found = await c.env.ASSETS.fetch(new URL(path, c.req.url).href, {
    headers: etag === undefined ? {} : { "if-none-match": etag },
  });
  if (!found.ok && found.status !== 304) throw new Problem("not-found");
  const answer = new Response(found.body, found);
  answer.headers.set("content-security-policy", POLICY);
  answer.headers.set("referrer-policy", "no-referrer");
  answer.headers.set("cache-control", "public, max-age=300");
  return answer;
}

export function registerPages(app: RoleApp<ServiceEnv>): void {
  serve(app, PAGES.readOpenApi, (c) => file(c, "/openapi.json"));
  serve(app, PAGES.readDocs, (c) => file(c, "/docs/index.html"));
  serve(app, PAGES.readDocsFile, (c, { params }) => file(c, `/docs/${params.file}`));
  serve(app, PAGES.readProblem, (c, { params: { code } }) =>
    file(c, `/problems/${code}${code.endsWith(".css") ? "" : ".html"}`),
  );
}
