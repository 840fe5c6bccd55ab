// Six spoken words at the service: the desk's challenge is found by them until it expires. What a second clinic, a stranger and a
// guesser get. R2 is real.

import { beforeEach, describe, expect, it } from "vitest";
import type { Clinic } from "../../client/clinic.ts";
import { invitationOfWords, readInvitationText } from "../../client/shared/invitation.ts";
import { api, apiBytes } from "../../client/transport.ts";
import { sweepSpoken } from "../../functions/service/spoken-invitations.ts";
import app from "../../functions/service.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { CLOCK_HEADER } from "../../protocol/clock.ts";
import { spokenNameOf } from "../../protocol/spoken-invitation.ts";
import {
  bindings,
  clock,
  code,
  deployment,
  freshWorld,
  NOW,
  newClinic,
  SERVICE_URL,
  transport,
  WINDOW_SECONDS,
} from "./service-world.ts";

beforeEach(freshWorld);

const kept = async (): Promise<string[]> =>
  (await bindings.BLOBS.list({ prefix: "spoken/" })).objects.map(({ key }) => key);
const read = (words: readonly string[]): Promise<string> => invitationOfWords(transport, deployment, words.join(" "));
const outcome = (reading: Promise<unknown>): Promise<string> =>
  reading.then(
    () => "read",
    (error: { code?: string }) => String(error.code),
  );
async function put(clinic: Clinic, by: Clinic, challenge: Uint8Array): Promise<string> {
  const { token } = await by.accessToken();
  const path = `/v1/services/${bytesToHex(clinic.serviceId)}/spoken`;
  return code(api(transport, SERVICE_URL, path, { bytes: challenge, bearer: token }));
}

describe("six spoken words", () => {
  it("bring the very challenge of the desk, as often as they are typed, and until it expires", async () => {
    const clinic = await newClinic();
    const text = await clinic.invitationText();
    const words = await clinic.spokenWords(text);
    expect(await clinic.spokenWords(text)).toEqual(words);
    expect(await read(words)).toBe(text);
    expect(await read(words)).toBe(text);
    clock.now = NOW + WINDOW_SECONDS - 1;
    expect(await outcome(read(words))).toBe("read");
    clock.now = NOW + WINDOW_SECONDS;
    expect(await outcome(read(words))).toBe("no-such-words");
  });

  it("leave nothing behind after the sweep, and the sweep keeps what still counts", async () => {
    const clinic = await newClinic();
    await clinic.spokenWords(await clinic.invitationText());
    clock.now = NOW + 60;
    const later = await clinic.invitationText();
    await clinic.spokenWords(later);
    await sweepSpoken(bindings, NOW + WINDOW_SECONDS);
    expect(await kept()).toEqual([`spoken/${spokenNameOf(readInvitationText(later).challenge)}`]);
    await sweepSpoken(bindings, NOW + 60 + WINDOW_SECONDS);
    expect(await kept()).toEqual([]);
  });

  it("are given to no other clinic, and to nobody without a token", async () => {
    const [clinic, second] = [await newClinic("Harbour Clinic"), await newClinic("Hill Clinic")];
    const challenge = await clinic.challenge();
    expect(await put(clinic, clinic, challenge)).toBe("accepted"); // control
    expect(await put(clinic, second, await clinic.challenge())).not.toBe("accepted");
    expect(await put(second, second, challenge)).toBe("credential-refused");
    const path = `/v1/services/${bytesToHex(clinic.serviceId)}/spoken`;
    expect(await code(api(transport, SERVICE_URL, path, { bytes: challenge }))).toBe("token-refused");
    expect(await kept()).toHaveLength(1);
  });

  it("are not made of a challenge that has expired, is altered, or ends too late", async () => {
    const clinic = await newClinic();
    const challenge = await clinic.challenge();
    const altered = challenge.slice();
    altered[50]! ^= 1;
    expect(await put(clinic, clinic, altered)).toBe("malformed");
    expect(await put(clinic, clinic, await clinic.challenge(NOW + 4000))).toBe("not-allowed-now");
    clock.now = NOW + WINDOW_SECONDS;
    expect(await put(clinic, clinic, challenge)).toBe("expired");
    expect(await kept()).toEqual([]);
  });

  it("are counted against guesses, by address and apart from the making of links", async () => {
    const clinic = await newClinic();
    const name = spokenNameOf(readInvitationText(await clinic.invitationText()).challenge);
    expect(await code(apiBytes(transport, SERVICE_URL, `/v1/spoken/${name}`))).toBe("not-found");
    const keys: string[] = [];
    const limited = {
      limit: async ({ key }: { key: string }) => {
        keys.push(key);
        return { success: keys.length <= 2 };
      },
    };
    const answers: number[] = [];
    for (let i = 0; i < 4; i++) {
      const asked = new Request(`${SERVICE_URL}/v1/spoken/${name}`, {
        headers: { "cf-connecting-ip": "203.0.113.9", [CLOCK_HEADER]: String(clock.now) },
      });
      answers.push((await app.fetch(asked, { ...bindings, RATE_CHALLENGE: limited } as never)).status);
    }
    expect(answers).toEqual([404, 404, 429, 429]);
    expect(new Set(keys)).toEqual(new Set(["spoken 203.0.113.9"]));
  });
});
