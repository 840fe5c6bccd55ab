// "Type the six words": for a person whose phone can read no code. It loads when it is asked for.

import { useRef, useState } from "preact/hooks";
import { busy, doing } from "../../shared/doing.ts";
import { Button, Field, Notice, Page, Reach } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { engine } from "../remote.ts";
import { words } from "./say-words.ts";
import "./say.css";

const COUNT = 6;
type Fault = "empty" | "unknown" | undefined;

export interface SayProps {
  /** @param text the clinic's invitation */
  onFound: (text: string) => void;
  onBack: () => void;
}

export function SayWords({ onFound, onBack }: SayProps) {
  const [typed, setTyped] = useState<string[]>(() => Array(COUNT).fill(""));
  const [faults, setFaults] = useState<Fault[]>([]);
  const [nearest, setNearest] = useState<string[][]>([]);
  const [answer, setAnswer] = useState<"some" | "check" | "none" | undefined>();
  const form = useRef<HTMLFormElement>(null);
  const w = words.value;

  const focusOn = (i: number): void => form.current?.querySelectorAll("input")[i]?.focus();
  const clear = (i: number): void => {
    setFaults(faults.map((fault, j) => (j === i ? undefined : fault)));
    setAnswer(undefined);
  };
  /** A space goes on to the next word, so that all can be typed or pasted in one go. */
  const type = (i: number, text: string): void => {
    const parts = text.split(/[\s,.;-]+/);
    const filled = parts.slice(0, COUNT - i);
    setTyped(typed.map((word, j) => filled[j - i] ?? word));
    clear(i);
    if (filled.length > 1) focusOn(i + filled.length - 1);
  };
  const take = (i: number, word: string): void => {
    setTyped(typed.map((other, j) => (j === i ? word : other)));
    clear(i);
    focusOn(i);
  };
  const mark = (found: Fault[]): void => {
    setFaults(found);
    setAnswer("some");
    focusOn(found.findIndex((fault) => fault !== undefined));
  };
  const read = async (event: Event): Promise<void> => {
    event.preventDefault();
    setNearest([]);
    setAnswer(undefined);
    if (typed.includes("")) {
      mark(typed.map((word) => (word === "" ? "empty" : undefined)));
      return;
    }
    const told = await doing(w.wait, () => engine.readSpoken(typed));
    if (told === undefined) return;
    if ("text" in told) onFound(told.text);
    else if (told.fault === "unknown") {
      setNearest(told.words.map((word) => word.nearest));
      mark(told.words.map(({ isUnknown }) => (isUnknown ? "unknown" : undefined)));
    } else setAnswer(told.fault);
  };

  return (
    <Page title={w.title}>
      <p>{w.how}</p>
      <form ref={form} class="stack" onSubmit={read}>
        {answer !== undefined && (
          <Notice tone={answer === "none" ? "warn" : "bad"} word={answer === "some" ? w.someWrong : common.value.wrong}>
            <p>{answer === "some" ? w.someWrongMore : w[answer]}</p>
          </Notice>
        )}
        <div class="say">
          {typed.map((word, i) => (
            <div key={i} class="stack tight">
              <Field
                label={w.word(i + 1)}
                fault={faults[i] && w[faults[i]]}
                value={word}
                onInput={(text) => type(i, text)}
                autocomplete="off"
                spellcheck={false}
                lang="en"
                dir="ltr"
              />
              {faults[i] !== undefined &&
                (nearest[i] ?? []).map((near) => (
                  <Button key={near} onClick={() => take(i, near)}>
                    {w.choose(near)}
                  </Button>
                ))}
            </div>
          ))}
        </div>
        <Reach>
          <Button kind="primary" type="submit" off={busy.value !== undefined}>
            {w.read}
          </Button>
          <Button kind="link" onClick={onBack}>
            {w.back}
          </Button>
        </Reach>
      </form>
    </Page>
  );
}
