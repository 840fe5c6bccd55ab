// What the desk's worker holds while it is open: the locker, the deployment and the clinic. Every part of the engine takes them
// from here. A clinic's parameters are kept, so that a desk that starts without network can still make codes and take check-ins.

import {
  Clinic,
  type ClinicKeys,
  type ServedParameters,
  systemTransport,
  type Transport,
} from "../../../client/index.ts";
import { type AppDeployment, deployment as askDeployment } from "../../shared/deployment.ts";
import type { Locker } from "../../shared/locker.ts";
import { tell } from "../../shared/remote.ts";
import { LockerChannels } from "./stores.ts";

export interface Held {
  locker: Locker;
  deployment: AppDeployment;
  clinic: Clinic;
}

/** The desk is locked, or has no keys yet. */
class NotOpenError extends Error {
  override name = "NotOpenError";
  readonly code = "not-open";
}

let held: Held | undefined;

/** Whether the service answers: "on" and "off" come from the socket of the events, and from requests. */
export type Line = "on" | "off";
let line: Line | undefined;
export function tellLine(next: Line): void {
  if (next === line) return;
  line = next;
  tell("line", next);
}
export const lineNow = (): Line | undefined => line;

/** The platform's transport. It tells the page when the network goes and comes. */
export function deskTransport(): Transport {
  const platform = systemTransport();
  return {
    ...platform,
    async fetch(input, init) {
      try {
        return await platform.fetch(input, init);
      } catch (cause) {
        tellLine("off");
        throw cause;
      }
    },
    webSocket(url, protocols) {
      const socket = new WebSocket(url, protocols);
      socket.addEventListener("open", () => tellLine("on"));
      socket.addEventListener("close", () => tellLine("off"));
      return socket;
    },
  };
}

/** The deployment as this desk knew it first. What is pinned once is not fetched again. */
async function pinnedDeployment(locker: Locker): Promise<AppDeployment> {
  const kept = await locker.get<AppDeployment>("deployment");
  if (kept) return kept;
  const fetched = await askDeployment();
  await locker.put("deployment", fetched);
  return fetched;
}

export async function holdClinic(locker: Locker, keys: ClinicKeys): Promise<void> {
  const deployment = await pinnedDeployment(locker);
  const known = (await locker.get<ServedParameters[]>("parameters")) ?? [];
  const clinic = new Clinic(deskTransport(), deployment, keys, new LockerChannels(locker), known);
  held = { locker, deployment, clinic };
}

export function letGo(): void {
  held = undefined;
  line = undefined;
}

export const isHeld = (): boolean => held !== undefined;

/** @throws NotOpenError */
function required(): Held {
  if (!held) throw new NotOpenError("the desk is not open");
  return held;
}
export const clinic = (): Clinic => required().clinic;
export const locker = (): Locker => required().locker;
export const deployment = (): AppDeployment => required().deployment;

/** Keeps the parameters that the clinic believes by now. */
export async function keepParameters(): Promise<void> {
  const { parameters } = clinic();
  const kept = (await locker().get<ServedParameters[]>("parameters")) ?? [];
  if (parameters.length > kept.length) await locker().put("parameters", parameters);
}
