// The first step of each of the three: somebody brings a text or a file. It is read in the worker and shown before anything is
// signed.

import { useState } from "preact/hooks";
import { busy } from "../../shared/doing.ts";
import { Button, TextArea } from "../../shared/ui/kit.tsx";
import { FileInput } from "../file-input.tsx";
import { words } from "./words.ts";

const utf8 = new TextEncoder();

export function BringText({
  pasteLabel,
  fileLabel,
  onBrought,
}: {
  pasteLabel: string;
  fileLabel: string;
  onBrought: (bytes: Uint8Array) => unknown;
}) {
  const [text, setText] = useState("");
  return (
    <>
      <FileInput label={fileLabel} onFile={onBrought} />
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== "") onBrought(utf8.encode(text));
        }}
      >
        <TextArea label={pasteLabel} rows={4} dir="ltr" spellcheck={false} value={text} onInput={setText} />
        <div class="row">
          <Button type="submit" off={text.trim() === "" || busy.value !== undefined}>
            {words.value.readText}
          </Button>
        </div>
      </form>
    </>
  );
}
