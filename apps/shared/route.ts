// The screen that the address names. An address is "/", or "/screen/part"; what must not reach a server stands in the fragment.

import { signal } from "@preact/signals";

export const path = signal(location.pathname);
/** the part behind "#", decoded; empty if there is none */
export const fragment = signal(readFragment());

function readFragment(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

function follow(): void {
  path.value = location.pathname;
  fragment.value = readFragment();
}

/** Goes to a screen of this app. */
export function go(to: string, { replace = false } = {}): void {
  if (to === location.pathname + location.search + location.hash) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  follow();
}

/** Makes links of this app change the screen without loading the page anew. Call it once at the start. */
export function followLinks(): void {
  addEventListener("popstate", follow);
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest?.("a");
    if (!link || link.origin !== location.origin || link.target !== "" || link.hasAttribute("download")) return;
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
}
