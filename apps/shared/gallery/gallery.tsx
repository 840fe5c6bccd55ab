// Every component of the kit with every state, on one page. The tour's app shows it at /gallery, which no deployed app has. Tests
// hold it to WCAG on each kind of screen, so that no app need do that for each of its buttons.

import { useState } from "preact/hooks";
import { Digits } from "../trustees/digits.tsx";
import { Disc } from "../ui/disc.tsx";
import {
  Busy,
  Button,
  Check,
  Choices,
  Empty,
  Facts,
  Field,
  Notice,
  Page,
  Reach,
  Select,
  Tabs,
  TextArea,
  Tid,
  type Tone,
  Undo,
} from "../ui/kit.tsx";
import { Qr } from "../ui/qr.tsx";
import { words } from "./words.ts";

const TONES: readonly Tone[] = ["info", "good", "warn", "bad"];
const KINDS = ["primary", "plain", "danger", "link"] as const;
/** marks with different edges and rims */
const MARKS = [
  "00112233445566778899aabbccddeeff",
  "ff5a13c4d5e6f708192a3b4c5d6e7f80",
  "9c2b7d1e4f60718293a4b5c6d7e8f901",
];

function Acts() {
  const { act, other, remove, more } = words.value;
  const texts = { primary: act, plain: other, danger: remove, link: more };
  return (
    <section class="stack">
      <h2>{act}</h2>
      {[false, true].map((off) => (
        <div class="row" key={String(off)}>
          {KINDS.map((kind) => (
            <Button key={kind} kind={kind} off={off}>
              {texts[kind]}
            </Button>
          ))}
        </div>
      ))}
    </section>
  );
}

function Inputs() {
  const { name, nameHint, nameFault, long, note, choose, first, again, agree } = words.value;
  const [kept, keep] = useState(true);
  const [kind, choosing] = useState<string>("first");
  const options = [
    { value: "first", text: first },
    { value: "again", text: again },
  ];
  return (
    <section class="stack">
      <h2>{name}</h2>
      <Field label={name} hint={nameHint} value={long} />
      <Field label={name} fault={nameFault} value="" />
      <Field label={name} type="date" disabled value="2026-11-28" />
      <TextArea label={note} hint={nameHint} />
      <Select label={choose} options={options} />
      <Choices legend={choose} name="kind" options={options} value={kind} onChoose={choosing} />
      <Check label={agree} checked={kept} onChange={keep} />
    </section>
  );
}

function Telling() {
  const { info, text, waiting, counting, nothing, nothingText, act, undone, undo } = words.value;
  return (
    <section class="stack">
      <h2>{info}</h2>
      {TONES.map((tone) => (
        <Notice key={tone} tone={tone} word={info}>
          <p>{text}</p>
        </Notice>
      ))}
      <Busy words={waiting} />
      <Busy words={counting} done={3} of={12} />
      <Empty title={nothing}>
        <p>{nothingText}</p>
        <Button kind="primary">{act}</Button>
      </Empty>
      <Undo text={undone} action={undo} onUndo={() => {}} />
    </section>
  );
}

function Pictures() {
  const { code, half, name, long, table, more, text } = words.value;
  return (
    <section class="stack">
      <h2>{code}</h2>
      <Qr text="https://wallet.example/#v=gallery" label={code} />
      <div class="row">
        {MARKS.flatMap((mark) =>
          (["left", "right", "both"] as const).map((side) => (
            <Disc key={mark + side} mark={mark} side={side} label={half} small />
          )),
        )}
      </div>
      <Tid tid="BXT4AV6X5BDGNKS" />
      <Facts
        rows={[
          [name, long],
          [table, "7.2 mmol/l"],
        ]}
      />
      <Digits groups={["04711", "81549", "00200"]} label={code} />
      <span class="tag">{table}</span>
      <table>
        <caption class="hidden">{table}</caption>
        <thead>
          <tr>
            <th scope="col">{name}</th>
            <th scope="col">{table}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <td>{code}</td>
            <td>7.2</td>
          </tr>
        </tbody>
      </table>
      <details>
        <summary>{more}</summary>
        <p>{text}</p>
      </details>
    </section>
  );
}

export function Gallery() {
  const { title, tabs, first, again, act } = words.value;
  const links = [
    { href: "/gallery", text: first },
    { href: "/gallery/again", text: again },
  ];
  return (
    <Page title={title} wide>
      <Tabs label={tabs} links={links} current="/gallery" />
      <div class="two">
        <Acts />
        <Inputs />
        <Telling />
        <Pictures />
      </div>
      <Reach>
        <Button kind="primary">{act}</Button>
      </Reach>
    </Page>
  );
}
