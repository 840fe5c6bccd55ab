// The first screen: who is at the desk. Nobody is registered before this search.

import { useState } from "preact/hooks";
import { busy, doing } from "../../shared/doing.ts";
import { go } from "../../shared/route.ts";
import { Button, Field, Notice, Page } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { Typed } from "../engine/people.ts";
import { engine } from "../remote.ts";
import { forgetPerson, found, notice, PERSON, typed } from "./state.ts";
import { words } from "./words.ts";

const FIRST_DAY = "1880-01-01";
const MOST_CHARACTERS = 100;
const today = (): string => new Date().toISOString().slice(0, 10);

type Wrong = Partial<Record<keyof Typed, string>>;
function wrongIn({ given, family, birthDate, selector }: Typed): Wrong {
  const w = words.value;
  const isDay = /^\d{4}-\d\d-\d\d$/.test(birthDate) && birthDate >= FIRST_DAY && birthDate <= today();
  return {
    ...(given.trim() === "" && { given: w.nameFault }),
    ...(family.trim() === "" && { family: w.nameFault }),
    ...(!isDay && { birthDate: w.birthFault }),
    ...(selector.normalize("NFKC").replace(/[\s.-]/g, "").length < 3 && { selector: w.selectorFault }),
  };
}

export function Find() {
  const [wrong, setWrong] = useState<Wrong>({});
  const w = words.value;
  const person = typed.value;
  const field = (name: keyof Typed) => ({
    fault: wrong[name],
    value: person[name],
    autocomplete: "off",
    spellcheck: false,
    maxLength: MOST_CHARACTERS,
    onInput: (value: string) => {
      typed.value = { ...typed.value, [name]: value };
    },
  });
  const search = async (event: Event): Promise<void> => {
    event.preventDefault();
    notice.value = undefined;
    const faults = wrongIn(person);
    setWrong(faults);
    if (Object.keys(faults).length > 0) return;
    found.value = await doing(w.waitSearch, () => engine.find(person));
    if (found.value) go(PERSON);
  };
  return (
    <Page title={w.findTitle}>
      {notice.value !== undefined && (
        <Notice tone="good" word={common.value.good}>
          <p>{notice.value}</p>
        </Notice>
      )}
      <p>{w.findWhy}</p>
      <form class="stack" onSubmit={search} noValidate>
        <Field label={w.family} {...field("family")} />
        <Field label={w.given} {...field("given")} />
        <Field label={w.birthDate} type="date" min={FIRST_DAY} max={today()} {...field("birthDate")} />
        <Field label={w.selector} hint={w.selectorHint} {...field("selector")} />
        <div class="row">
          <Button kind="primary" type="submit" off={busy.value !== undefined}>
            {w.search}
          </Button>
          <Button kind="link" onClick={forgetPerson}>
            {w.clear}
          </Button>
        </div>
      </form>
    </Page>
  );
}
