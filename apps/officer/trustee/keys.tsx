// The keys of the trustees, for officers to compare by voice, and the approval of a plan that hands them on. It needs no login:
// after the first ceremony, officers compare the digits before their passkeys are registered.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { TrusteeKeys } from "../../../client/index.ts";
import { busy, doing, loading } from "../../shared/doing.ts";
import { language } from "../../shared/language.ts";
import { Digits, KeyFacts, ReadAloud, standingOf } from "../../shared/trustees/digits.tsx";
import { words as keyWords } from "../../shared/trustees/words.ts";
import { Button, Check, Empty, Notice, Page, TextArea } from "../../shared/ui/kit.tsx";
import type { PlanView } from "../engine.ts";
import { engine } from "../remote.ts";
import { place } from "../state.ts";
import { words as shared } from "../words.ts";
import { words } from "./words.ts";

const keys = signal<readonly TrusteeKeys[] | undefined>(undefined);
const number = (n: number): string => new Intl.NumberFormat(language.value).format(n);

function OwnKeys({ all }: { all: readonly TrusteeKeys[] }) {
  const w = words.value;
  const own = all.find(({ trustee }) => trustee === place.value?.trustee);
  if (own === undefined || own.state === "none")
    return (
      <Empty title={w.noKeys}>
        <p>{w.noKeysMore}</p>
      </Empty>
    );
  if (own.state === "silent") return <Empty title={w.ownSilent} />;
  if (own.state !== "keys")
    return (
      <Notice tone="bad" word={w.ownWrong}>
        <p>{w.ownWrongMore}</p>
      </Notice>
    );
  return (
    <>
      <KeyFacts keys={own.keys} />
      <ReadAloud keys={own.keys} title={w.digits} />
      <section class="stack">
        <h2>{w.seen}</h2>
        <ul class="list">
          {all
            .filter(({ trustee }) => trustee !== own.trustee)
            .map((one) => (
              <li key={one.trustee}>
                <strong>{shared.value.trustee(one.trustee)}</strong>: {standingOf(one, own.keys.fingerprint)}
              </li>
            ))}
        </ul>
        <p class="hint">{keyWords.value.notVoice}</p>
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
    void loading(w.reading, async () => {
      place.value = await engine.trustee(); // the screen needs no login
      keys.value = await engine.keys();
    });
  }, []);
  return (
    <Page title={w.title}>
      {keys.value !== undefined && <OwnKeys all={keys.value} />}
      <HandOn />
    </Page>
  );
}
