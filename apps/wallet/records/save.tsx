// Saving the records as files, and the way to paper. The files are made on the phone.

import { useSignal } from "@preact/signals";
import { doing } from "../../shared/doing.ts";
import { Button, Notice } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { ExportKind } from "../engine/records.ts";
import { engine } from "../remote.ts";
import { words } from "./words.ts";

const NAMES: Readonly<Record<ExportKind, string>> = { bundle: "records.json", summary: "summary.json" };

/** Gives the text to the browser as a download. */
function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/fhir+json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the Blob after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export function Save() {
  const w = words.value;
  const isSaved = useSignal(false);
  const save = async (kind: ExportKind): Promise<void> => {
    isSaved.value = false;
    const text = await doing(w.making, () => engine.exportRecords(kind));
    if (text === undefined) return;
    download(text, NAMES[kind]);
    isSaved.value = true;
  };
  return (
    <>
      <Notice tone="warn" word={common.value.careful}>
        <p>{w.saveWarn}</p>
      </Notice>
      {isSaved.value && (
        <Notice tone="good" word={common.value.good}>
          <p>{w.saved}</p>
        </Notice>
      )}
      <section class="stack">
        <h2>{w.summaryTitle}</h2>
        <p>{w.summary}</p>
        <Button kind="primary" onClick={() => save("summary")}>
          {w.summaryButton}
        </Button>
      </section>
      <section class="stack">
        <h2>{w.wholeTitle}</h2>
        <p>{w.whole}</p>
        <Button onClick={() => save("bundle")}>{w.wholeButton}</Button>
      </section>
      <section class="stack">
        <h2>{w.printTitle}</h2>
        <p>{w.printHelp}</p>
        <a class="button" href="/records">
          {w.toTimeline}
        </a>
      </section>
    </>
  );
}
