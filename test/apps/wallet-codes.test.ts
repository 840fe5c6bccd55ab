// The codes that a person brings to the wallet, in every form in which they come.

import { describe, expect, it } from "vitest";
import { enrolmentCodeIn, invitationIn } from "../../apps/wallet/start/codes.ts";
import { codeGroups, readEnrolmentCode } from "../../client/shared/enrolment-code.ts";

const ACCOUNT = "fe98886d2376d96fa9da4da1aeb0dbc9";
const SECRET = "MYINNMhL4VOdFMrmlhywo99lZeeCWp7S6eOHVEJ_99U";
const CODE = `${ACCOUNT}.${SECRET}`;

describe("the desk's code", () => {
  it.each([
    ["alone", CODE],
    ["as a link", `https://wallet.example/#e=${CODE}`],
    ["in the bare fragment", `#${CODE}`],
    ["with capital letters in the account", `${ACCOUNT.toUpperCase()}.${SECRET}`],
    ["with line breaks of a sheet of paper", ` ${ACCOUNT.slice(0, 16)}\n${ACCOUNT.slice(16)}.\n${SECRET} `],
    ["in a sentence", `Your code is ${CODE} for today`],
  ])("is read %s", (_, text) => expect(enrolmentCodeIn(text)).toBe(CODE));

  it("is read from the groups of a printed sheet, in small letters too, and only if all are there", () => {
    const groups = codeGroups({ account: ACCOUNT, enrolmentCode: SECRET });
    const lookAlike = groups.join(" ").replaceAll("O", "0").replaceAll("I", "1").replaceAll("B", "8");
    expect(lookAlike).not.toBe(groups.join(" "));
    for (const text of [groups.join(" "), groups.join("\n").toLowerCase(), groups.join("-"), lookAlike])
      expect(readEnrolmentCode(enrolmentCodeIn(text)!)).toEqual({ account: ACCOUNT, enrolmentCode: SECRET });
    expect(enrolmentCodeIn(groups.slice(1).join(" "))).toBeUndefined();
  });

  it.each([
    ["too short", CODE.slice(0, -1)],
    ["too long", `${CODE}x`],
    ["without its dot", CODE.replace(".", "")],
    ["an invitation", "SYMBOLON:AEAAAA"],
    ["a broken escape", "%E0%A4%A"],
  ])("is not found in a text that is %s", (_, text) => expect(enrolmentCodeIn(text)).toBeUndefined());
});

describe("an invitation", () => {
  it.each([
    ["alone", "SYMBOLON:AEAAAA2"],
    ["as a link", "https://wallet.example/#v=SYMBOLON:AEAAAA2"],
    ["as an escaped link", "https://wallet.example/#v=SYMBOLON%3AAEAAAA2"],
    ["in small letters", "symbolon:aeaaaa2"],
    ["broken into lines", "SYMBOLON:AEA\n AAA2"],
  ])("is read %s", (_, text) => expect(invitationIn(text)).toBe("SYMBOLON:AEAAAA2"));

  it.each([
    ["nothing", ""],
    ["another link", "https://wallet.example/records"],
    ["the desk's code", CODE],
  ])("is not found in %s", (_, text) => expect(invitationIn(text)).toBeUndefined());
});
