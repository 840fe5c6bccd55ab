// For the few acts that nothing takes back: the desk types a text that shows it means this person or thing.

import { useState } from "preact/hooks";
import { Button, Field } from "../shared/ui/kit.tsx";

const plain = (text: string): string =>
  text
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[\s.-]/g, "");

export function TypedConfirm({
  label,
  hint,
  must,
  action,
  onConfirm,
}: {
  label: string;
  hint?: string;
  /** the text to type, whatever its spacing and case */
  must: string;
  action: string;
  onConfirm: () => unknown;
}) {
  const [text, setText] = useState("");
  const isSame = plain(text) === plain(must) && plain(must) !== "";
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (isSame) onConfirm();
      }}
    >
      <Field label={label} hint={hint} value={text} onInput={setText} autocomplete="off" spellcheck={false} />
      <div class="row">
        <Button kind="danger" type="submit" off={!isSame}>
          {action}
        </Button>
      </div>
    </form>
  );
}
