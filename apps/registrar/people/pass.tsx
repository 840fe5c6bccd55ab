// The choice of what a pass says: one of a few for each fact, in words.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { loading } from "../../shared/doing.ts";
import { Choices } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { Attribute } from "../engine/people.ts";
import { engine } from "../remote.ts";
import { nameInWords, valueInWords } from "./entitlements.ts";

const attributes = signal<Attribute[] | undefined>(undefined);

/** Asks for the facts of this month, once per screen. */
export const useAttributes = (): Attribute[] | undefined => {
  useEffect(() => {
    if (attributes.value) return;
    void loading(common.value.working, async () => {
      attributes.value = await engine.attributes();
    });
  }, []);
  return attributes.value;
};

export const isComplete = (facts: readonly Attribute[], chosen: Record<string, string>): boolean =>
  facts.every(({ name }) => chosen[name] !== undefined);

export function PassChoices({
  facts,
  chosen,
  onChoose,
}: {
  facts: readonly Attribute[];
  chosen: Record<string, string>;
  onChoose: (chosen: Record<string, string>) => void;
}) {
  return (
    <>
      {facts.map(({ name, values }) => (
        <Choices
          key={name}
          legend={nameInWords(name)}
          name={name}
          value={chosen[name]}
          options={values.map((value) => ({ value, text: valueInWords(name, value) }))}
          onChoose={(value) => onChoose({ ...chosen, [name]: value })}
        />
      ))}
    </>
  );
}
