// The run that makes the keys, as the screen follows it. It stands apart from the screen, because a run goes on while the desk
// looks at another part.

import { signal } from "@preact/signals";
import type { CeremonyStep } from "../../../client/index.ts";
import { doing, progress } from "../../shared/doing.ts";
import type { RunEnd, StepTaken } from "../engine/ceremony.ts";
import { engine, onEngine } from "../remote.ts";
import { words } from "./words.ts";

export const STEPS = ["start", "open", "deal", "accept", "finish"] as const satisfies readonly CeremonyStep[];

/** each trustee's answers so far; undefined while no run is at work */
export const answers = signal<readonly StepTaken[] | undefined>(undefined);
/** how the last run of this page ended */
export const ended = signal<RunEnd | undefined>(undefined);
/** counts the runs of this page; what the trustees show is asked anew after each */
export const runs = signal(0);

/** Whether the trustee took the step; undefined if it was not asked yet. */
export const answerOf = (step: CeremonyStep, trustee: number): boolean | undefined =>
  answers.value?.findLast((one) => one.step === step && one.trustee === trustee)?.taken;

export function makeKeys(threshold: number, trustees: number): Promise<void> {
  return doing(words.value.waitMake, async () => {
    ended.value = undefined;
    answers.value = [];
    const stop = onEngine("ceremony", (next: StepTaken) => {
      answers.value = [...(answers.value ?? []), next];
      progress.value = { done: answers.value.length, of: trustees * STEPS.length };
    });
    try {
      ended.value = await engine.makeKeys(threshold);
    } finally {
      stop();
      answers.value = undefined;
      runs.value++;
    }
  });
}
