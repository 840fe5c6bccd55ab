// The service worker of the apps that start without network: the wallet and the desk. At the install it keeps the files of this
// build that a start needs; the others it keeps when they are first used. It keeps nothing of any role's API. A new version
// waits until the page says "take over", so that no page mixes two builds.

export {}; // a module, so that `self` may be told what it is

declare const self: ServiceWorkerGlobalScope;

const CACHE = `app-${BUILD.version}`;
const DEPLOYMENT = "/deployment.json";
/** What "About this app" hashes beside the app's files. Kept too, so that it hashes the build that runs here, not the next one. */
const OF_THIS_BUILD = ["/build.json", "/service-worker.js"];
/** after which an answer from the last time is as good */
const PATIENCE_MS = 3000;

/** A face has a file per script. Latin text needs one of them, and a start in another script loads its own. */
const isNeeded = (file: string): boolean => !/\.woff2?$/.test(file) || /-latin-wght/.test(file);

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) =>
        cache.addAll(
          [...BUILD.files.filter(isNeeded), ...OF_THIS_BUILD, DEPLOYMENT].map(
            (file) => new Request(file, { cache: "no-cache" }),
          ),
        ),
      ),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("message", ({ data }) => {
  if (data === "take over") void self.skipWaiting();
});

async function keep(request: Request): Promise<Response> {
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(CACHE)).put(request, answer.clone());
  return answer;
}

async function fileOf(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const found = await cache.match(request.mode === "navigate" ? "/" : request, { ignoreVary: true });
  return found ?? (request.mode === "navigate" ? fetch(request) : keep(request));
}

/** Where the roles are: the newest answer, or the last one if there is no network. */
async function deploymentOf(request: Request): Promise<Response> {
  const kept = await (await caches.open(CACHE)).match(DEPLOYMENT);
  const asked = keep(request);
  if (!kept) return asked;
  const late = new Promise<Response>((answer) => setTimeout(() => answer(kept), PATIENCE_MS));
  return Promise.race([asked.catch(() => kept), late]);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  event.respondWith(pathname === DEPLOYMENT ? deploymentOf(request) : fileOf(request));
});
