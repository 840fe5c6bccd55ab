// What the page knows of the person's links.

import { signal } from "@preact/signals";
import type { ShareView } from "../engine/share.ts";
import { engine } from "../remote.ts";

export const shares = signal<readonly ShareView[] | undefined>(undefined);
/** the link that /share/link shows, by its `made` */
export const chosen = signal<number | undefined>(undefined);

export async function lookAtShares(): Promise<void> {
  shares.value = await engine.shares();
}
