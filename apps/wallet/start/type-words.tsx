// The recovery words, typed in on a new phone.

import { useState } from "preact/hooks";
import type { RemoteError } from "../../shared/remote.ts";
import { Button, Notice, Page, Reach, TextArea } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { engine } from "../remote.ts";
import { words } from "./words.ts";

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
