// The recovery words, shown to their owner after the first visit, with a check that they were written down.

import { useMemo, useState } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import { go } from "../../shared/route.ts";
import { Button, Field, Notice, Page, Reach } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { engine } from "../remote.ts";
import { look } from "./phase.ts";
import { words } from "./words.ts";

const CHECKED = 3;

/** Three different positions of 24, in order. */
function somePositions(): number[] {
  const drawn = new Set<number>();
  while (drawn.size < CHECKED) drawn.add(crypto.getRandomValues(new Uint8Array(1))[0]! % 24);
  return [...drawn].sort((a, b) => a - b);
}

function CheckWords({ onBack }: { onBack: () => void }) {
  const positions = useMemo(somePositions, []);
  const [given, setGiven] = useState<Record<number, string>>({});
  const [isWrong, setWrong] = useState(false);
  const w = words.value;
  const check = async (event: Event): Promise<void> => {
    event.preventDefault();
    const isRight = await engine.checkWords(Object.fromEntries(positions.map((i) => [i, given[i] ?? ""])));
    setWrong(!isRight);
    if (!isRight) return;
    await look();
    go("/more");
  };
  return (
    <Page title={w.checkTitle}>
      <p>{w.checkHow}</p>
      <form class="stack" onSubmit={check}>
        {positions.map((i) => (
          <Field
            key={i}
            label={w.wordNumber(i + 1)}
            value={given[i] ?? ""}
            onInput={(word) => setGiven({ ...given, [i]: word })}
            autocomplete="off"
            spellcheck={false}
            lang="en"
          />
        ))}
        {isWrong && (
          <Notice tone="bad" word={w.checkWrong}>
            <p>{w.checkWrongMore}</p>
          </Notice>
        )}
        <Reach>
          <Button kind="primary" type="submit">
            {w.checkDone}
          </Button>
          <Button onClick={onBack}>{w.showAgain}</Button>
        </Reach>
      </form>
    </Page>
  );
}

/** The screen of the 24 words. They are fetched when the owner asks for them. */
export function RecoveryWords() {
  const [shown, setShown] = useState<readonly string[] | undefined>();
  const [isChecking, setChecking] = useState(false);
  const w = words.value;
  if (isChecking)
    return (
      <CheckWords
        onBack={() => {
          setChecking(false);
        }}
      />
    );
  return (
    <Page title={w.wordsTitle}>
      <p>{w.wordsWhy}</p>
      {shown ? (
        <>
          <ol class="words" lang="en" dir="ltr">
            {shown.map((word, i) => (
              <li key={i}>{word}</li>
            ))}
          </ol>
          <p>{w.wordsCare}</p>
          <Reach>
            <Button kind="primary" onClick={() => setChecking(true)}>
              {w.wordsWritten}
            </Button>
            <Button onClick={() => print()}>{common.value.print}</Button>
          </Reach>
        </>
      ) : (
        <>
          <Notice word={w.wordsAlone}>
            <p>{w.wordsAloneMore}</p>
          </Notice>
          <Reach>
            <Button
              kind="primary"
              onClick={() =>
                doing(common.value.working, async () => setShown((await engine.recoveryWords()).split(" ")))
              }
            >
              {w.wordsShow}
            </Button>
            <Button onClick={() => go("/")}>{w.later}</Button>
          </Reach>
        </>
      )}
    </Page>
  );
}
