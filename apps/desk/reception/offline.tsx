// Check-ins that are taken by hand while there is no network, and what became of them.

import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import { isolated, timeText } from "../../shared/language.ts";
import { Button, Notice, TextArea } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { arrival, line } from "../desk.ts";
import type { QueueView, TakenView } from "../engine/reception.ts";
import { FileField } from "../files.tsx";
import { engine } from "../remote.ts";
import { words } from "./words.ts";

const queued = signal<readonly QueueView[]>([]);
const looksDouble = ({ outcome, twice }: QueueView): boolean =>
  twice || outcome === "used-here" || outcome === "used-elsewhere";

async function settle(): Promise<void> {
  const all = await doing(words.value.settling, () => engine.settle());
  if (all) queued.value = all;
}

/** Hands in what waits as soon as the network is back. */
function useQueue(): void {
  const now = line.value;
  useEffect(() => {
    engine.queued().then(
      (all) => {
        queued.value = all;
        if (now === "on" && all.some(({ outcome }) => outcome === undefined)) void settle();
      },
      () => {}, // the desk is being locked: its line goes first
    );
  }, [now]);
}

export function Queue() {
  const w = words.value;
  useQueue();
  if (queued.value.length === 0) return null;
  const waits = queued.value.some(({ outcome }) => outcome === undefined);
  return (
    <section class="stack">
      <h2>{w.queue}</h2>
      <ul class="list">
        {queued.value.map((entry) => (
          <li key={entry.tagHash} class="row">
            <span class="tid">{entry.tid}</span>
            <span class={looksDouble(entry) ? "fault" : "hint"}>
              {looksDouble(entry) && <span aria-hidden="true">✕ </span>}
              {w.outcomes[entry.outcome ?? "waiting"]}
            </span>
            <span class="hint">{timeText(entry.takenAt)}</span>
          </li>
        ))}
      </ul>
      {waits && (
        <div class="row">
          <Button onClick={settle}>{w.settle}</Button>
        </div>
      )}
    </section>
  );
}

export function TakeByHand() {
  const w = words.value;
  const text = useSignal("");
  const taken = useSignal<TakenView | undefined>(undefined);
  const take = async (given: string): Promise<void> => {
    const result = await doing(w.taking, () => engine.takeOffline(given));
    if (!result) return;
    taken.value = result;
    text.value = "";
    arrival.value = result.visit;
    queued.value = await engine.queued();
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    void take(text.value);
  };
  const outcome = taken.value?.outcome;
  return (
    <section class="stack">
      <h2>{w.offlineTitle}</h2>
      <p>{w.offlineLead}</p>
      <p class="hint">{w.offlineRisk}</p>
      <form class="stack" onSubmit={submit}>
        <TextArea
          label={w.offlineText}
          value={text.value}
          spellcheck={false}
          autocomplete="off"
          onInput={(next) => {
            text.value = next;
          }}
        />
        <Button kind="primary" type="submit" off={text.value.trim() === ""}>
          {w.take}
        </Button>
      </form>
      <FileField label={w.offlineFile} onFile={async (file) => take(await file.text())} />
      {outcome === "used-twice" ? (
        <Notice tone="bad" word={isolated(taken.value!.visit.tid)}>
          <p>{w.usedTwice}</p>
          <p>{w.usedTwiceDo}</p>
        </Notice>
      ) : (
        outcome !== undefined && (
          <Notice tone="good" word={common.value.good}>
            <p>{outcome === "taken" ? w.taken : w.repeated}</p>
          </Notice>
        )
      )}
    </section>
  );
}
