// Six spoken words: every name has one form, slips are found on the phone, and no answer but the named challenge is taken.

import { wordlist } from "@scure/bip39/wordlists/english.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CheckInError } from "../../client/index.ts";
import { invitationOfWords, readInvitationText } from "../../client/shared/invitation.ts";
import { isSpokenWord, nearestWords, readSpokenWords, wordsOfName } from "../../client/shared/spoken-words.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { asHex } from "../../protocol/encodings.ts";
import { spokenNameOf } from "../../protocol/spoken-invitation.ts";
import { invitation, newClinic } from "../support/wallet-world.ts";

const NAME = asHex("00112233445566");
const WORDS = wordsOfName(NAME);
const said = WORDS.join(" ");

describe("six words", () => {
  it("have one form for each name, and give the name back", () =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 7, maxLength: 7 }), (bytes) => {
        const name = bytesToHex(bytes);
        const words = wordsOfName(name);
        expect(words).toHaveLength(6);
        expect(readSpokenWords(words.join(" "))).toEqual({ name });
      }),
    ));

  it.each([
    ["in capitals with commas", said.toUpperCase().replaceAll(" ", ", ")],
    ["with hyphens and line breaks", ` ${said.replaceAll(" ", "-\n")} `],
    ["by the first four letters of each", WORDS.map((word) => word.slice(0, 4)).join(" ")],
  ])("are read %s", (_, text) => expect(readSpokenWords(text)).toEqual({ name: NAME }));

  it("are refused if one is missing, unknown or another one", () => {
    expect(readSpokenWords(WORDS.slice(1).join(" "))).toEqual({ fault: "count" });
    expect(readSpokenWords(`${said} ${WORDS[0]}`)).toEqual({ fault: "count" });
    expect(readSpokenWords([...WORDS.slice(0, 5), "harbourr"].join(" "))).toEqual({ fault: "unknown" });
    let missed = 0;
    let slips = 0;
    for (let at = 0; at < 6; at++)
      for (const other of wordlist) {
        if (other === WORDS[at]) continue;
        slips++;
        const read = readSpokenWords(WORDS.map((word, i) => (i === at ? other : word)).join(" "));
        if ("name" in read) missed++;
      }
    expect(slips).toBe(6 * 2047);
    expect(missed / slips).toBeLessThan(3 / 1024);
  });

  it.each([
    ["lodder", "ladder"],
    ["abandn", "abandon"],
    ["recieve", "receive"],
    ["harbour", "harbor"],
    ["zo", "zone"],
  ])("%s is taken for %s", (typed, meant) => expect(nearestWords(typed)).toContain(meant));

  it("offers nothing for a word of the list, nor for one that is far from all", () => {
    expect(nearestWords("Abandon ")).toEqual([]);
    expect(nearestWords("xylophonist")).toEqual([]);
    expect([isSpokenWord("aban"), isSpokenWord("aba"), isSpokenWord("abandoned")]).toEqual([true, false, false]);
  });
});

describe("the challenge behind the words", async () => {
  const { challenge } = invitation(await newClinic());
  const other = invitation(await newClinic()).challenge;
  const words = wordsOfName(spokenNameOf(challenge)).join(" ");
  const asked: string[] = [];
  const answering = (bytes: Uint8Array | undefined) => ({
    fetch: (async (url: string) => {
      asked.push(new URL(url).pathname);
      return bytes
        ? new Response(bytes.slice())
        : Response.json({ code: "not-found", title: "", status: 404 }, { status: 404 });
    }) as unknown as typeof fetch,
    now: () => 0,
    rng: (n: number) => new Uint8Array(n),
  });
  const outcome = (bytes: Uint8Array | undefined, text: string): Promise<string> =>
    invitationOfWords(answering(bytes), { serviceUrl: "https://service.test" }, text).then(
      () => "taken",
      (error: CheckInError) => error.code,
    );

  it("is taken from an honest service", async () => {
    const text = await invitationOfWords(answering(challenge), { serviceUrl: "https://service.test" }, words);
    expect(readInvitationText(text)).toEqual({ challenge, card: undefined });
    expect(asked.at(-1)).toBe(`/v1/spoken/${spokenNameOf(challenge)}`);
  });

  it("is refused if the service answers with another clinic's, or changes a bit", async () => {
    expect(await outcome(challenge, words)).toBe("taken"); // control
    expect(await outcome(other, words)).toBe("bad-invitation");
    const flipped = challenge.slice();
    flipped[40]! ^= 1;
    expect(await outcome(flipped, words)).toBe("bad-invitation");
  });

  it("is not asked for by words that cannot be right, and may have run out", async () => {
    const before = asked.length;
    expect(await outcome(challenge, "six words that are not there")).toBe("bad-invitation");
    expect(asked).toHaveLength(before);
    expect(await outcome(undefined, words)).toBe("no-such-words");
  });
});
