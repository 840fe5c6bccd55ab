// The reception: the code at one side, the newest arrival at the other. In the ordinary case there is nothing to press. And the
// list of today's visits.

import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { doing } from "../../shared/doing.ts";
import { Button, Empty, Field, Notice, Page } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { arrival, badArrivals, line, refused, registered, unread, visits } from "../desk.ts";
import type { VisitView } from "../engine/reception.ts";
import { engine } from "../remote.ts";
import { ReadCard } from "./card.tsx";
import { words as cardWords } from "./card-words.ts";
import { Code } from "./code.tsx";
import { Queue, TakeByHand } from "./offline.tsx";
import { HalfDisc, Letters, Shown } from "./visit-parts.tsx";
import { words } from "./words.ts";

function Arrival({ visit }: { visit: VisitView }) {
  const w = words.value;
  const arrived = visit.cardAt === undefined ? w.arrived : cardWords.value.arrived;
  return (
    <section class="arrival" aria-label={arrived}>
      <p class="arrived" role="status">
        <span aria-hidden="true">✓ </span>
        {arrived}
        <span class="hidden">{visit.tid}</span>
      </p>
      <HalfDisc visit={visit} />
      <p class="letters">
        <Letters tid={visit.tid} />
      </p>
      <Shown visit={visit} />
      <div class="row">
        <a class="button primary" href={`/visit/${visit.tagHash}/note`}>
          {w.open}
        </a>
        <Button
          onClick={() => {
            arrival.value = undefined;
          }}
        >
          {w.next}
        </Button>
        <a class="button danger" href={`/emergency/${visit.tagHash}`}>
          {w.emergency}
        </a>
      </div>
    </section>
  );
}

const Waiting = () => (
  <Empty title={words.value.waiting}>
    <p>{words.value.waitingHint}</p>
  </Empty>
);

export function Reception() {
  const w = words.value;
  const offline = line.value === "off";
  const byHand = useSignal(false);
  const byCard = useSignal(false);
  const visit = arrival.value;
  return (
    <Page title={w.title} wide>
      {registered.value === false && (
        <Notice tone="warn" word={common.value.careful}>
          <p>
            {w.notRegistered} <a href="/keys">{w.notRegisteredGo}</a>
          </p>
        </Notice>
      )}
      {refused.value !== undefined && registered.value !== false && (
        <Notice tone="bad" word={common.value.wrong}>
          <p>{w.refused}</p>
        </Notice>
      )}
      {badArrivals.value > 0 && (
        <Notice tone="warn" word={common.value.careful}>
          <p>{w.badArrivals(badArrivals.value)}</p>
        </Notice>
      )}
      <div class={visit ? "reception here" : "reception"}>
        <Code offline={offline} />
        {visit ? <Arrival key={visit.tagHash} visit={visit} /> : <Waiting />}
      </div>
      {byCard.value && (
        <ReadCard
          onDone={() => {
            byCard.value = false;
          }}
        />
      )}
      {(offline || byHand.value) && <TakeByHand />}
      <Queue />
      <div class="row">
        {!byCard.value && (
          <Button
            kind="link"
            onClick={() => {
              byCard.value = true;
            }}
          >
            {cardWords.value.open}
          </Button>
        )}
        {!offline && !byHand.value && (
          <Button
            kind="link"
            onClick={() => {
              byHand.value = true;
            }}
          >
            {w.byHand}
          </Button>
        )}
      </div>
    </Page>
  );
}

const lettersOf = (typed: string): string => typed.toUpperCase().replace(/[^0-9A-Z]/g, "");

function Today() {
  const w = words.value;
  const typed = useSignal("");
  const found = useSignal<readonly { tagHash: string; tid: string }[] | undefined>(undefined);
  const part = lettersOf(typed.value);
  const shown = visits.value.filter(({ tid }) => tid.includes(part));
  const searchAll = async (event?: Event): Promise<void> => {
    event?.preventDefault();
    if (part !== "") found.value = await doing(w.searching, () => engine.findByTid(part));
  };
  const others = (found.value ?? []).filter(({ tagHash }) => !shown.some((one) => one.tagHash === tagHash));
  return (
    <Page title={w.today} wide>
      <p class="hint">{w.todayLead}</p>
      <form class="search" onSubmit={searchAll}>
        <Field
          label={w.search}
          hint={w.searchHint}
          type="search"
          autocomplete="off"
          spellcheck={false}
          onInput={(text) => {
            typed.value = text;
            found.value = undefined;
          }}
        />
        <Button type="submit" off={part === ""}>
          {w.searchAll}
        </Button>
      </form>
      {visits.value.length === 0 && part === "" ? (
        <Empty title={w.todayNone}>
          <p>{w.todayNoneHint}</p>
        </Empty>
      ) : (
        <>
          <p role="status">{w.count(shown.length + others.length)}</p>
          {shown.length + others.length === 0 && <p>{w.searchNone}</p>}
          <ul class="list visits">
            {shown.map((visit) => (
              <li key={visit.tagHash}>
                <HalfDisc visit={visit} small />
                <div class="stack tight">
                  <a href={`/visit/${visit.tagHash}/note`}>
                    <Letters tid={visit.tid} />
                  </a>
                  <Shown visit={visit} />
                </div>
                {visit.cardAt !== undefined && <span class="tag">{cardWords.value.here}</span>}
                {unread.value.has(visit.tagHash) && <span class="tag">{w.newMessage}</span>}
              </li>
            ))}
            {others.map(({ tagHash, tid }) => (
              <li key={tagHash}>
                <a href={`/visit/${tagHash}/note`}>
                  <Letters tid={tid} />
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
    </Page>
  );
}

export const screens: Record<string, ComponentType> = { "/": Reception, "/today": Today };
