// The result of a search: nobody, somebody else, a person who is registered, or a registration that has ended. Only after it does
// the desk register or print anything.

import { useState } from "preact/hooks";
import type { FoundPerson } from "../../../client/index.ts";
import { busy, doing } from "../../shared/doing.ts";
import { dayText, timeText } from "../../shared/language.ts";
import { go } from "../../shared/route.ts";
import { Button, Facts, Notice, Page, Undo } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { engine } from "../remote.ts";
import { TypedConfirm } from "../typed-confirm.tsx";
import { nameInWords, suggested, valueInWords } from "./entitlements.ts";
import { isComplete, PassChoices, useAttributes } from "./pass.tsx";
import { CODE, code, found, hadPhone, typed } from "./state.ts";
import { words } from "./words.ts";

type Known = NonNullable<FoundPerson["person"]>;

async function giveCode(wait: string, entitlements: Record<string, string>): Promise<void> {
  hadPhone.value = (found.value?.person?.phones ?? 0) > 0;
  const made = await doing(wait, () => engine.giveCode(typed.value, entitlements));
  if (!made) return;
  code.value = made;
  go(CODE, { replace: true });
}

/** The person as typed, to compare with the document once more. */
function typedRows(): [string, string][] {
  const w = words.value;
  const { given, family, birthDate, selector } = typed.value;
  return [
    [w.name, `${given.trim()} ${family.trim()}`],
    [w.birthDate, dayText(birthDate)],
    [w.selector, selector.trim()],
  ];
}

const Back = ({ text }: { text: string }) => <Button onClick={() => go("/", { replace: true })}>{text}</Button>;

function Nobody() {
  const w = words.value;
  const facts = useAttributes();
  const [chosen, setChosen] = useState<Record<string, string> | undefined>();
  const [isMissing, setMissing] = useState(false);
  const day = new Date().toISOString().slice(0, 10);
  const now = chosen ?? suggested(facts ?? [], typed.value.birthDate, day);
  const register = (): void => {
    const isReady = facts !== undefined && isComplete(facts, now);
    setMissing(!isReady);
    if (isReady) void giveCode(w.waitRegister, now);
  };
  return (
    <Page title={w.newTitle} wide>
      <div class="two">
        <section class="stack">
          <Facts rows={typedRows()} />
          <Notice word={w.newAsk}>
            <p>{w.newAskWhy}</p>
          </Notice>
          <div class="row">
            <Back text={w.otherNumber} />
          </div>
        </section>
        <section class="stack">
          <h2>{w.registerTitle}</h2>
          {facts && <PassChoices facts={facts} chosen={now} onChoose={setChosen} />}
          {isMissing && (
            <p class="fault" role="alert">
              {w.choose}
            </p>
          )}
          <div class="row">
            <Button kind="primary" onClick={register} off={busy.value !== undefined || facts === undefined}>
              {w.register}
            </Button>
          </div>
        </section>
      </div>
    </Page>
  );
}

function SomebodyElse() {
  const w = words.value;
  return (
    <Page title={w.otherTitle}>
      <Facts rows={typedRows()} />
      <Notice tone="warn" word={common.value.careful}>
        <p>{w.otherWhat}</p>
        <p>{w.otherNext}</p>
      </Notice>
      <div class="row">
        <Back text={w.correct} />
      </div>
    </Page>
  );
}

function Change({ person }: { person: Known }) {
  const w = words.value;
  const facts = useAttributes();
  const [chosen, setChosen] = useState(person.entitlements);
  const [before, setBefore] = useState<Record<string, string> | undefined>();
  const save = async (next: Record<string, string>): Promise<void> => {
    const last = person.entitlements;
    const done = await doing(w.waitChange, async () => {
      await engine.setEntitlements(person.account, next);
      return true;
    });
    if (!done) return;
    found.value = { known: true, person: { ...person, entitlements: next } };
    setChosen(next);
    setBefore(before === undefined ? last : undefined);
  };
  const isSame = JSON.stringify(chosen) === JSON.stringify(person.entitlements);
  return (
    <details>
      <summary>{w.changeTitle}</summary>
      <div class="stack">
        <p>{w.changeWhat}</p>
        {facts && <PassChoices facts={facts} chosen={chosen} onChoose={setChosen} />}
        <div class="row">
          <Button onClick={() => save(chosen)} off={isSame || busy.value !== undefined}>
            {w.change}
          </Button>
        </div>
        {before && <Undo text={w.changed} action={common.value.undo} onUndo={() => save(before)} />}
      </div>
    </details>
  );
}

function End({ person }: { person: Known }) {
  const w = words.value;
  const end = () =>
    doing(w.waitEnd, async () => {
      await engine.end(person.account);
      found.value = { known: true, person: { ...person, revoked: true, codeExpires: null } };
    });
  return (
    <details>
      <summary>{w.endTitle}</summary>
      <div class="stack">
        <ul>
          {w.endWhat.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        <TypedConfirm label={w.endLabel} must={typed.value.selector} action={w.end} onConfirm={end} />
      </div>
    </details>
  );
}

const passText = (entitlements: Record<string, string>): string =>
  Object.entries(entitlements)
    .map(([name, value]) => `${nameInWords(name)}: ${valueInWords(name, value)}`)
    .join(" · ");

function KnownPerson({ person }: { person: Known }) {
  const w = words.value;
  const pass = passText(person.entitlements);
  return (
    <Page title={w.knownTitle} wide>
      <div class="two">
        <section class="stack">
          <Facts
            rows={[
              ...typedRows(),
              [w.phonesName, person.phones > 0 ? w.phones(person.phones) : w.noPhone],
              [w.codeName, person.codeExpires === null ? w.codeNone : w.codeOpen(timeText(person.codeExpires))],
              [w.passSays, pass === "" ? w.nothing : pass],
            ]}
          />
          <p class="hint">{w.nameNote}</p>
          <div class="row">
            <Back text={w.another} />
          </div>
        </section>
        <section class="stack">
          <h2>{person.phones > 0 ? w.newPhoneTitle : w.firstPhoneTitle}</h2>
          {person.phones > 0 ? (
            <ul>
              {w.newPhoneWhat.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          ) : (
            <p>{w.firstPhoneWhat}</p>
          )}
          <div class="row">
            <Button
              kind="primary"
              onClick={() => giveCode(w.waitCode, person.entitlements)}
              off={busy.value !== undefined}
            >
              {w.makeCode}
            </Button>
          </div>
          <hr />
          <Change person={person} />
          <End person={person} />
        </section>
      </div>
    </Page>
  );
}

function Ended() {
  const w = words.value;
  return (
    <Page title={w.endedTitle}>
      <Facts rows={typedRows()} />
      <Notice tone="warn" word={common.value.careful}>
        <p>{w.endedWhat}</p>
      </Notice>
      <div class="row">
        <Back text={w.another} />
      </div>
    </Page>
  );
}

export function Person() {
  const { known, person } = found.value ?? { known: false, person: null };
  if (!known) return <Nobody />;
  if (person === null) return <SomebodyElse />;
  return person.revoked ? <Ended /> : <KnownPerson person={person} />;
}
