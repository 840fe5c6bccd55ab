// A file for the visit's records: FHIR is read and searched for names; anything else is sealed as it is, after somebody looked.

import { useSignal } from "@preact/signals";
import { doing } from "../../shared/doing.ts";
import { Button, Notice } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { Filed, Finding } from "../engine/records.ts";
import { FileField } from "../files.tsx";
import { engine } from "../remote.ts";
import { Findings } from "./findings.tsx";
import { words } from "./words.ts";

const MAX_FILE_BYTES = 20 << 20;
const isJson = (file: File): boolean => /json/.test(file.type) || /\.json$/i.test(file.name);

export function DropFile({ tagHash, onFiled }: { tagHash: string; onFiled: (recordId: string, name: string) => void }) {
  const w = words.value;
  const over = useSignal(false);
  const waiting = useSignal<{ file: File; findings: readonly Finding[] | undefined } | undefined>(undefined);
  const tooLarge = useSignal(false);

  const settle = (file: File, result: Filed | undefined): void => {
    waiting.value = result?.findings ? { file, findings: result.findings } : undefined;
    if (result?.recordId !== undefined) onFiled(result.recordId, file.name);
  };
  const fileFhir = async (file: File, allow: string[]): Promise<void> =>
    settle(file, await doing(w.filing, async () => engine.fileFhir(tagHash, await file.text(), { allow })));
  const fileBytes = async (file: File): Promise<void> =>
    settle(
      file,
      await doing(w.filing, async () => {
        const bytes = new Uint8Array(await file.arrayBuffer());
        return engine.fileBytes(tagHash, file.type || "application/octet-stream", bytes);
      }),
    );
  const take = async (file: File): Promise<void> => {
    tooLarge.value = file.size > MAX_FILE_BYTES;
    waiting.value = undefined;
    if (tooLarge.value) return;
    if (isJson(file)) await fileFhir(file, []);
    else waiting.value = { file, findings: undefined };
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    over.value = false;
    const file = event.dataTransfer?.files[0];
    if (file) void take(file);
  };
  const held = waiting.value;
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the field inside does the same by keyboard */}
      <div
        class={over.value ? "drop over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          over.value = true;
        }}
        onDragLeave={() => {
          over.value = false;
        }}
        onDrop={drop}
      >
        <h2>{w.dropTitle}</h2>
        <FileField label={w.choose} hint={w.dropHint} onFile={take} />
      </div>
      {tooLarge.value && (
        <Notice tone="bad" word={common.value.wrong}>
          <p>{w.tooLarge}</p>
        </Notice>
      )}
      {held?.findings && (
        <Findings
          findings={held.findings}
          watched=""
          onChange={() => {
            waiting.value = undefined;
          }}
          onAllow={() =>
            fileFhir(
              held.file,
              held.findings!.map(({ id }) => id),
            )
          }
        />
      )}
      {held && !held.findings && (
        <Notice tone="warn" word={w.pdfWord}>
          <p>{w.pdfText(held.file.name)}</p>
          <div class="row">
            <Button kind="primary" onClick={() => fileBytes(held.file)}>
              {w.fileAnyway}
            </Button>
            <Button
              onClick={() => {
                waiting.value = undefined;
              }}
            >
              {common.value.cancel}
            </Button>
          </div>
        </Notice>
      )}
    </>
  );
}
