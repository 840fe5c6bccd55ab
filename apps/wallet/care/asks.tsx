// Requests to a clinic under a visit: erase, do not use, correct, move. Only the clinic can do these, so each is a prepared message.
// Its state follows from the clinic's signed statements, and from its messages.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { busy, doing, progress } from "../../shared/doing.ts";
import { dayText, timeText } from "../../shared/language.ts";
import { Button, Choices, TextArea, Undo } from "../../shared/ui/kit.tsx";
import { engine, onEngine } from "../remote.ts";
import { ASK_KINDS, type AskKind } from "./book.ts";
import { show } from "./threads.ts";
import type { ThreadView } from "./views.ts";
import { words } from "./words-messages.ts";

const kind = signal<AskKind | undefined>(undefined);
const letter = signal("");
const isOpen = signal(false);
/** the request that was just sent, to be taken back */
const sent = signal<{ id: string; at: number } | undefined>(undefined);

const isKind = (text: string): text is AskKind => (ASK_KINDS as readonly string[]).includes(text);

function choose(next: AskKind, recordId: string | undefined): void {
  const w = words.value;
  kind.value = next;
  letter.value = w.letter[next](recordId === undefined ? w.allRecords : w.thisRecord(recordId));
}

const ask = (tagHash: string, recordId: string | undefined) =>
  doing(words.value.sending, async () => {
    if (kind.value === undefined) return;
    try {
      const thread = await engine.ask(tagHash, kind.value, recordId, letter.value);
      kind.value = undefined;
      isOpen.value = false;
      sent.value = thread.asks[0];
    } finally {
      show(await engine.thread(tagHash));
    }
  });

const takeBack = (tagHash: string, { id, at }: { id: string; at: number }) =>
  doing(words.value.sending, async () => {
    show(await engine.takeBack(tagHash, id, words.value.letter.takeBack(dayText(at))));
    sent.value = undefined;
  });

const check = (tagHash: string) =>
  doing(words.value.checkingAsks, async () => {
    const stop = onEngine("care", (counted: { done: number; of: number }) => {
      progress.value = counted;
    });
    try {
      show(await engine.checkAsks(tagHash));
    } finally {
      stop();
    }
  });

export function Requests({ thread, recordId }: { thread: ThreadView; recordId: string | undefined }) {
  const w = words.value;
  const { tagHash, asks } = thread;
  const off = busy.value !== undefined;
  useEffect(() => {
    kind.value = undefined;
    sent.value = undefined;
    isOpen.value = recordId !== undefined;
    if (recordId !== undefined) choose("erase", recordId);
  }, [tagHash, recordId]);
  return (
    <>
      {asks.length > 0 && <Asked thread={thread} />}
      <details
        open={isOpen.value}
        onToggle={(event) => {
          isOpen.value = event.currentTarget.open;
        }}
      >
        <summary>{w.askTitle}</summary>
        <div class="stack asking">
          <p>{w.onlyClinic}</p>
          <Choices
            legend={w.askLegend}
            name="ask"
            options={ASK_KINDS.map((value) => ({ value, text: w[value] }))}
            value={kind.value}
            onChoose={(value) => isKind(value) && choose(value, recordId)}
          />
          {kind.value !== undefined && (
            <>
              <TextArea
                label={w.askText}
                value={letter.value}
                onInput={(text) => {
                  letter.value = text;
                }}
                rows={3}
              />
              <div class="row">
                <Button kind="primary" off={off || letter.value.trim() === ""} onClick={() => ask(tagHash, recordId)}>
                  {w.askSend}
                </Button>
              </div>
            </>
          )}
        </div>
      </details>
      {sent.value !== undefined && (
        <Undo text={w.asked} action={w.takeBack} onUndo={() => sent.value && takeBack(tagHash, sent.value)} />
      )}
    </>
  );
}

function Asked({ thread: { tagHash, asks } }: { thread: ThreadView }) {
  const w = words.value;
  const off = busy.value !== undefined;
  const seenAt = Math.max(...asks.map(({ seen }) => seen?.at ?? 0));
  return (
    <section class="stack">
      <h2>{w.asks}</h2>
      <ul class="list">
        {asks.map((one) => (
          <li key={one.id}>
            <strong>{w.askKinds[one.kind]}</strong>
            {": "}
            {one.recordId === undefined ? w.allRecords : w.thisRecord(one.recordId.slice(0, 8))}
            <br />
            <span class="hint">{w.askOn(dayText(one.at))}</span>
            <br />
            {w.states[one.state]}
            {(one.state === "asked" || one.state === "answered" || one.state === "partly") && (
              <>
                {" "}
                <Button kind="link" off={off} onClick={() => takeBack(tagHash, one)}>
                  {w.takeBack}
                </Button>
              </>
            )}
          </li>
        ))}
      </ul>
      <div class="row">
        <Button off={off} onClick={() => check(tagHash)}>
          {w.checkAsks}
        </Button>
        {seenAt > 0 && <span class="hint">{w.checkedOn(timeText(seenAt))}</span>}
      </div>
    </section>
  );
}
