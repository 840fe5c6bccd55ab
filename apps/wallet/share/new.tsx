// Making a link: what, for how long, with a passcode or without. The last thing before the button says who will see what.

import { useState } from "preact/hooks";
import { busy, doing } from "../../shared/doing.ts";
import { go } from "../../shared/route.ts";
import { Button, Choices, Field, Notice, Page, Reach, Select } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { ShareWhat } from "../engine/share.ts";
import { engine } from "../remote.ts";
import { chosen, lookAtShares } from "./state.ts";
import { words } from "./words.ts";

const HOUR = 3600;
const TIMES = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR, month: 30 * 24 * HOUR } as const;
type Time = keyof typeof TIMES;
const MAX_LABEL = 80;

export function NewShare() {
  const w = words.value;
  const [what, setWhat] = useState<ShareWhat>("summary");
  const [time, setTime] = useState<Time>("day");
  const [passcode, setPasscode] = useState("yes");
  const [label, setLabel] = useState("");
  const make = async (): Promise<void> => {
    const name = label.trim() || w.labelIfNone;
    const made = await doing(w.making, () => engine.share(what, name, TIMES[time], passcode === "yes"));
    await lookAtShares();
    if (made === undefined) return;
    chosen.value = made.made;
    go("/share/link", { replace: true });
  };
  return (
    <Page title={w.newTitle}>
      <p>
        <a href="/share">{w.backToList}</a>
      </p>
      <Choices
        legend={w.what}
        name="what"
        value={what}
        onChoose={(value) => setWhat(value as ShareWhat)}
        options={[
          { value: "summary", text: w.summary },
          { value: "all", text: w.all },
        ]}
      />
      <Select
        label={w.time}
        value={time}
        onChoose={(value) => setTime(value as Time)}
        options={(Object.keys(TIMES) as Time[]).map((value) => ({ value, text: w.times[value] }))}
      />
      <Choices
        legend={w.passcode}
        name="passcode"
        value={passcode}
        onChoose={setPasscode}
        options={[
          { value: "yes", text: w.passcodeYes },
          { value: "no", text: w.passcodeNo },
        ]}
      />
      <Field label={w.label} hint={w.labelHint} value={label} maxLength={MAX_LABEL} onInput={setLabel} />
      <Notice tone="warn" word={common.value.careful}>
        <p>{what === "summary" ? w.seesSummary : w.seesAll}</p>
        <p>{passcode === "yes" ? w.carefulPasscode : w.carefulNone}</p>
      </Notice>
      <Reach>
        <Button kind="primary" off={busy.value !== undefined} onClick={make}>
          {w.make}
        </Button>
      </Reach>
    </Page>
  );
}
