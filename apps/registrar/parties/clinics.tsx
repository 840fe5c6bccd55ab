// Clinics: register one by its card, stop one, and let it go on.

import { useState } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import { dayText, isolated } from "../../shared/language.ts";
import { Button, Empty, Facts, Notice, Page, Undo } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { CardView, ListedClinic } from "../engine/parties.ts";
import { useLoaded, Waiting } from "../loaded.tsx";
import { nameInWords, valueInWords } from "../people/entitlements.ts";
import { engine } from "../remote.ts";
import { BringText } from "./bring-text.tsx";
import { words } from "./words.ts";

const asksText = ({ required }: CardView): string =>
  required
    .map(({ attribute, accepted }) => {
      const values = accepted.map((value) => valueInWords(attribute, value)).join(", ");
      return `${nameInWords(attribute)}: ${values}`;
    })
    .join(" · ");

function Review({ card, onSign, onBack }: { card: CardView; onSign: () => void; onBack: () => void }) {
  const w = words.value;
  const { maxStaleEpochs: old } = card;
  return (
    <Page title={w.look}>
      <Facts
        rows={[
          [w.name, <strong>{card.name}</strong>],
          [w.cardNumber, <span class="code-text">{(card.serviceId.match(/.{4}/g) ?? []).join(" ")}</span>],
          [w.cardVersion, String(card.version)],
          [w.cardDates, w.fromTo(dayText(card.notBefore), dayText(card.notAfter))],
          [w.cardAsks, card.required.length === 0 ? w.asksNothing : asksText(card)],
          [w.cardOld, old === 0 ? w.thisMonth : w.oldMonths(old)],
        ]}
      />
      <Notice word={common.value.careful}>
        <p>{w.cardCompare}</p>
      </Notice>
      <div class="row">
        <Button kind="primary" onClick={onSign}>
          {w.sign}
        </Button>
        <Button onClick={onBack}>{w.notThis}</Button>
      </div>
    </Page>
  );
}

function List({ list, onChanged }: { list: readonly ListedClinic[]; onChanged: () => Promise<unknown> }) {
  const w = words.value;
  const [last, setLast] = useState<{ clinic: ListedClinic; isStopped: boolean } | undefined>();
  const turn = (clinic: ListedClinic, isStopped: boolean) =>
    doing(isStopped ? w.waitStop : w.waitResume, async () => {
      await (isStopped ? engine.stopClinic(clinic.serviceId) : engine.resumeClinic(clinic.serviceId));
      setLast({ clinic, isStopped });
      await onChanged();
    });
  if (list.length === 0) return <Empty title={w.listNone} />;
  return (
    <>
      <ul class="list">
        {list.map((clinic) => (
          <li key={clinic.serviceId} class="entry">
            <span>
              {clinic.name}
              {clinic.isStopped && <span class="tag">{w.stoppedMark}</span>}
            </span>
            <span class="row">
              {!clinic.isStopped && <Button onClick={() => turn(clinic, true)}>{w.stop}</Button>}
              <Button onClick={() => turn(clinic, false)}>{w.resume}</Button>
            </span>
          </li>
        ))}
      </ul>
      <p class="hint">{w.stopWhat}</p>
      {last?.isStopped === true && (
        <Undo
          text={w.stopped(isolated(last.clinic.name))}
          action={common.value.undo}
          onUndo={() => void turn(last.clinic, false)}
        />
      )}
      {last?.isStopped === false && (
        <Notice tone="good" word={common.value.good}>
          <p>{w.resumed(isolated(last.clinic.name))}</p>
        </Notice>
      )}
    </>
  );
}

export function Clinics() {
  const w = words.value;
  const list = useLoaded(engine.clinics);
  const [brought, setBrought] = useState<{ file: Uint8Array; card: CardView } | undefined>();
  const [isDone, setDone] = useState(false);

  const read = (file: Uint8Array) =>
    doing(w.waitRead, async () => {
      setDone(false);
      setBrought({ file, card: await engine.readCard(file) });
    });
  const sign = () =>
    doing(w.waitRegister, async () => {
      await engine.registerClinic(brought!.file);
      setBrought(undefined);
      setDone(true);
      await list.reload();
    });
  if (brought) return <Review card={brought.card} onSign={sign} onBack={() => setBrought(undefined)} />;
  return (
    <Page title={w.clinicTitle} wide>
      {isDone && (
        <Notice tone="good" word={common.value.good}>
          <p>{w.registered}</p>
        </Notice>
      )}
      <div class="two">
        <section class="stack">
          <p>{w.clinicWhat}</p>
          <BringText fileLabel={w.cardFile} pasteLabel={w.cardPaste} onBrought={read} />
        </section>
        <section class="stack">
          <h2>{w.listTitle}</h2>
          <Waiting of={list} words={w.waitList}>
            {(clinics) => <List list={clinics} onChanged={list.reload} />}
          </Waiting>
        </section>
      </div>
    </Page>
  );
}
