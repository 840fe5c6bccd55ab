// The randomness of the Workers comes from the runtime. protocol/ has no randomness of its own and receives this function.

import type { Rng } from "../../protocol/bytes.ts";

export const rng: Rng = (n) => crypto.getRandomValues(new Uint8Array(n));
