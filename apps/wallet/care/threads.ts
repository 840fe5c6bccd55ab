// The visits with their messages, as this page has them.

import { signal } from "@preact/signals";
import type { ThreadView } from "./views.ts";

export const threads = signal<ThreadView[] | undefined>(undefined);

/** Puts a thread that changed in its place. */
export function show(changed: ThreadView): void {
  threads.value = threads.value?.map((thread) => (thread.tagHash === changed.tagHash ? changed : thread));
}
