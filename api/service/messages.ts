// Frames between a wallet and its clinic. The service queues them and cannot read them.

import * as z from "zod";
import { type AnswersOf, clinic, JSON_TYPE, type JsonOf, octets, route, signatureOf } from "../contract.ts";
import { anyBase64url, serviceId, tagHash } from "../fields.ts";

const MAX_FRAME_BYTES = 65_536;
/** An answer has no more frames either (durable-objects/replay-window.ts). */
const FRAMES_PER_REQUEST = 50;

const path = "/v1/sessions/:serviceId/:tagHash/frames";
const params = { serviceId, tagHash };
const SEQ = /^\d{1,16}$/;
const exact = (seqs: readonly number[]): boolean => seqs.every(Number.isSafeInteger);

export const MESSAGES = {
  sendFrame: route({
    method: "POST",
    path,
    callers: [signatureOf("the session"), clinic("system/Message.c")],
    params,
    headers: {
      "idempotency-key": z
        .string()
        .regex(/^(?:[0-9a-f]{2}){16,64}$/, "16 to 64 bytes in lower-case hex expected")
        .optional(),
    },
    body: octets("frame", MAX_FRAME_BYTES),
    produces: [JSON_TYPE],
  }),
  readFrames: route({
    method: "GET",
    path,
    callers: [signatureOf("the session"), clinic("system/Message.r")],
    params,
    query: {
      after: z
        .string()
        .regex(SEQ, "a seq expected")
        .transform(Number)
        .refine(Number.isSafeInteger, "a seq expected")
        .default(-1),
      ack: z
        .string()
        .regex(/^\d{1,16}(?:,\d{1,16})*$/, "seqs expected")
        .transform((list) => list.split(",").map(Number))
        .refine((seqs) => exact(seqs) && seqs.length <= FRAMES_PER_REQUEST, "seqs expected")
        .default([]),
    },
    produces: [JSON_TYPE],
  }),
};

export const MESSAGES_ANSWERS = () => {
  const seq = z.int().min(0);
  const Frames = z.object({ frames: z.array(z.object({ seq, frame: anyBase64url })) }).meta({ id: "Frames" });
  return {
    sendFrame: {
      summary: "Queue one frame for the other party of a session",
      description:
        "Each seq is accepted once. With an Idempotency-Key, the same request gets the same answer for as long as the frame waits.",
      ok: { 202: { json: z.object({ seq }) } },
      problems: ["not-found", "unknown-version", "expired"],
    },
    readFrames: {
      summary: "Read the frames that wait for the caller",
      description: "Frames after `after`, which is also the cursor. `ack` deletes the frames with these seqs.",
      ok: { 200: { json: Frames } },
      problems: ["not-found", "expired"],
    },
  } satisfies AnswersOf<typeof MESSAGES>;
};

type Answered = ReturnType<typeof MESSAGES_ANSWERS>;
export type WaitingFrames = JsonOf<Answered["readFrames"]>;
