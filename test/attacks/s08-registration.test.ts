// Registration under a registrar that lies (S8, S13). It shows a wallet another person's record, hands a restored phone an old
// generation again, makes contracts of its own over an honest patient's record, or leaves contracts out.
//
// Its lies are signed and its contracts are good, each by itself. The controls show that: without the wallet's owner, the
// salt or the chain, each attack succeeds.

import { describe, expect, it } from "vitest";
import { encodeIdentity } from "../../client/fhir/identity.ts";
import { RequesterError } from "../../client/requester/errors.ts";
import { readContracts } from "../../client/requester/person.ts";
import { secretsOf, stateOf } from "../../client/wallet/inspect.ts";
import { holderSecrets, type Phone, walletRoot } from "../../client/wallet/keys.ts";
import type { Wallet } from "../../client/wallet.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { verifyChain } from "../../protocol/contract-chain.ts";
import { Contract, contractHashOf, identityCommitmentOf } from "../../protocol/documents.ts";
import { requestEnrolment, verifyContract } from "../../protocol/enrolment.ts";
import { tagHashOf, tagOf } from "../../protocol/presentation.ts";
import { encodeG2, randomScalar } from "../../protocol/suite.ts";
import { ACCOUNT, EPOCH, IDENTITY, issuer, paramsHash, SLOTS, World } from "../support/wallet-world.ts";

const BOB = encodeIdentity({
  selector: "B987654321",
  patient: {
    fullUrl: "urn:uuid:00000000-0000-4000-8000-00000000000b",
    resource: { resourceType: "Patient", name: [{ family: "Roe", given: ["Bob"] }] },
  },
});
const { rng } = new World().transport;

/** A contract of the registrar's own over Jane's record, with secrets that it chose. */
function registrarsContract(world: World, before?: Uint8Array, previousK?: bigint): Uint8Array {
  const contract = requestEnrolment(
    {
      params: issuer,
      generation: before ? Contract.decode(before).generation + 1 : 0,
      salt: rng(32),
      previous: before && contractHashOf(before),
      previousK,
      identityCommitment: identityCommitmentOf(world.salt, IDENTITY),
      paramsHash,
      nonce: rng(32),
      secrets: { k: randomScalar(rng), z: randomScalar(rng) },
      s: randomScalar(rng),
    },
    rng,
  );
  return Contract.encode(contract);
}

/** The answer of a trace or assemble, as the requester reads it. */
const named = (world: World, contracts: readonly Uint8Array[], identity = IDENTITY) =>
  readContracts(
    { contracts, identity, identitySalts: contracts.map(() => world.salt), linkKey: issuer.linkKey },
    (detail) => new RequesterError("wrong-identity", detail),
  );

const restored = async (world: World, old: Wallet) => {
  const wallet = await world.wallet(old.recoveryWords);
  return { wallet, offer: await wallet.startEnrolment(ACCOUNT, "code") };
};

describe("another person's record at enrolment", () => {
  it("is read by the wallet's owner, who declines: no contract is made", async () => {
    const world = new World();
    world.identity = BOB;
    const wallet = await world.wallet();
    const offer = await wallet.startEnrolment(ACCOUNT, "code");
    expect(offer).toMatchObject({ name: "Bob Roe", selector: "B987654321" });
    await wallet.declineEnrolment(offer);
    expect(world.contracts).toEqual([]);
  });
  it("shown only after the owner confirmed Jane's record, it is refused", async () => {
    const world = new World();
    const wallet = await world.wallet();
    const offer = await wallet.startEnrolment(ACCOUNT, "code");
    world.identity = BOB;
    await expect(wallet.confirmEnrolment(offer)).rejects.toMatchObject({ code: "record-changed" });
    expect(world.contracts).toEqual([]);
  });
  it("control: confirmed unread, it is the record that a trace names", async () => {
    const world = new World();
    world.identity = BOB;
    world.record = BOB;
    const wallet = await world.wallet();
    await wallet.confirmEnrolment(await wallet.startEnrolment(ACCOUNT, "code"));
    expect(named(world, world.contracts, BOB).selector).toBe("B987654321");
  });
});

describe("generation 0 again, for a restored phone", () => {
  const tagsUnder = (z: bigint): string[] =>
    Array.from({ length: SLOTS }, (_, slot) => bytesToHex(tagHashOf(encodeG2(tagOf(z, paramsHash, EPOCH, slot)))));

  it("repeats no tag at a second clinic", async () => {
    const world = new World();
    const old = await world.enrolledWallet();
    world.contracts.splice(0);
    const { wallet, offer } = await restored(world, old);
    await expect(wallet.confirmEnrolment(offer)).rejects.toMatchObject({ code: "no-earlier-phone" });
    await wallet.confirmEnrolment(offer, { withoutEarlierPhone: true }); // the owner insists
    const [before, after] = [old, wallet].map((w) => tagsUnder(secretsOf(w, 0).z));
    expect(before!.filter((t) => after!.includes(t))).toEqual([]);
  });
  it("control: secrets that derived from the number alone would repeat every tag", async () => {
    const world = new World();
    const old = await world.enrolledWallet();
    const { generation, salt } = stateOf(old).generations[0]!;
    const sameSalt: Phone = { generation, salt };
    const again = tagsUnder(holderSecrets(walletRoot(old.recoveryWords), sameSalt).z);
    expect(again).toEqual(tagsUnder(secretsOf(old, 0).z));
  });
});

describe("a contract of the registrar's own over Jane's record", () => {
  it("as her next phone, shows in a trace that it does not continue hers", async () => {
    const world = new World();
    await world.enrolledWallet();
    const forged = registrarsContract(world, world.contracts[0]);
    const person = named(world, [...world.contracts, forged]);
    expect(person.phones.map((p) => p.continues)).toEqual([false, false]);
    expect(person.warnings).toEqual([
      "Phone 2 was not enrolled with the recovery words of phone 1. Only the registrar says that it belongs to the same person.",
    ]);
  });
  it("cannot claim a continuation, and cannot take one from Jane's", async () => {
    const world = new World();
    const old = await world.enrolledWallet();
    const first = world.contracts[0]!;
    const withOtherK = registrarsContract(world, first, randomScalar(rng));
    expect(verifyChain([first, withOtherK])).toMatchObject({ ok: false, reason: "continuation" });
    const { wallet, offer } = await restored(world, old);
    await wallet.confirmEnrolment(offer);
    const honest = Contract.decode(world.contracts[1]!);
    expect(named(world, world.contracts).warnings).toEqual([]); // control: Jane's own second phone
    const { continuation } = honest;
    const moved = Contract.encode({ ...Contract.decode(withOtherK), continuation });
    expect(verifyChain([first, moved])).toMatchObject({ ok: false, reason: "continuation" });
    const stripped = Contract.encode({ ...honest, continuation: undefined });
    expect(() => named(world, [first, stripped])).toThrow("the proof of contract 2 does not verify");
  });
  it("as a first phone, looks like anybody's first phone: the stated limit. It contradicts the list that Jane's wallet has", async () => {
    const world = new World();
    const wallet = await world.enrolledWallet();
    const forged = registrarsContract(world);
    const person = named(world, [forged]);
    expect(person.warnings).toEqual([]);
    const { chain } = stateOf(wallet); // equal to the registrar's signed list
    expect(chain).not.toContain(bytesToHex(person.phones[0]!.contractHash));
    expect(wallet.overview().warnings).toEqual([]);
  });
  it("is not taken by Jane's next phone for one of her own, and the phone says so", async () => {
    const world = new World();
    const old = await world.enrolledWallet();
    world.contracts.push(registrarsContract(world, world.contracts[0]));
    const { offer } = await restored(world, old);
    expect(offer.ownPhones.map((p) => p.generation)).toEqual([0]);
    expect(offer.warnings[0]).toContain("another one was registered for you");
  });
});

describe("an older contract left out", () => {
  it("breaks the chain for wallet, trustee and requester, although each contract is good", async () => {
    const world = new World();
    const old = await world.enrolledWallet();
    const { wallet, offer } = await restored(world, old);
    await wallet.confirmEnrolment(offer);
    const second = world.contracts[1]!;
    expect(verifyContract(issuer, Contract.decode(second)).ok).toBe(true); // control: alone it verifies
    expect(verifyChain([second])).toMatchObject({ ok: false, reason: "number" });
    expect(() => named(world, [second])).toThrow("does not fit the chain");
    const other = registrarsContract(world);
    expect(verifyChain([other, second])).toMatchObject({ ok: false, reason: "previous" });
  });
});
