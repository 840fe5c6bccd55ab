// Messages: the visits, and under each its own thread. The address names the visit behind "#".

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { busy, doing, loading } from "../../shared/doing.ts";
import { dayText, timeText } from "../../shared/language.ts";
import { fragment } from "../../shared/route.ts";
import { Disc } from "../../shared/ui/disc.tsx";
import { Busy, Button, Empty, Notice, Page, TextArea, Tid } from "../../shared/ui/kit.tsx";
import { engine } from "../remote.ts";
import { Requests } from "./asks.tsx";
import { MAX_TEXT, type Message } from "./book.ts";
import { messagesHref, readMessagesFragment } from "./links.ts";
import { monthText } from "./text.ts";
import { show, threads } from "./threads.ts";
import type { ThreadView } from "./views.ts";
import { words } from "./words-messages.ts";

const draft = signal("");
const note = signal<string | undefined>(undefined);

const load = () =>
  loading(words.value.loading, async () => {
    threads.value = await engine.threads();
  });

export function MessagesScreen() {
  useEffect(() => void load(), []);
  const w = words.value;
  const { tid, recordId } = readMessagesFragment(fragment.value);
  const all = threads.value;
  const thread = tid === undefined ? undefined : all?.find((t) => t.tid === tid);
  if (all === undefined) return <Page title={w.title}>{busy.value === undefined && <Busy words={w.loading} />}</Page>;
  return thread ? <Thread key={thread.tagHash} thread={thread} recordId={recordId} /> : <Visits all={all} />;
}

const dateOf = ({ openedAt, month }: ThreadView): string =>
  openedAt === undefined ? monthText(month) : dayText(openedAt);

function Visits({ all }: { all: readonly ThreadView[] }) {
  const w = words.value;
  if (all.length === 0)
    return (
      <Page title={w.title}>
        <Empty title={w.none}>
          <p>{w.noneText}</p>
        </Empty>
      </Page>
    );
  return (
    <Page title={w.title}>
      <p class="hint">{w.intro}</p>
      <ul class="list">
        {all.map((thread) => (
          <li key={thread.tagHash}>
            <a class="visit-link" href={messagesHref(thread.tid)}>
              {thread.mark !== undefined && <Disc mark={thread.mark} side="left" label={w.half} small />}
              <span class="visit-text">
                <strong>
                  <bdi>{thread.clinic.name}</bdi>
                </strong>
                <span>{dateOf(thread)}</span>
                <Tid tid={thread.tid} />
                <LastLine thread={thread} />
              </span>
            </a>
          </li>
        ))}
      </ul>
    </Page>
  );
}

function LastLine({ thread: { messages } }: { thread: ThreadView }) {
  const w = words.value;
  const last = messages.at(-1);
  if (!last) return null;
  return (
    <span class="hint last-line">
      {last.from === "me" ? w.me : w.clinic}: <bdi>{last.text ?? w.notText(last.bytes)}</bdi>
    </span>
  );
}

const fetchNew = (tagHash: string, silent = false) => {
  const count = threads.value?.find((t) => t.tagHash === tagHash)?.messages.length;
  return loading(words.value.fetching, async () => {
    note.value = undefined;
    const thread = await engine.fetchMessages(tagHash);
    if (!silent && thread.messages.length === count) note.value = words.value.nothingNew;
    show(thread);
  });
};

const send = (tagHash: string) =>
  doing(words.value.sending, async () => {
    note.value = undefined;
    const text = draft.value;
    draft.value = "";
    try {
      show(await engine.sendText(tagHash, text));
    } finally {
      show(await engine.thread(tagHash)); // with the message that failed
    }
  });

function Thread({ thread, recordId }: { thread: ThreadView; recordId: string | undefined }) {
  const w = words.value;
  const { tagHash, messages, canWrite } = thread;
  const off = busy.value !== undefined;
  const tooLong = draft.value.length > MAX_TEXT;
  useEffect(() => {
    draft.value = "";
    note.value = undefined;
    if (canWrite) void fetchNew(tagHash, true);
  }, [tagHash]);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!off && draft.value.trim() !== "" && !tooLong) void send(tagHash);
  };
  return (
    <Page title={w.with(thread.clinic.name ?? w.clinic)}>
      <div class="row">
        {thread.mark !== undefined && <Disc mark={thread.mark} side="left" label={w.half} small />}
        <span class="visit-text">
          <span>{dateOf(thread)}</span>
          <span class="hint">{w.visitName}</span>
          <Tid tid={thread.tid} />
        </span>
      </div>
      {messages.length === 0 ? (
        <p class="hint">{w.nothingYet}</p>
      ) : (
        <ol class="messages" aria-label={w.title} aria-live="polite">
          {messages.map((message) => (
            <li key={message.id} class={message.from === "me" ? "message mine" : "message"}>
              <MessageView tagHash={tagHash} message={message} off={off} />
            </li>
          ))}
        </ol>
      )}
      {note.value !== undefined && <p role="status">{note.value}</p>}
      {canWrite ? (
        <>
          <form class="stack" onSubmit={submit}>
            <TextArea
              label={w.field}
              hint={tooLong ? w.tooLong : w.hint}
              value={draft.value}
              onInput={(text) => {
                draft.value = text;
              }}
              rows={3}
            />
            <div class="row">
              <Button kind="primary" type="submit" off={off || draft.value.trim() === "" || tooLong}>
                {w.send}
              </Button>
              <Button off={off} onClick={() => fetchNew(tagHash)}>
                {w.fetch}
              </Button>
            </div>
          </form>
          <p class="hint">{w.fetchHint}</p>
          <Requests thread={thread} recordId={recordId} />
        </>
      ) : (
        <Notice word={w.visitName}>
          <p>{w.restored}</p>
        </Notice>
      )}
      <p>
        <a href="/messages">{w.allVisits}</a>
      </p>
    </Page>
  );
}

function MessageView({ tagHash, message, off }: { tagHash: string; message: Message; off: boolean }) {
  const w = words.value;
  const again = () => doing(w.sending, async () => show(await engine.sendAgain(tagHash, message.id)));
  const remove = () => doing(w.loading, async () => show(await engine.forgetMessage(tagHash, message.id)));
  const lost = message.state === "failed" || (message.state === "sending" && !off);
  return (
    <>
      <span class="hint">
        {message.from === "me" ? w.me : w.clinic}, {timeText(message.at)}
      </span>
      <span class="message-text" dir="auto">
        {message.text ?? w.notText(message.bytes)}
      </span>
      {lost && (
        <span class="row">
          <span class="fault">{message.state === "failed" ? w.failed : w.maybe}</span>
          <Button kind="link" off={off} onClick={again}>
            {w.again}
          </Button>
          <Button kind="link" off={off} onClick={remove}>
            {w.remove}
          </Button>
        </span>
      )}
    </>
  );
}
