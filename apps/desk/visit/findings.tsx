// The places that may name the patient, with the word marked where we know it. A person decides.

import { useEffect, useRef } from "preact/hooks";
import { Button, Notice } from "../../shared/ui/kit.tsx";
import type { Finding } from "../engine/records.ts";
import { markedParts } from "./marked.ts";
import { words } from "./words.ts";

export function Findings({
  findings,
  watched,
  onChange,
  onAllow,
}: {
  findings: readonly Finding[];
  watched: string;
  onChange: () => void;
  onAllow: () => void;
}) {
  const w = words.value;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.querySelector("button")?.focus(), []);
  return (
    <div ref={box}>
      <Notice tone="warn" word={w.foundWord}>
        <p>{w.foundText}</p>
        <ul class="list">
          {findings.map((finding) => (
            <li key={finding.id} class="stack tight">
              <span>{w.foundIn(w.foundKinds[finding.kind] ?? finding.kind, finding.path)}</span>
              {finding.text !== "" && (
                <span class="found" dir="auto">
                  {markedParts(finding.text, watched).map((part, i) =>
                    part.marked ? <mark key={`${i}`}>{part.text}</mark> : part.text,
                  )}
                </span>
              )}
            </li>
          ))}
        </ul>
        <div class="row">
          <Button kind="primary" onClick={onChange}>
            {w.change}
          </Button>
          <Button onClick={onAllow}>{w.fileAnyway}</Button>
        </div>
      </Notice>
    </div>
  );
}
