// A clinic's challenge under six spoken words, for a patient who can scan nothing.

import * as z from "zod";
import { SPOKEN_NAME_BYTES } from "../../protocol/spoken-invitation.ts";
import { ANYONE, type AnswersOf, clinic, JSON_TYPE, OCTETS_TYPE, octets, route } from "../contract.ts";
import { hexText, serviceId } from "../fields.ts";

/** A challenge with many requirements is shorter. */
export const MAX_SPOKEN_BYTES = 4096;

export const SPOKEN_INVITATIONS = {
  putSpokenInvitation: route({
    method: "POST",
    path: "/v1/services/:id/spoken",
    callers: [clinic("system/Session.c")],
    params: { id: serviceId },
    body: octets("Signed<Challenge>", MAX_SPOKEN_BYTES),
    produces: [JSON_TYPE],
  }),
  readSpokenInvitation: route({
    method: "GET",
    path: "/v1/spoken/:name",
    callers: [ANYONE],
    params: { name: hexText(SPOKEN_NAME_BYTES) },
    produces: [OCTETS_TYPE],
  }),
};

export const SPOKEN_INVITATIONS_ANSWERS = () => {
  const Spoken = z
    .object({
      name: hexText(SPOKEN_NAME_BYTES).describe("the first 7 bytes of the challenge's hash; the six words encode it"),
      expiresAt: z.int().min(0).describe("unix seconds, of the challenge"),
    })
    .meta({ id: "SpokenInvitation" });
  return {
    putSpokenInvitation: {
      summary: "Make a challenge readable by six spoken words",
      description: "Until the challenge expires. The same challenge again changes nothing.",
      ok: { 201: { json: Spoken } },
      problems: ["expired", "not-allowed-now", "unknown-version"],
    },
    readSpokenInvitation: {
      summary: "Read the challenge that six spoken words name",
      description: "The reader compares the challenge's hash with the name, and then treats it as one from a QR code.",
      ok: { 200: { octets: "Signed<Challenge>" } },
      problems: ["not-found"],
    },
  } satisfies AnswersOf<typeof SPOKEN_INVITATIONS>;
};
