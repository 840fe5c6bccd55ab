// The service worker: the app starts without network, and a new version waits until the person takes it.

import { signal } from "@preact/signals";
import { scriptUrl } from "./trusted.ts";

/** the new version that waits */
export const waiting = signal<ServiceWorker | undefined>(undefined);

let isTaken = false;

export async function startOffline(): Promise<void> {
  const { serviceWorker } = navigator;
  if (serviceWorker === undefined) return;
  serviceWorker.addEventListener("controllerchange", () => {
    if (isTaken) location.reload();
  });
  const registration = await serviceWorker.register(scriptUrl("/service-worker.js")).catch(() => undefined);
  if (!registration) return; // a private window may refuse it; the app then needs the network
  const look = (): void => {
    if (serviceWorker.controller && registration.waiting) waiting.value = registration.waiting;
  };
  const watch = (): void => registration.installing?.addEventListener("statechange", look);
  look();
  watch();
  registration.addEventListener("updatefound", watch);
}

export function takeNewVersion(): void {
  isTaken = true;
  waiting.value?.postMessage("take over");
}
