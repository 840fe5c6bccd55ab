// Judges container-faults.json with the readers of seals, headers, TIDs, groups and windows.

import { assertStanzaSet } from "../../protocol/age-header.ts";
import { readGroup } from "../../protocol/blob-group.ts";
import { hybridOpen, hybridSeal } from "../../protocol/hybrid-seal.ts";
import { accept, check, newWindow } from "../../protocol/replay-window.ts";
import { parseTid } from "../../protocol/tid.ts";
import { b, type Judge, thrownBy } from "./judges.ts";
import { rngOf } from "./symbolon/rng.ts";

export const judges: Record<string, Judge> = {
  "seal-key": ({ publicKey }) =>
    thrownBy(() => hybridSeal(b(publicKey), new Uint8Array(), new Uint8Array(), rngOf("judge"))),
  "sealed-part": ({ aad, sealed }, file) => thrownBy(() => hybridOpen(b(file.seed), b(aad), b(sealed))),
  "age-header": ({ header }) => thrownBy(() => assertStanzaSet(b(header))),
  tid: ({ tid }) => thrownBy(() => parseTid(tid)),
  "blob-group": ({ group, count }) => thrownBy(() => readGroup(b(group), count)),
  window: ({ seqs }) => {
    let window = newWindow();
    const decisions = seqs.map((seq: string) => {
      const decision = check(window, BigInt(seq));
      if (decision === "ok") window = accept(window, BigInt(seq));
      return decision;
    });
    return decisions.join();
  },
};
