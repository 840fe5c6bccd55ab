// Where the Workers' randomness comes from: the runtime. protocol/ is given it, and has none of its own.

import type { Rng } from "../../protocol/bytes.ts";

export const rng: Rng = (n) => crypto.getRandomValues(new Uint8Array(n));
