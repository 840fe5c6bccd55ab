// S6 Quorum, on the first day. Somebody wants keys of their own in place of the trustees', or a lower threshold, or a quarrel
// between honest trustees. The attacker is the coordinator (the registrar's desk, its page or its server), a trustee's Worker, or
// whoever handed out the trustees' identity keys. Officers of the trustees read the digits of their own screens to each other.

import { describe, expect, it } from "vitest";
import { type KeyState, readEveryKeyState, readKeyState } from "../../client/officer/key-state.ts";
import { type CeremonyError, refuseComplaints } from "../../client/operator/complaints.ts";
import type { Deployment } from "../../client/parameters.ts";
import { spokenDigits } from "../../client/shared/spoken.ts";
import type { Transport } from "../../client/transport.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { Complaint } from "../../protocol/ceremony-documents.ts";
import { signDocument } from "../../protocol/documents.ts";
import { type Base64url, toBase64url } from "../../protocol/encodings.ts";
import { KeySet, type KeySetCore, keySetId } from "../../protocol/key-set.ts";
import { chainOf, KeySetChain } from "../../protocol/key-set-chain.ts";
import { LABELS } from "../../protocol/labels.ts";
import { keySetHash } from "../../protocol/resharing.ts";
import { convene, type Person, people, rng, runCeremony } from "../support/trustees.ts";

const keysOf = (committee: readonly Person[]): Uint8Array[] => committee.map(({ keys }) => keys.identityKey);

/** A deployment whose trustees' servers all show this key set, and whose apps pin these identity keys. */
function deploymentOf(keySet: KeySet, pinned: readonly Uint8Array[]): [Transport, Deployment] {
  const chain = toBase64url(KeySetChain.encode(chainOf(KeySet.encode(keySet))));
  const transport = { fetch: async () => Response.json({ chain }), now: () => 0, rng } as unknown as Transport;
  const trusteeUrls = pinned.map((_, i) => `http://trustee-${i + 1}.test`);
  return [transport, { trusteeUrls, trusteeKeys: pinned.map(bytesToHex) } as unknown as Deployment];
}
async function screenOf(keySet: KeySet, pinned: readonly Uint8Array[], trustee = 1): Promise<KeyState> {
  const [transport, deployment] = deploymentOf(keySet, pinned);
  return (await readKeyState(transport, deployment, trustee))!;
}

describe("the digits that officers read aloud", () => {
  const { keySet, committee } = runCeremony(2, 3);
  const pinned = keysOf(committee);
  const other = runCeremony(2, 3).keySet;
  const digitsOf = (core: KeySetCore): string => spokenDigits(keySetHash(core)).join(" ");

  it("are of the whole key set: another value anywhere gives other digits", () => {
    const changed: Record<keyof KeySetCore, KeySetCore> = {
      threshold: { ...keySet, threshold: 3 },
      generation: { ...keySet, generation: 1 },
      keys: { ...keySet, keys: other.keys },
      shareKeys: { ...keySet, shareKeys: other.shareKeys },
      identityKeys: { ...keySet, identityKeys: other.identityKeys },
      groupHybridKey: { ...keySet, groupHybridKey: other.groupHybridKey },
      transcript: { ...keySet, transcript: other.transcript },
    };
    const all = Object.values(changed).map(digitsOf);
    expect(new Set([...all, digitsOf(keySet)]).size).toBe(all.length + 1);
    // Control: digits of the key set's id would not tell who holds the keys, and how many must agree.
    const ofId = (core: KeySetCore): string => spokenDigits(keySetId(core)).join(" ");
    for (const field of ["threshold", "identityKeys", "shareKeys"] as const)
      expect(ofId(changed[field])).toBe(ofId(keySet));
  });

  it("differ between trustees to whom an attacker gave different identity keys of the others", async () => {
    const [first, second, third] = committee as [Person, Person, Person];
    const [a, b, c] = people(3) as [Person, Person, Person];
    const toFirst = [first, a, b];
    const toOthers = [c, second, third];
    const seen = [
      await screenOf(runCeremony(2, 3, toFirst).keySet, keysOf(toFirst), 1),
      await screenOf(runCeremony(2, 3, toOthers).keySet, keysOf(toOthers), 2),
    ];
    expect(seen[0]!.fingerprint).not.toEqual(seen[1]!.fingerprint);
    // Control: in one ceremony of all three, both read the same.
    const both = [await screenOf(keySet, pinned, 1), await screenOf(keySet, pinned, 2)];
    expect(both[0]!.fingerprint).toEqual(both[1]!.fingerprint);
  });

  it("are shown of no key set that a trustee's Worker made up, and of none with a lowered threshold", async () => {
    const forged = runCeremony(2, 3);
    const lowered = { ...keySet, threshold: 1 };
    for (const lie of [forged.keySet, lowered, { ...keySet, threshold: 3 }]) {
      await expect(screenOf(lie, pinned)).rejects.toMatchObject({ code: "bad-answer" });
      const states = await readEveryKeyState(...deploymentOf(lie, pinned));
      expect(states.map(({ state }) => state)).toEqual(["wrong", "wrong", "wrong"]);
    }
    // Control: an app that pins the forger's keys shows them, and so other digits than the trustees' own apps.
    const shown = await screenOf(forged.keySet, keysOf(forged.committee));
    expect(shown.fingerprint).not.toEqual((await screenOf(keySet, pinned)).fingerprint);
  });

  it("go with the threshold that the trustees signed, whatever the desk's page showed before", async () => {
    const high = runCeremony(3, 3, committee);
    expect((await screenOf(keySet, pinned)).threshold).toBe(2);
    expect((await screenOf(high.keySet, pinned)).threshold).toBe(3);
  });
});

describe("a complaint", () => {
  const committee = people(3);
  const run = convene(2, committee).ceremony;
  const complaint = (by: Person, sender: number, accused: number, context = run.context): Base64url =>
    toBase64url(
      signDocument(
        LABELS.signCeremony,
        Complaint,
        { context, sender, accused, reason: "unreadable" as const },
        by.identitySecret,
      ),
    );
  const failure = (message: Base64url, from: number): CeremonyError => {
    const messages = committee.map((by, i) => complaint(by, i + 1, 2));
    messages[from - 1] = message;
    try {
      refuseComplaints(messages, run);
    } catch (error) {
      return error as CeremonyError;
    }
    throw new Error("accepted");
  };

  it("in another trustee's name, of another run or by a stranger names its bearer, and accuses nobody", () => {
    const [, liar, third] = committee as [Person, Person, Person];
    const lies = [
      complaint(liar, 3, 1), // trustee 3 accuses trustee 1, says trustee 2
      complaint(third, 3, 1), // trustee 3's own, which trustee 2 shows as its own
      complaint(liar, 2, 1, new Uint8Array(32)),
      complaint(people(1)[0]!, 2, 1),
    ];
    for (const lie of lies) {
      const { code, complaints, message } = failure(lie, 2);
      expect([code, complaints]).toEqual(["bad-ceremony-message", []]);
      expect(message).toContain("from trustee 2");
    }
  });

  it("control: a true one counts, and all of a run are told", () => {
    const { code, complaints } = failure(complaint(committee[1]!, 2, 1), 2);
    expect(code).toBe("complaint");
    expect(complaints).toEqual([
      { accuser: 1, accused: 2, reason: "unreadable" },
      { accuser: 2, accused: 1, reason: "unreadable" },
      { accuser: 3, accused: 2, reason: "unreadable" },
    ]);
  });
});
