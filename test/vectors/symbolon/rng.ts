//   rng(name)  SHAKE128 of the ASCII string "symbolon/vectors/v1/" ‖ name, read as one endless stream: each draw takes
//              the next n bytes. Scalars are drawn as 48 bytes, big-endian, mod r (0 is drawn again).

import { shake128 } from "@noble/hashes/sha3.js";
import { type Rng, utf8ToBytes } from "../../../protocol/bytes.ts";

export function rngOf(name: string): Rng {
  const stream = shake128.create().update(utf8ToBytes(`symbolon/vectors/v1/${name}`));
  return (n) => stream.xof(n);
}
