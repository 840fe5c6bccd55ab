// The openings in which the registry named a person to an office, each with its letter. Below them, what this desk can and cannot
// know: a link concerns a person whom only their phone can tell.

import { useState } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import { dayText, isolated } from "../../shared/language.ts";
import { Button, Empty, Page } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { OpeningsView, OpeningView } from "../engine/openings.ts";
import { useLoaded, Waiting } from "../loaded.tsx";
import { engine } from "../remote.ts";
import { LetterScreen, whoAsked } from "./letter.tsx";
import { words } from "./words.ts";

function Entry({ opening, onChoose }: { opening: OpeningView; onChoose: () => void }) {
  const w = words.value;
  const { kind, name, selector, at, printedAt } = opening;
  const who = name === undefined ? isolated(selector) : `${isolated(name)} (${isolated(selector)})`;
  return (
    <li class="entry">
      <span>
        <strong>{who}</strong>
        <span class="tag">{printedAt === null ? w.noLetter : w.letterOn(dayText(printedAt))}</span>
        <br />
        {w[kind](whoAsked(opening))} <span class="hint">{dayText(at)}</span>
      </span>
      <Button onClick={onChoose}>{w.openLetter}</Button>
    </li>
  );
}

/** The pages that were fetched so far, as one list. */
function List({ first }: { first: OpeningsView }) {
  const w = words.value;
  const [view, setView] = useState(first);
  const [chosen, setChosen] = useState<string | undefined>();
  const { openings, cursor } = view;
  const opening = openings.find(({ caseId }) => caseId === chosen);
  const more = () =>
    doing(w.waitList, async () => {
      const next = await engine.openings(cursor);
      setView({ openings: [...openings, ...next.openings], cursor: next.cursor });
    });
  const marked = (printedAt: number | null): void =>
    setView({ cursor, openings: openings.map((one) => (one === opening ? { ...one, printedAt } : one)) });
  if (opening) return <LetterScreen opening={opening} onMarked={marked} onBack={() => setChosen(undefined)} />;
  return (
    <Page title={w.title}>
      <p>{w.lead}</p>
      <p>{w.onlyPhones}</p>
      {openings.length === 0 ? (
        <Empty title={w.none}>
          <p>{w.noneText}</p>
        </Empty>
      ) : (
        <ul class="list openings">
          {openings.map((one) => (
            <Entry key={one.caseId} opening={one} onChoose={() => setChosen(one.caseId)} />
          ))}
        </ul>
      )}
      {cursor !== undefined && (
        <div class="row">
          <Button onClick={more}>{w.more}</Button>
        </div>
      )}
      <Explained />
    </Page>
  );
}

const Explained = () => (
  <>
    {words.value.parts.map(({ title, lines }) => (
      <section key={title} class="stack">
        <h2>{title}</h2>
        {lines.map((line) => (
          <p key={line}>{line}</p>
        ))}
      </section>
    ))}
  </>
);

export function Openings() {
  const w = words.value;
  const list = useLoaded(() => engine.openings());
  if (list.value) return <List first={list.value} />;
  return (
    <Page title={w.title}>
      <Waiting of={list} words={common.value.working}>
        {() => null}
      </Waiting>
      <Explained />
    </Page>
  );
}
