// The worker's methods for the trustees' first keys: what each trustee shows, and the run that makes them. The desk only carries
// messages between the trustees. It learns no part of a key.
//
// The desk keeps the id of a run, sealed, before it sends anything, and until every trustee holds the keys. So a run that stopped
// goes on under the same id, also after a reload. A run with a complaint is void: its id is forgotten.

import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import {
  ApiError,
  type CeremonyComplaint,
  CeremonyError,
  type CeremonyProgress,
  type CeremonyStep,
  fetchKeySet,
  readEveryKeyState,
  runCeremony,
  type Transport,
  type TrusteeKeys,
} from "../../../client/index.ts";
import { tell } from "../../shared/remote.ts";
import { desk, uncached } from "./held.ts";

/** A run that this desk began, and whose end it has not seen. */
export interface BegunRun {
  /** hex of 32 bytes */
  id: string;
  threshold: number;
}

export interface CeremonyView {
  trustees: readonly TrusteeKeys[];
  /** host of trustee i at [i - 1] */
  hosts: readonly string[];
  begun: BegunRun | undefined;
}

/** A trustee that did not take a step, and why. */
export interface Stop {
  trustee: number;
  step: CeremonyStep;
  /** key: it takes this desk's key for no administrator's; other: it holds keys, or serves another run; said: it refused */
  why: "silent" | "key" | "other" | "said";
  /** the trustee's own words, in English */
  detail: string;
}

export type RunEnd =
  | { end: "done" }
  | { end: "complaint"; complaints: readonly CeremonyComplaint[] }
  /** without stops: the desk was locked meanwhile */
  | { end: "stopped"; stops: readonly Stop[] };

/** One trustee's answer in one step, as the page hears it by the event "ceremony". */
export type StepTaken = Pick<CeremonyProgress, "step" | "trustee"> & { taken: boolean };

/** A trustee may hold keys of the run already. Without the run's id, the others could never get theirs. */
class KeysThereError extends Error {
  override name = "KeysThereError";
  readonly code = "keys-there";
}

const RUN = "key ceremony";
/** If a trustee has not answered by then, it counts as silent. */
const PATIENCE_MS = 60_000;

const kept = (): Promise<BegunRun | undefined> => desk().locker.get<BegunRun>(RUN);

/** The desk's transport, which waits so long only, and no longer than the desk is open. */
function patient(): Transport {
  const { transport, closing } = desk();
  const { fetch, ...rest } = uncached(transport);
  return {
    ...rest,
    fetch: (input, init) =>
      fetch(input, { ...init, signal: AbortSignal.any([closing.signal, AbortSignal.timeout(PATIENCE_MS)]) }),
  };
}

function stopOf({ step, trustee, error }: CeremonyProgress): Stop {
  if (!(error instanceof ApiError)) return { step, trustee, why: "said", detail: String(error) };
  const detail = error.detail ?? error.code;
  if (error.code === "credential-refused") return { step, trustee, why: "key", detail };
  if (error.code === "conflict") return { step, trustee, why: "other", detail };
  const answered = error.status >= 400 && error.status < 500 && error.status !== 429;
  return { step, trustee, why: answered ? "said" : "silent", detail };
}

export const ceremonyApi = {
  async ceremony(): Promise<CeremonyView> {
    const { deployment, locker } = desk();
    const trustees = await readEveryKeyState(patient(), deployment);
    if (trustees.every(({ state }) => state === "keys")) await locker.delete(RUN);
    return { trustees, hosts: deployment.trusteeUrls.map((url) => new URL(url).host), begun: await kept() };
  },

  /**
   * Makes the keys, or goes on with the run that was begun.
   * @param threshold of a new run
   * @throws CeremonyError key-sets-differ, bad-key-set, bad-ceremony-message
   */
  async makeKeys(threshold: number): Promise<RunEnd> {
    const { transport, deployment, adminSecretKey, locker, closing } = desk();
    const run = (await kept()) ?? { id: bytesToHex(transport.rng(32)), threshold };
    await locker.put(RUN, run);
    const stops: Stop[] = [];
    try {
      await runCeremony(patient(), {
        trusteeUrls: deployment.trusteeUrls,
        identityKeys: deployment.trusteeKeys.map(hexToBytes),
        threshold: run.threshold,
        adminSecretKey,
        ceremonyId: hexToBytes(run.id),
        onProgress(progress) {
          const { step, trustee, error } = progress;
          if (error !== undefined) stops.push(stopOf(progress));
          tell("ceremony", { step, trustee, taken: error === undefined } satisfies StepTaken);
        },
      });
    } catch (error) {
      if (error instanceof CeremonyError && error.code === "complaint") {
        await locker.delete(RUN);
        return { end: "complaint", complaints: error.complaints };
      }
      if (closing.signal.aborted) return { end: "stopped", stops: [] };
      if (stops.length > 0) return { end: "stopped", stops };
      throw error;
    }
    await locker.delete(RUN);
    return { end: "done" };
  },

  /** Forgets the run that was begun, so that another can begin. @throws KeysThereError */
  async dropRun(): Promise<void> {
    const { deployment, locker } = desk();
    const trustees = await readEveryKeyState(patient(), deployment);
    if (!trustees.every(({ state }) => state === "none"))
      throw new KeysThereError("a trustee may hold keys of the run");
    await locker.delete(RUN);
  },

  /** The key set of generation 0, for the parameters. @param trustee that holds it. @throws ApiError, CeremonyError bad-key-set */
  async keySetFile(trustee: number): Promise<Uint8Array> {
    const { deployment } = desk();
    const url = deployment.trusteeUrls[trustee - 1]!;
    return (await fetchKeySet(patient(), url, deployment.trusteeKeys.map(hexToBytes))).keySetBytes;
  },
};
