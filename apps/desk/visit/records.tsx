// The records of one visit, opened and shown. A record can be changed or withdrawn; a withdrawal waits a few seconds for the
// person to take it back, because its signed statement is for ever.

import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import { dayText } from "../../shared/language.ts";
import { Button, Empty, Undo } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { OpenedView, RecordView } from "../engine/records.ts";
import type { FormKind } from "../forms.ts";
import { engine } from "../remote.ts";
import type { Amending } from "./form.tsx";
import { OpenedRecord, recordTitle } from "./opened.tsx";
import { words } from "./words.ts";

const WITHDRAW_AFTER_MS = 8_000;
const DAY_SECONDS = 86_400;

interface Pending {
  recordId: string;
  title: string;
  timer: ReturnType<typeof setTimeout>;
}
const pending = signal<Pending | undefined>(undefined);

export function Records({
  tagHash,
  version,
  onAmend,
  onChanged,
}: {
  tagHash: string;
  /** rises when something was filed */
  version: number;
  onAmend: (kind: FormKind, amending: Amending) => void;
  onChanged: () => void;
}) {
  const w = words.value;
  const records = useSignal<readonly RecordView[] | undefined>(undefined);
  const opened = useSignal<Readonly<Record<string, OpenedView>>>({});
  useEffect(() => {
    let over = false;
    const load = async (): Promise<void> => {
      const all = await engine.records(tagHash);
      if (over) return;
      records.value = all;
      for (const { recordId, state } of all) {
        if (opened.value[recordId] || state === "erased") continue;
        const one = await engine
          .openRecord(tagHash, recordId)
          .catch((cause: Error): OpenedView => ({ kind: "unreadable", reason: cause.message }));
        if (over) return;
        opened.value = { ...opened.value, [recordId]: one };
      }
    };
    load().catch(() => {
      records.value ??= [];
    });
    return () => {
      over = true;
    };
  }, [tagHash, version]);

  const withdrawNow = async ({ recordId, timer }: Pending): Promise<void> => {
    clearTimeout(timer);
    pending.value = undefined;
    await doing(w.filing, () => engine.withdraw(tagHash, recordId));
    onChanged();
  };
  const withdraw = async (recordId: string, title: string): Promise<void> => {
    if (pending.value) await withdrawNow(pending.value);
    const next: Pending = { recordId, title, timer: setTimeout(() => void withdrawNow(next), WITHDRAW_AFTER_MS) };
    pending.value = next;
  };
  const undo = (): void => {
    clearTimeout(pending.value?.timer);
    pending.value = undefined;
  };

  return (
    <section class="stack" aria-label={w.records}>
      <h2>{w.records}</h2>
      {records.value === undefined && <p role="status">{w.opening}</p>}
      {records.value?.length === 0 && (
        <Empty title={w.noRecords}>
          <p>{w.noRecordsHint}</p>
        </Empty>
      )}
      <ul class="list">
        {records.value?.toReversed().map(({ recordId, state, day, contentKind }) => {
          const one = opened.value[recordId];
          const title = recordTitle(one, contentKind);
          const form = one?.kind === "fhir" ? one.form : undefined;
          const gone = state !== "current" || pending.value?.recordId === recordId;
          return (
            <li key={recordId}>
              <details class={gone ? "record gone" : "record"} open={!gone && records.value!.length < 4}>
                <summary>
                  <strong>{title}</strong>
                  <span class="hint">{dayText(day * DAY_SECONDS)}</span>
                  {state !== "current" && <span class="tag">{w.states[state]}</span>}
                </summary>
                <div class="stack">
                  {one ? <OpenedRecord opened={one} name={title} /> : state !== "erased" && <p>{w.opening}</p>}
                  {!gone && (
                    <div class="row">
                      {form && (
                        <Button kind="link" onClick={() => onAmend(form.kind, { recordId, values: form.values })}>
                          {w.amend}
                        </Button>
                      )}
                      <Button kind="link" onClick={() => withdraw(recordId, title)}>
                        {w.withdraw}
                      </Button>
                    </div>
                  )}
                </div>
              </details>
            </li>
          );
        })}
      </ul>
      {pending.value && <Undo text={w.withdrawn(pending.value.title)} action={common.value.undo} onUndo={undo} />}
    </section>
  );
}
