// Hosts the web apps of a local system: one Worker and one port per app, with the files of gen/apps. Each app has a host name of
// its own under localhost, because a browser keeps passkeys by host name, and takes no address for one.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_readConfig } from "wrangler";
import type { Deployment } from "../client/index.ts";
import { bundleWorker } from "./bundles.ts";
import { DEFAULT_PORTS, DEFAULT_TRUSTEES, freePorts } from "./host.ts";
import type { TourStage } from "./tour.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Where the apps of a deployment are. They stand in /deployment.json beside the addresses of the roles. */
export interface AppUrls {
  walletUrl: string;
  deskUrl: string;
  registrarDeskUrl: string;
  viewerUrl: string;
  /** the app of trustee i's officers at [i - 1] */
  officerUrls: string[];
  tourUrl: string;
}
export interface RunningApps {
  urls: AppUrls;
  stop(): Promise<void>;
}

/** Ports that the apps of a deployment with so many trustees take. */
const appPorts = (trustees: number): number => 5 + trustees;
/** Ports that `npm start` takes: one per role, then one per app. */
export const START_PORTS = DEFAULT_PORTS + appPorts(DEFAULT_TRUSTEES);

/** The tour's Worker answers below /stage/ from this process. No other app has such a door, and no deployed Worker. */
const TOUR_SCRIPT = `import app from "./app.mjs";
export default {
  fetch(request, env) {
    return new URL(request.url).pathname.startsWith("/stage/") ? env.STAGE.fetch(request) : app.fetch(request, env);
  },
};`;

/** Only the tour's own page may ask: a page of another site, under whatever name it reached this port, gets nothing. */
async function answerTour(
  stage: TourStage,
  request: { url: string; headers: Pick<Headers, "get"> },
): Promise<Response> {
  const { hostname, pathname } = new URL(request.url);
  const site = request.headers.get("sec-fetch-site") ?? "same-origin";
  if (hostname !== "tour.localhost" || site !== "same-origin") return new Response(null, { status: 403 });
  try {
    const found = await stage.answer(pathname);
    return found === undefined ? new Response(null, { status: 404 }) : Response.json(found);
  } catch (cause) {
    return Response.json({ title: String(cause) }, { status: 500 });
  }
}

/**
 * Starts every app.
 * @param port the first of `appPorts` consecutive ports; by default any free ones
 * @param stage lets the tour play every party; without it the tour says that it cannot be played here
 */
export async function startApps(deployment: Deployment, port?: number, stage?: TourStage): Promise<RunningApps> {
  const officers = deployment.trusteeUrls.map((_, i) => `officer-${i + 1}`);
  const names = ["tour", "wallet", "desk", "registrar-desk", "viewer", ...officers];
  const ports = port === undefined ? await freePorts(names.length) : names.map((_, i) => port + i);
  const urlOf = (name: string): string => `http://${name}.localhost:${ports[names.indexOf(name)]}`;
  const urls: AppUrls = {
    walletUrl: urlOf("wallet"),
    deskUrl: urlOf("desk"),
    registrarDeskUrl: urlOf("registrar-desk"),
    viewerUrl: urlOf("viewer"),
    officerUrls: officers.map(urlOf),
    tourUrl: urlOf("tour"),
  };
  const script = await bundleWorker("functions/app.ts");
  const workers = names.map((name, i) => {
    const env = name.startsWith("officer-") ? "officer-1" : name;
    const config = unstable_readConfig(
      { config: join(root, "wrangler.toml"), env: name === "tour" ? "viewer" : env },
      { hideWarnings: true },
    );
    const directory = name === "tour" ? "gen/apps/tour" : config.assets!.directory!;
    return {
      name,
      compatibilityDate: config.compatibility_date!,
      compatibilityFlags: config.compatibility_flags,
      modules:
        name === "tour" && stage
          ? [
              { type: "ESModule" as const, path: "tour.mjs", contents: TOUR_SCRIPT },
              { type: "ESModule" as const, path: "app.mjs", contents: script },
            ]
          : [{ type: "ESModule" as const, path: `${name}.mjs`, contents: script }],
      ...(name === "tour" && stage && { serviceBindings: { STAGE: (request: Request) => answerTour(stage, request) } }),
      bindings: {
        CAMERA: String(config.vars.CAMERA),
        DEPLOYMENT: JSON.stringify({ ...deployment, ...urls, ...(env === "officer-1" && { trustee: i - 4 }) }),
      },
      assets: {
        directory: join(root, directory),
        binding: "APP",
        run_worker_first: true,
        routerConfig: { invoke_user_worker_ahead_of_assets: true, has_user_worker: true },
        assetConfig: { html_handling: "none" },
      },
      unsafeDirectSockets: [{ host: "127.0.0.1", port: ports[i]! }],
    };
  });
  const miniflare = new Miniflare(convertV4MiniflareOptions({ cf: false, port: 0, workers } as never));
  await miniflare.ready;
  return { urls, stop: () => miniflare.dispose() };
}
