// The keys of the trustees, for officers to compare by voice, and the approval of a plan that hands them on.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { busy, doing, loading } from "../../shared/doing.ts";
import { language } from "../../shared/language.ts";
import { Button, Check, Empty, Notice, Page, TextArea } from "../../shared/ui/kit.tsx";
import type { PlanView, TrusteeKeys } from "../engine.ts";
import { engine } from "../remote.ts";
import { place } from "../state.ts";
import { words as shared } from "../words.ts";
import { words } from "./words.ts";

const keys = signal<readonly TrusteeKeys[] | undefined>(undefined);
const number = (n: number): string => new Intl.NumberFormat(language.value).format(n);

/** Twelve numbered groups. They are read from left to right in every language. */
const Digits = ({ groups, label }: { groups: readonly string[]; label: string }) => (
  <ol class="digits" aria-label={label} dir="ltr">
    {groups.map((group, i) => (
      <li key={i}>{group}</li>
    ))}
  </ol>
);

function others(own: TrusteeKeys, all: readonly TrusteeKeys[]): [TrusteeKeys, string][] {
  const { same, other, empty, silent } = words.value;
  const digits = own.keys?.fingerprint.join(" ");
  return all
    .filter(({ trustee }) => trustee !== own.trustee)
    .map((one) => {
      if (!one.answered) return [one, `? ${silent}`];
      if (one.keys === undefined) return [one, `· ${empty}`];
      return [one, one.keys.fingerprint.join(" ") === digits ? `✓ ${same}` : `✕ ${other}`];
    });
}

function OwnKeys({ all }: { all: readonly TrusteeKeys[] }) {
  const w = words.value;
  const own = all.find(({ trustee }) => trustee === place.value?.trustee);
  if (own?.keys === undefined)
    return (
      <Empty title={w.noKeys}>
        <p>{w.noKeysMore}</p>
      </Empty>
    );
  const { threshold, trustees, generation, fingerprint } = own.keys;
  return (
    <>
      <p>{w.holds(number(threshold), number(trustees.length))}</p>
      <p>{generation === 0 ? w.first : w.handed(generation)}</p>
      <section class="stack">
        <h2>{w.digits}</h2>
        <Digits groups={fingerprint} label={w.digits} />
        <p>{w.aloud}</p>
        <p>{w.differ}</p>
      </section>
      <section class="stack">
        <h2>{w.seen}</h2>
        <ul class="list">
          {others(own, all).map(([{ trustee }, text]) => (
            <li key={trustee}>
              <strong>{shared.value.trustee(trustee)}</strong>: {text}
            </li>
          ))}
        </ul>
        <p class="hint">{w.notVoice}</p>
      </section>
    </>
  );
}

function Plan({ plan, text }: { plan: PlanView; text: string }) {
  const w = words.value;
  const [compared, setCompared] = useState(false);
  const [approved, setApproved] = useState(false);
  const approve = () =>
    doing(w.approving, async () => {
      await engine.approvePlan(text);
      setApproved(true);
    });
  const name = shared.value.trustee;
  return (
    <section class="stack">
      <h3>{w.plan}</h3>
      <dl class="reveals">
        <div>
          <dt>{w.dealers}</dt>
          <dd>{plan.dealers.map(name).join(", ")}</dd>
        </div>
        <div>
          <dt>{w.committee}</dt>
          <dd>
            <ul>
              {plan.committee.map(({ trustee, stays }) => (
                <li key={trustee}>
                  {name(trustee)}: {stays ? w.stays : w.comes}
                </li>
              ))}
            </ul>
          </dd>
        </div>
      </dl>
      <p>{w.needs(number(plan.threshold), number(plan.committee.length))}</p>
      <p>{plan.generation === 0 ? w.never : w.generation(plan.generation)}</p>
      <h3>{w.planDigits}</h3>
      <Digits groups={plan.fingerprint} label={w.planDigits} />
      {!plan.deals && <Notice word={w.notYours} />}
      {plan.deals && !approved && (
        <>
          <p>{w.planAloud}</p>
          <Check label={w.compared} checked={compared} onChange={setCompared} />
          <div class="big">
            <Button off={!compared || busy.value !== undefined} onClick={approve}>
              {w.approve}
            </Button>
          </div>
        </>
      )}
      {approved && (
        <Notice tone="good" word={w.approvedWord}>
          <p>{w.approvedMore}</p>
        </Notice>
      )}
    </section>
  );
}

function HandOn() {
  const w = words.value;
  const [text, setText] = useState("");
  const [plan, setPlan] = useState<PlanView>();
  const read = async (): Promise<void> => setPlan(await doing(w.readingPlan, () => engine.readPlan(text)));
  return (
    <section class="stack">
      <h2>{w.moveTitle}</h2>
      <p>{w.moveMore}</p>
      <TextArea
        label={w.paste}
        rows={3}
        value={text}
        dir="ltr"
        spellcheck={false}
        onInput={(next) => {
          setText(next);
          setPlan(undefined);
        }}
      />
      <div class="row">
        <Button off={text.trim() === "" || busy.value !== undefined} onClick={read}>
          {w.read}
        </Button>
      </div>
      {plan !== undefined && <Plan key={text} plan={plan} text={text} />}
    </section>
  );
}

export function KeysScreen() {
  const w = words.value;
  useEffect(() => {
    void loading(w.reading, () => engine.keys()).then((all) => {
      if (all !== undefined) keys.value = all;
    });
  }, []);
  return (
    <Page title={w.title}>
      {keys.value !== undefined && <OwnKeys all={keys.value} />}
      <HandOn />
    </Page>
  );
}
