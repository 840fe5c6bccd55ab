// One tab of an app at a time. The worker of the tab holds a Web Lock for as long as it lives. Another tab can ask for it: then the
// first one lets go and says so.

import { tell } from "./remote.ts";

const LOCK = "app";
const CHANNEL = "one-tab";

let letGo: (() => void) | undefined;

/** Whether this tab has the app now. With `take`, the tab that has it is asked to let go. */
export function holdApp({ take = false } = {}): Promise<boolean> {
  if (letGo) return Promise.resolve(true);
  if (take) new BroadcastChannel(CHANNEL).postMessage("let go");
  return new Promise((answer) => {
    const options: LockOptions = take ? {} : { ifAvailable: true };
    void navigator.locks.request(LOCK, options, (lock) => {
      answer(lock !== null);
      if (lock === null) return undefined;
      return new Promise<void>((release) => {
        letGo = release;
      });
    });
  });
}

/** Lets go when another tab asks, after `before` has put everything away. The page hears "moved". */
export function yieldToOthers(before: () => void | Promise<void>): void {
  new BroadcastChannel(CHANNEL).addEventListener("message", async () => {
    const release = letGo;
    if (!release) return;
    letGo = undefined;
    await before();
    release();
    tell("moved", undefined);
  });
}
