// The wallet cannot be opened here and now: another tab has it, or the browser removed it.

import { doing } from "../../shared/doing.ts";
import { Button, Page, Reach } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { begin, markKept, phase } from "./phase.ts";
import { words } from "./words.ts";

export const Elsewhere = () => (
  <Page title={common.value.movedTitle}>
    <p>{common.value.moved}</p>
    <Reach>
      <Button kind="primary" onClick={() => doing(words.value.waitOtherTab, () => begin(true))}>
        {common.value.useHere}
      </Button>
    </Reach>
  </Page>
);

/** The browser removed what the app had kept: it was full, or somebody cleared it. */
export function Evicted() {
  const w = words.value;
  return (
    <Page title={w.evictedTitle}>
      <p>{w.evicted}</p>
      <p>{w.evictedRecords}</p>
      <Reach>
        <Button
          kind="primary"
          onClick={() => {
            markKept(false);
            phase.value = "none";
          }}
        >
          {w.evictedStart}
        </Button>
      </Reach>
    </Page>
  );
}
