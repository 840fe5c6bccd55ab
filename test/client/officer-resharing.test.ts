// An officer's passkey is registered at two trustees, 1 and 2. The Worker of trustee 2 wants trustee 1 to hand its share on,
// which the officer approved at trustee 2 only. It says "I am trustee 1" wherever it can.

import { describe, expect, it } from "vitest";
import { approveResharing } from "../../client/officer/resharing.ts";
import type { Transport } from "../../client/transport.ts";
import { equalBytes } from "../../protocol/bytes.ts";
import { ResharePlan } from "../../protocol/ceremony-documents.ts";
import { HYBRID_PUBLIC_KEY_BYTES } from "../../protocol/hybrid-seal.ts";
import { reshareApprovalChallenge } from "../../protocol/key-set-chain.ts";
import { reshareContext } from "../../protocol/resharing.ts";

const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);
const plan = ResharePlan.encode({
  reshareId: bytes(32, 1),
  previous: bytes(32, 2),
  generation: 0,
  dealers: [1, 2],
  threshold: 2,
  trustees: [3, 4].map((i) => ({ identityKey: bytes(32, i), transportKey: bytes(HYBRID_PUBLIC_KEY_BYTES, i) })),
});

/** The challenges that the officer of `trustee` signs, with a Worker that calls itself trustee 1. */
async function signedBy(trustee: number): Promise<Uint8Array[]> {
  const signed: Uint8Array[] = [];
  const transport = {
    fetch: async () => Response.json({ index: 1 }),
    now: () => 0,
    rng: (n: number) => bytes(n, 0),
  } as unknown as Transport;
  const authenticator = {
    origin: "https://officer.test",
    assert: async (challenge: Uint8Array) => {
      signed.push(challenge);
      return { credentialId: "", authenticatorData: "", clientDataJSON: "", signature: "" } as never;
    },
  };
  const officer = { transport, trustee, trusteeUrl: "http://trustee.test", authenticator };
  await approveResharing(officer, "00".repeat(32) as never, plan);
  return signed;
}

describe("an approval of a resharing", () => {
  const ofTrustee = (index: number) => reshareApprovalChallenge(reshareContext(plan), index);

  it("is for the trustee that the officer's application pins, whatever its Worker says", async () => {
    const [challenge, ...more] = await signedBy(2);
    expect(more).toEqual([]);
    expect(equalBytes(challenge!, ofTrustee(2))).toBe(true);
    expect(equalBytes(challenge!, ofTrustee(1))).toBe(false); // trustee 1 would take this one
  });

  it("control: for trustee 1 it is the one that trustee 1 takes", async () => {
    expect(equalBytes((await signedBy(1))[0]!, ofTrustee(1))).toBe(true);
  });
});
