// One act at a time, with its wait and its fault. A screen shows `busy` and `fault`; a second tap on a button does nothing.

import { signal } from "@preact/signals";
import { RemoteError } from "./remote.ts";

export const busy = signal<string | undefined>(undefined);
export const fault = signal<RemoteError | undefined>(undefined);
/** of the act at work, if it counts: done, and of how many */
export const progress = signal<{ done: number; of: number } | undefined>(undefined);

/**
 * Runs an act. Its error becomes `fault`, for the screen to say in plain words.
 * @param words what is being done, for the person who waits
 */
export async function doing<T>(words: string, act: () => Promise<T>): Promise<T | undefined> {
  if (busy.value !== undefined) return undefined;
  busy.value = words;
  fault.value = undefined;
  progress.value = undefined;
  try {
    return await act();
  } catch (cause) {
    fault.value =
      cause instanceof RemoteError ? cause : new RemoteError({ message: String(cause), kind: (cause as Error).name });
    return undefined;
  } finally {
    busy.value = undefined;
    progress.value = undefined;
  }
}

/** What a screen loads when it opens. It waits for an act that is still at work, such as the load of the screen before. */
export async function loading<T>(words: string, act: () => Promise<T>): Promise<T | undefined> {
  while (busy.value !== undefined) await settled();
  return doing(words, act);
}

/** Until the act at work has ended. */
const settled = (): Promise<void> =>
  new Promise((resolve) => {
    const stop = busy.subscribe((words) => {
      if (words !== undefined) return;
      queueMicrotask(() => stop());
      resolve();
    });
  });
