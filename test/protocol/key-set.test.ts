import { describe, expect, it } from "vitest";
import { checkKeysOf, type KeySet, KeySetError, keySetId, signKeySet } from "../../protocol/key-set.ts";
import { encodeG1 } from "../../protocol/suite.ts";
import { runCeremony } from "../support/trustees.ts";

const { keySet, committee } = runCeremony(2, 3);
const pinned = committee.map((p) => p.keys.identityKey);
const parameters = {
  keySetId: keySetId(keySet),
  traceKey: encodeG1(keySet.keys.trace),
  linkKey: encodeG1(keySet.keys.link),
  recordKey: encodeG1(keySet.keys.record),
  groupHybridKey: keySet.groupHybridKey,
  threshold: keySet.threshold,
  assembleThreshold: keySet.threshold,
  trusteeKeys: pinned,
};
const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((b, i) => (i === 0 ? b ^ 1 : b));

function reasonOf(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof KeySetError) return error.reason;
    throw error;
  }
}

describe("parameters can only name keys that the trustees signed", () => {
  it("accepts the key set of the pinned trustees", () => {
    expect(reasonOf(() => checkKeysOf(parameters, keySet, pinned))).toBeUndefined();
  });

  it.each([
    ["keySetId", { keySetId: flipped(parameters.keySetId) }],
    ["traceKey", { traceKey: parameters.linkKey }],
    ["linkKey", { linkKey: parameters.recordKey }],
    ["recordKey", { recordKey: parameters.traceKey }],
    ["groupHybridKey", { groupHybridKey: flipped(parameters.groupHybridKey) }],
    ["threshold", { threshold: parameters.threshold + 1 }],
    ["assembleThreshold, too low", { assembleThreshold: parameters.threshold - 1 }],
    ["assembleThreshold, too high", { assembleThreshold: pinned.length + 1 }],
    ["trusteeKeys: another key", { trusteeKeys: [pinned[0]!, pinned[1]!, flipped(pinned[2]!)] }],
    ["trusteeKeys: another order", { trusteeKeys: [pinned[1]!, pinned[0]!, pinned[2]!] }],
    ["trusteeKeys: one missing", { trusteeKeys: pinned.slice(0, 2) }],
  ])("refuses another %s", (_, change) => {
    expect(reasonOf(() => checkKeysOf({ ...parameters, ...change }, keySet, pinned))).toBe("other-key-set");
  });

  it("refuses a key set of trustees that are not pinned, or that one trustee did not sign", () => {
    const others = runCeremony(2, 3).committee.map((p) => p.keys.identityKey);
    expect(reasonOf(() => checkKeysOf({ ...parameters, trusteeKeys: others }, keySet, others))).toBe("identity-keys");
    const unsigned: KeySet = {
      ...keySet,
      signatures: [...keySet.signatures.slice(0, 2), signKeySet(keySet, new Uint8Array(32).fill(7))],
    };
    expect(reasonOf(() => checkKeysOf(parameters, unsigned, pinned))).toBe("signature");
  });
});
