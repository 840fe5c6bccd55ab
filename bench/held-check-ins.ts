// Makes check-ins and holds them back until a bench sends them. A phone needs about 80 ms to make one, so the patients are
// distributed over threads, one per core (holding-thread.ts).

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Clinic } from "../client/index.ts";
import type { Practice } from "../local/practice.ts";
import type { Held, HoldingOrder, Phone } from "./holding-thread.ts";
import { newPerson, SLOTS } from "./world.ts";

export type HeldCheckIn = Held;

function hold(order: HoldingOrder): Promise<Held[]> {
  return new Promise((done, failed) => {
    const thread = new Worker(new URL("./holding-thread.ts", import.meta.url), { workerData: order });
    thread.once("message", done).once("error", failed);
    thread.once("exit", (code) => failed(new Error(`a thread that holds check-ins ended with ${code}`)));
  });
}

/** Check-ins that are ready to be sent, from as many patients as needed. */
export async function heldCheckIns(practice: Practice, clinic: Clinic, count: number): Promise<HeldCheckIn[]> {
  const phones: Phone[] = [];
  for (let left = count; left > 0; left -= SLOTS)
    phones.push({ ...(await newPerson(practice)), checkIns: Math.min(left, SLOTS) });
  const threads = Math.min(availableParallelism(), phones.length);
  const about = { deployment: practice.deployment, clinicKeys: clinic.keys, now: practice.clock.now };
  const held = await Promise.all(
    Array.from({ length: threads }, (_, n) => hold({ ...about, phones: phones.filter((_, i) => i % threads === n) })),
  );
  return held.flat();
}

/** Sends one check-in and reads its receipt to the last byte. @throws Error if it is not accepted */
export async function sendHeld(practice: Practice, { bytes }: HeldCheckIn): Promise<void> {
  const response = await fetch(`${practice.deployment.serviceUrl}/v1/sessions`, {
    method: "POST",
    headers: {
      "content-type": "application/octet-stream",
      "symbolon-clock": String(practice.clock.now),
    },
    body: bytes as BodyInit,
  });
  const receipt = await response.arrayBuffer();
  if (response.status !== 201 || receipt.byteLength === 0)
    throw new Error(`check-in answered ${response.status}: ${new TextDecoder().decode(receipt)}`);
}
