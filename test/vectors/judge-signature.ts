// Judges signature-faults.json with both verifiers of Ed25519. They must agree on every entry.

import { nativeVerify } from "../../engine/ed25519.ts";
import { nobleVerify } from "../../protocol/ed25519.ts";
import { b, type Judge } from "./judges.ts";

export const judges: Record<string, Judge> = {
  signature: ({ signature, message, publicKey }) => {
    const [noble, native] = [nobleVerify, nativeVerify].map((v) => v(b(signature), b(message), b(publicKey)));
    if (noble !== native) return `noble ${noble}, native ${native}`;
    return noble ? "accepted" : "refused";
  },
};
