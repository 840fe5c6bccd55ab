// The recovery words: typed in on a new phone, and shown to their owner after the first visit, with a check.

import { useMemo, useState } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import type { RemoteError } from "../../shared/remote.ts";
import { go } from "../../shared/route.ts";
import { Button, Field, Notice, Page, Reach, TextArea } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { engine } from "../remote.ts";
import { look } from "./phase.ts";
import { words } from "./words.ts";

const CHECKED = 3;

/** "Type the 24 words." */
export function TypeWords({ onWords, onBack }: { onWords: (words: string) => void; onBack: () => void }) {
  const [typed, setTyped] = useState("");
  const [fault, setFault] = useState<string | undefined>();
  const w = words.value;
  const take = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      onWords(await engine.readWords(typed));
    } catch (error) {
      const { code = "", message } = error as RemoteError;
      setFault(w.wordFaults[code as keyof typeof w.wordFaults]?.(message.split(": ")[1] ?? "") ?? message);
    }
  };
  return (
    <Page title={w.typeWords}>
      <p>{w.typeWordsHow}</p>
      <form class="stack" onSubmit={take}>
        <TextArea
          label={w.theWords}
          value={typed}
          onInput={setTyped}
          rows={6}
          lang="en"
          dir="ltr"
          autocomplete="off"
          spellcheck={false}
        />
        {fault !== undefined && (
          <Notice tone="bad" word={common.value.wrong}>
            <p>{fault}</p>
          </Notice>
        )}
        <Reach>
          <Button kind="primary" type="submit">
            {common.value.next}
          </Button>
          <Button kind="link" onClick={onBack}>
            {common.value.back}
          </Button>
        </Reach>
      </form>
    </Page>
  );
}

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
