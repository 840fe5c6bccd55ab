// A wallet that wants no trace of its visit names a recipient to which nobody can seal. Its check-in is refused, at the service
// and at a clinic that takes it offline. Otherwise the clinic could file no record of that visit, and a link would find none.

import { bech32 } from "@scure/base";
import { generateHybridIdentity, identityToRecipient } from "age-encryption";
import { beforeEach, describe, expect, it } from "vitest";
import { RecordError, sealRecord } from "../../client/sealing/record.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { isHybridRecipient } from "../../protocol/hybrid-recipient.ts";
import { decodeG1 } from "../../protocol/suite.ts";
import { code, document, freshWorld, newClinic, newPatient, prepare, rng, send } from "./service-world.ts";

beforeEach(freshWorld);

const MLKEM_KEY_BYTES = 1184;
const own = await identityToRecipient(await generateHybridIdentity());
const key = bech32.fromWords(bech32.decode(own as `age1pq1${string}`, false).words);
const recipient = (bytes: Uint8Array): string => bech32.encode("age1pq", bech32.toWords(bytes), false);
const withPoint = (u: bigint): string => {
  const bytes = key.slice();
  for (let i = 0; i < 32; i++) bytes[MLKEM_KEY_BYTES + i] = Number((u >> BigInt(8 * i)) & 255n);
  return recipient(bytes);
};
const P = 2n ** 255n - 19n;
const UNUSABLE: Record<string, string> = {
  "a wrong checksum": own.replace(/.$/, (last) => (last === "q" ? "p" : "q")),
  "a key that is too short": recipient(key.slice(0, -1)),
  "the point with u = 0": withPoint(0n),
  "the point with u = 1, not reduced": withPoint(P + 1n),
  "the point with u = −1, with the top bit set": withPoint(P - 1n + 2n ** 255n),
  "a point of order 8": withPoint(325606250916557431795983626356110631294008115727848805560023387167927233504n),
  "another point of order 8": withPoint(39382357235489614581723060781553021112529911719440698176882885853963445705823n),
};

/** Whether a clinic that takes any recipient could file a record for it. */
const seals = (sessionRecipient: string): Promise<boolean> =>
  sealRecord({
    plaintext: rng(9),
    serviceId: rng(16),
    tagHash: rng(32),
    recordId: rng(16),
    keySetId: document.keySetId,
    serviceRecipient: own,
    sessionRecipient,
    threshold: { recordKey: decodeG1(document.recordKey), groupHybridKey: document.groupHybridKey },
    rng,
  }).then(
    () => true,
    (error: unknown) => !(error instanceof RecordError),
  );

describe("a recipient to which nobody can seal", () => {
  for (const [name, sessionRecipient] of Object.entries(UNUSABLE))
    it(`opens no session: ${name}`, async () => {
      const clinic = await newClinic();
      const { bytes, tagHash } = await prepare(newPatient(), clinic, { sessionRecipient });
      expect(await code(send(bytes))).toBe("malformed");
      expect(await code(clinic.session(tagHash))).toBe("not-found");
      await expect(clinic.verify(bytes)).rejects.toMatchObject({ code: "bad-check-in" });
      // The control: a clinic that does not look is left with a visit of which it can file nothing.
      expect(await seals(sessionRecipient)).toBe(false);
    });

  it("is refused if a coefficient is not reduced, which FIPS 203 section 7.2 forbids", async () => {
    const bytes = key.slice();
    bytes.fill(255, 0, 3);
    expect(isHybridRecipient(recipient(bytes))).toBe(false);
    const clinic = await newClinic();
    const { bytes: checkIn } = await prepare(newPatient(), clinic, { sessionRecipient: recipient(bytes) });
    expect(await code(send(checkIn))).toBe("malformed");
  });

  it("is not any that a wallet makes", async () => {
    const clinic = await newClinic();
    const { bytes, checkIn, tagHash } = await prepare(newPatient(), clinic, { sessionRecipient: own });
    await send(bytes);
    expect(bytesToHex((await clinic.session(tagHash)).checkIn.claim)).toBe(bytesToHex(checkIn.claim));
    expect(await seals(own)).toBe(true);
  });
});
