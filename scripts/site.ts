// Makes gen/site/, the static files that the service Worker serves (wrangler.toml): the page of its API at /docs, its OpenAPI
// document, and a page per problem code. `npm run …` makes it in the set-up.
//
// The page is swagger-ui, copied from node_modules. Nothing is inline and nothing comes from another origin, so the strict
// Content-Security-Policy of functions/service/pages.ts holds.

import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PROBLEM_PAGES } from "../api/problem-pages.ts";
import { PROBLEMS, type ProblemCode } from "../api/problems.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const site = join(root, "gen/site");
const swaggerUi = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

/** No `<` may stand in it: no text of this repository has one. */
const page = (title: string, stylesheet: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${stylesheet}">
</head>
<body>
${body}
</body>
</html>
`;

const DOCS = page(
  "Symbolon service: the API",
  "/docs/swagger-ui.css",
  `<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>`,
);

const START = `window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  // The default asks a server of another origin whether the document is good.
  validatorUrl: null,
});
`;

const STYLE = `body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }
code { font-size: 1.1em; }
`;

function problemPage(code: ProblemCode): string {
  const [status, title] = PROBLEMS[code];
  const { when, remedy } = PROBLEM_PAGES[code];
  return page(
    `Problem: ${code}`,
    "/problems/style.css",
    `<h1><code>${code}</code></h1>
<p>HTTP status ${status}. ${title}</p>
<h2>When it comes</h2>
<p>${when}</p>
<h2>What to do</h2>
<p>${remedy}</p>
<p><a href="/docs">The whole API</a></p>`,
  );
}

/** Makes all files anew. */
export function makeSite(): void {
  rmSync(site, { recursive: true, force: true });
  mkdirSync(join(site, "docs"), { recursive: true });
  mkdirSync(join(site, "problems"));
  for (const file of ["swagger-ui.css", "swagger-ui-bundle.js"])
    copyFileSync(join(swaggerUi, file), join(site, "docs", file));
  writeFileSync(join(site, "docs/index.html"), DOCS);
  writeFileSync(join(site, "docs/start.js"), START);
  const document: unknown = JSON.parse(readFileSync(join(root, "docs/openapi/service.json"), "utf8"));
  writeFileSync(join(site, "openapi.json"), JSON.stringify(document));
  writeFileSync(join(site, "problems/style.css"), STYLE);
  for (const code of Object.keys(PROBLEMS) as ProblemCode[])
    writeFileSync(join(site, `problems/${code}.html`), problemPage(code));
}

if (import.meta.main) makeSite();
