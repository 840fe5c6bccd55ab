// The messages of one visit, under its temporary identity alone.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import { timeText } from "../../shared/language.ts";
import { Button, Empty, TextArea } from "../../shared/ui/kit.tsx";
import { markRead, unread } from "../desk.ts";
import type { MessageView } from "../engine/messages.ts";
import { engine } from "../remote.ts";
import { words } from "./words.ts";

export function Messages({ tagHash }: { tagHash: string }) {
  const w = words.value;
  const all = useSignal<readonly MessageView[] | undefined>(undefined);
  const text = useSignal("");
  const rung = unread.value.has(tagHash);
  useEffect(() => {
    const fetchNew = async (): Promise<void> => {
      all.value ??= await engine.messages(tagHash);
      all.value = await engine.receive(tagHash).catch(() => all.value);
      markRead(tagHash);
    };
    void fetchNew();
  }, [rung]);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (text.value.trim() === "") return;
    const next = await doing(w.sending, () => engine.sendMessage(tagHash, text.value.trim()));
    if (!next) return;
    all.value = next;
    text.value = "";
  };
  const keys = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void send(event);
  };
  return (
    <section class="stack">
      {all.value === undefined && <p role="status">{w.opening}</p>}
      {all.value?.length === 0 && (
        <Empty title={w.noMessages}>
          <p>{w.noMessagesHint}</p>
        </Empty>
      )}
      <ol class="list" aria-live="polite">
        {all.value?.map((message, i) => (
          <li key={`${i}`}>
            <div class={`message ${message.from}`}>
              <span class="hint">
                {message.from === "clinic" ? w.fromClinic : w.fromPatient}, {timeText(message.at)}
              </span>
              <p dir="auto">
                {message.pseudonym === undefined ? message.text : `${w.introduced} ${message.pseudonym.slice(0, 12)}`}
              </p>
            </div>
          </li>
        ))}
      </ol>
      <form class="stack" onSubmit={send} onKeyDown={keys}>
        <TextArea
          label={w.message}
          value={text.value}
          onInput={(next) => {
            text.value = next;
          }}
        />
        <div class="row">
          <Button kind="primary" type="submit" off={text.value.trim() === ""}>
            {w.send}
          </Button>
        </div>
      </form>
    </section>
  );
}
