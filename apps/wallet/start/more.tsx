// More: the recovery words, the lock, this phone, and what the app does not do.

import { useState } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import { Button, Notice, Page, Reach } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { engine } from "../remote.ts";
import { Alerts } from "./alerts.tsx";
import { look, markKept, overview } from "./phase.ts";
import { words } from "./words.ts";

/** Loads the page anew: nothing of an open wallet stays in its memory. */
const restart = (): void => location.assign("/");

function Forget({ onBack }: { onBack: () => void }) {
  const w = words.value;
  const [typed, setTyped] = useState(false);
  return (
    <Page title={w.forgetTitle}>
      <p>{w.forget}</p>
      <label class="choice">
        <input type="checkbox" checked={typed} onChange={(event) => setTyped(event.currentTarget.checked)} />
        <span>{w.forgetUnderstood}</span>
      </label>
      <Reach>
        <Button
          kind="danger"
          off={!typed}
          onClick={() =>
            doing(common.value.working, async () => {
              await engine.forgetEverything();
              markKept(false);
              restart();
            })
          }
        >
          {w.forgetNow}
        </Button>
        <Button onClick={onBack}>{common.value.back}</Button>
      </Reach>
    </Page>
  );
}

/** For a person who cannot open the wallet any more. */
export const CannotOpen = ({ onBack }: { onBack: () => void }) => <Forget onBack={onBack} />;

export function More() {
  const w = words.value;
  const [isForgetting, setForgetting] = useState(false);
  const [found, setFound] = useState<number | undefined>();
  const view = overview.value;
  if (isForgetting) return <Forget onBack={() => setForgetting(false)} />;
  return (
    <Page title={w.more}>
      <Alerts />
      <nav class="row" aria-label={w.more}>
        <a class="button" href="/messages">
          {w.tabs.messages}
        </a>
        <a class="button" href="/clinics">
          {w.tabs.clinics}
        </a>
        <a class="button" href="/help">
          {w.tabs.help}
        </a>
        <a class="button" href="/about">
          {w.tabs.about}
        </a>
      </nav>
      <div class="more">
        <section class="stack">
          <h2>{w.wordsTitle}</h2>
          <p>{view?.wordsKept ? w.wordsKept : w.wordsNotKept}</p>
          <a class="button" href="/words">
            {w.wordsShow}
          </a>
        </section>
        {view?.restoring && (
          <section class="stack">
            <h2>{w.recoverTitle}</h2>
            <p>{w.recoverWhy}</p>
            <Button
              onClick={() =>
                doing(w.waitRecover, async () => {
                  setFound(await engine.recover());
                  await look();
                })
              }
            >
              {w.recoverNow}
            </Button>
          </section>
        )}
        {found !== undefined && (
          <Notice tone="good" word={common.value.good}>
            <p>{w.recovered(found)}</p>
          </Notice>
        )}
        <section class="stack">
          <h2>{w.lockTitleMore}</h2>
          <p>{w.lockMore}</p>
          <div class="row">
            <Button onClick={restart}>{w.lockNow}</Button>
            <a class="button" href="/locks">
              {w.lockChange}
            </a>
          </div>
        </section>
        <section class="stack">
          <h2>{w.noPushTitle}</h2>
          <p>{w.noPush}</p>
        </section>
        <section class="stack">
          <h2>{w.exitTitle}</h2>
          <p>{w.exitMore}</p>
        </section>
        <section class="stack">
          <h2>{w.forgetTitle}</h2>
          <p>{w.forgetShort}</p>
          <Button kind="danger" onClick={() => setForgetting(true)}>
            {w.forgetOpen}
          </Button>
        </section>
      </div>
    </Page>
  );
}
