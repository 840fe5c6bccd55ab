// Serves one web app: the static files of gen/apps/<name>, and /deployment.json, which tells the app where the roles are. The
// Worker of an app has no other binding, so it holds no key and no data. Each app has an origin of its own: a fault in one app
// reaches neither the store nor the passkeys of another.
//
// The same files serve every deployment. The Content-Security-Policy names the deployment's own roles, so the app talks to
// nobody else.

import { type AppEnv, fileOf, headersFor } from "./app/files.ts";

export default {
  async fetch(request: Request, env: AppEnv): Promise<Response> {
    const headers = headersFor(env, new URL(request.url).pathname);
    if (request.method !== "GET" && request.method !== "HEAD")
      return new Response(null, { status: 405, headers: { ...headers, allow: "GET, HEAD" } });
    return fileOf(env, request, headers);
  },
};
