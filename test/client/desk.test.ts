// The texts and files that people carry to and from the administrator's desk.

import { describe, expect, it } from "vitest";
import {
  clinicCard,
  codeGroups,
  codeLink,
  createClinicKeys,
  createRequesterKeys,
  DeskError,
  plainCode,
  readClinicCard,
  readEnrolmentCode,
  readOfficerPasskey,
  readRequesterKeys,
  requesterFingerprint,
  SoftwarePasskey,
  serviceIdOfKeys,
  writeRequesterKeys,
} from "../../client/index.ts";
import { openedPerson } from "../../client/operator/openings.ts";
import { bytesToHex, utf8ToBytes } from "../../protocol/bytes.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import { IdentityRecord } from "../../protocol/identity-record.ts";
import { rng } from "../support/trustees.ts";

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof DeskError) return error.code;
    throw error;
  }
  return "accepted";
};

describe("an enrolment code", () => {
  const code = { account: bytesToHex(rng(16)), enrolmentCode: toBase64url(rng(32)) };
  const groups = codeGroups(code);

  it("is read from a link, a plain text and typed groups, however they are spaced", () => {
    expect([groups.length, groups.every((group) => /^[A-Z2-7]{5}$/.test(group))]).toEqual([16, true]);
    for (const text of [
      plainCode(code),
      ` ${plainCode(code)}\n`,
      codeLink("https://wallet.example/", code),
      codeLink("https://wallet.example", code),
      `#e=${plainCode(code)}`,
      `#${plainCode(code)}`,
      groups.join(" "),
      groups.join("\n").toLowerCase(),
      groups.join("-").replaceAll("O", "0").replaceAll("I", "1").replaceAll("B", "8"),
    ])
      expect(readEnrolmentCode(text), text).toEqual(code);
    expect(new URL(codeLink("https://wallet.example", code)).pathname).toBe("/"); // the rest stays out of requests
  });

  it("is refused if a letter is wrong, or a group is missing or doubled", () => {
    const swapped = groups.with(
      0,
      groups[0]!.replace(/^./, (c) => (c === "A" ? "C" : "A")),
    );
    for (const text of [
      swapped.join(" "),
      groups.slice(1).join(" "),
      [...groups, groups[0]].join(" "),
      "",
      "hello",
      `${code.account}.`,
      `${code.account}.${code.enrolmentCode}.x`,
      `${code.account.slice(2)}.${code.enrolmentCode}`,
    ])
      expect(
        codeOf(() => readEnrolmentCode(text)),
        text,
      ).toBe("bad-code");
  });
});

describe("a clinic's card", () => {
  it("is read from bytes or text, and its signature must be its own", async () => {
    const policy = { required: [{ attribute: "age", accepted: ["adult"] }], maxStaleEpochs: 3 };
    const keys = await createClinicKeys("Harbour Clinic", policy);
    const card = clinicCard(keys);
    const review = readClinicCard(card);
    expect(review).toMatchObject({ ...policy, name: "Harbour Clinic", version: 1, card });
    expect(review.serviceId).toBe(bytesToHex(serviceIdOfKeys(keys)));
    expect(readClinicCard(utf8ToBytes(`${toBase64url(card)}\n`))).toEqual(review);
    const altered = Uint8Array.from(card, (b, i) => (i === 80 ? b ^ 1 : b));
    for (const file of [altered, card.subarray(1), new Uint8Array(), utf8ToBytes("hello"), utf8ToBytes("{}")])
      expect(codeOf(() => readClinicCard(file))).toBe("bad-clinic-card");
  });
});

describe("a requester's keys", () => {
  it("are read with their fingerprint, and a broken key is refused", () => {
    const { signPublicKey: signKey, seal } = createRequesterKeys(rng);
    const keys = { name: "Dr Ada", role: "clinician", signKey, sealKey: seal.publicKey };
    const text = writeRequesterKeys(keys);
    const read = readRequesterKeys(` ${text} `);
    expect(read).toEqual({ ...keys, fingerprint: requesterFingerprint(keys) });
    expect(read.fingerprint).toMatch(/^([A-Z2-7]{4} ){3}[A-Z2-7]{4}$/);
    expect(requesterFingerprint({ ...keys, signKey: rng(32) })).not.toBe(read.fingerprint);
    for (const bad of ["", "[]", "{}", text.slice(0, -1), text.replace('"signKey":"', '"signKey":"0')])
      expect(
        codeOf(() => readRequesterKeys(bad)),
        bad,
      ).toBe("bad-requester-keys");
  });
});

describe("an officer's passkey", () => {
  it("is read with the officer's name, and needs every part and an ES256 key", async () => {
    const origin = "https://officer.example";
    const { registration } = await SoftwarePasskey.create({ rpId: "officer.example", origin });
    expect(readOfficerPasskey(JSON.stringify(registration))).toEqual({ ...registration, name: undefined });
    const named = JSON.stringify({ name: "Noor", registration });
    expect(readOfficerPasskey(named)).toEqual({ ...registration, name: "Noor" });
    for (const bad of [{}, { ...registration, origin: "" }, { ...registration, publicKey: toBase64url(rng(77)) }])
      expect(codeOf(() => readOfficerPasskey(JSON.stringify(bad)))).toBe("bad-passkey");
    expect(codeOf(() => readOfficerPasskey("hello"))).toBe("bad-passkey");
  });
});

describe("the person of an opening", () => {
  const recordOf = (patient: string) => IdentityRecord.encode({ selector: "A4711", patient: utf8ToBytes(patient) });

  it("has the number and the name of the record", () => {
    const fullUrl = "urn:uuid:5cbc121b-cd71-4428-b8b7-31e53eba8184";
    const resource = { resourceType: "Patient", name: [{ family: "Lind", given: ["Ada"] }] };
    expect(openedPerson(recordOf(JSON.stringify({ fullUrl, resource })))).toEqual({
      selector: "A4711",
      name: "Ada Lind",
    });
  });

  it.each(["", "no JSON", "5", "{}", JSON.stringify({ resourceType: "Patient" })])(
    "has the number alone if the record is no Patient: %s",
    (patient) => {
      expect(openedPerson(recordOf(patient))).toEqual({ selector: "A4711", name: undefined });
    },
  );

  it("is no person if the bytes are no record", () => {
    expect(() => openedPerson(utf8ToBytes("x"))).toThrow();
  });
});
