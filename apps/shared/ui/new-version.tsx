// Tells that a new version of the app waits, and takes it when the person says so.

import type { ComponentChildren } from "preact";
import { takeNewVersion, waiting } from "../update.ts";
import { common } from "../words/common.ts";
import { Button, Notice } from "./kit.tsx";

/** @param children what else the person should know before */
export function NewVersion({ children }: { children?: ComponentChildren }) {
  const { newVersion, takeNewVersion: take } = common.value;
  if (!waiting.value) return null;
  return (
    <div class="page no-print">
      <Notice word={newVersion}>
        {children}
        <Button onClick={takeNewVersion}>{take}</Button>
      </Notice>
    </div>
  );
}
