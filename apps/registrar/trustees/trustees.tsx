// The keys of the trustees, before and after they are made. The desk begins their making, follows it step by step, and shows the
// digits that officers read aloud. If keys are there, it begins nothing.

import { useState } from "preact/hooks";
import type { KeyState, TrusteeKeys } from "../../../client/index.ts";
import { busy, doing } from "../../shared/doing.ts";
import { language } from "../../shared/language.ts";
import { KeyFacts, ReadAloud, standingOf } from "../../shared/trustees/digits.tsx";
import { Button, Choices, Notice, Page } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { CeremonyView } from "../engine/ceremony.ts";
import { useLoaded, Waiting } from "../loaded.tsx";
import { engine } from "../remote.ts";
import { Ended } from "./ended.tsx";
import { answerOf, answers, ended, makeKeys, runs, STEPS } from "./run.ts";
import { words } from "./words.ts";

const number = (n: number): string => new Intl.NumberFormat(language.value).format(n);
const MARKS = { true: "✓", false: "✕", undefined: "·" } as const;

/** Each step of the run, with what each trustee did in it. */
function Running({ trustees }: { trustees: number }) {
  const w = words.value;
  return (
    <Page title={w.making}>
      <p>{w.makingMore}</p>
      <ol class="list">
        {STEPS.map((step) => (
          <li key={step} class="stack">
            <strong>{w.steps[step]}</strong>
            <span class="row">
              {Array.from({ length: trustees }, (_, i) => (
                <span key={i} class="tag">
                  {MARKS[`${answerOf(step, i + 1)}`]} {w.trustee(i + 1)}
                </span>
              ))}
            </span>
          </li>
        ))}
      </ol>
    </Page>
  );
}

/** How many must agree, and the button that begins. */
function Begin({ view: { trustees } }: { view: CeremonyView }) {
  const w = words.value;
  const n = trustees.length;
  const least = Math.floor(n / 2) + 1;
  const [threshold, setThreshold] = useState(least);
  const isReady = trustees.every(({ state }) => state === "none");
  const options = Array.from({ length: n - least + 1 }, (_, i) => ({
    value: String(least + i),
    text: w.agree(number(least + i), number(n)),
  }));
  return (
    <section class="stack">
      <h2>{w.beginTitle}</h2>
      <p>{w.beginMore}</p>
      <Choices
        legend={w.howMany}
        name="threshold"
        options={options}
        value={String(threshold)}
        onChoose={(value) => setThreshold(Number(value))}
      />
      <p class="hint">{w.meaning(number(threshold))}</p>
      {!isReady && (
        <Notice tone="warn" word={common.value.careful}>
          <p>{w.notReady}</p>
        </Notice>
      )}
      <div class="row">
        <Button kind="primary" off={!isReady || busy.value !== undefined} onClick={() => makeKeys(threshold, n)}>
          {w.begin}
        </Button>
      </div>
    </section>
  );
}

/** A run was begun here, and not every trustee holds its keys. */
function GoOn({ view: { trustees, begun }, onDropped }: { view: CeremonyView; onDropped: () => Promise<void> }) {
  const w = words.value;
  const isNowhere = trustees.every(({ state }) => state === "none");
  const drop = () =>
    doing(w.waitDrop, async () => {
      await engine.dropRun();
      ended.value = undefined;
      await onDropped();
    });
  const off = busy.value !== undefined;
  return (
    <section class="stack">
      <h2>{w.begunTitle}</h2>
      <p>{w.begunMore(number(begun!.threshold), number(trustees.length))}</p>
      <div class="row">
        <Button kind="primary" off={off} onClick={() => makeKeys(begun!.threshold, trustees.length)}>
          {w.goOn}
        </Button>
        {isNowhere && (
          <Button off={off} onClick={drop}>
            {w.drop}
          </Button>
        )}
      </div>
      <p class="hint">
        {w.runNumber} <span class="code-text">{begun!.id}</span>
      </p>
    </section>
  );
}

function save(keySet: Uint8Array): void {
  const url = URL.createObjectURL(new Blob([keySet as BlobPart], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "key-set.bin";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser reads the Blob after the click
}

/** The keys are there: what they are, the digits, and the file for the parameters. */
function Made({ trustee, keys }: { trustee: number; keys: KeyState }) {
  const w = words.value;
  return (
    <>
      <KeyFacts keys={keys} />
      <ReadAloud keys={keys} title={w.digits} />
      <p class="hint">{w.here}</p>
      {keys.generation === 0 && (
        <section class="stack">
          <h2>{w.nextTitle}</h2>
          <p>{w.next}</p>
          <div class="row">
            <Button onClick={() => doing(w.waitFile, async () => save(await engine.keySetFile(trustee)))}>
              {w.save}
            </Button>
          </div>
        </section>
      )}
      <p>{w.once}</p>
    </>
  );
}

type Holder = Extract<TrusteeKeys, { state: "keys" }>;
const digitsOf = ({ keys }: Holder): string => keys.fingerprint.join();

/** What can be done, after what the trustees show. */
function Standing({ view, onChanged }: { view: CeremonyView; onChanged: () => Promise<void> }) {
  const w = words.value;
  const { trustees, begun } = view;
  const holders = trustees.filter((one): one is Holder => one.state === "keys");
  const [first] = holders;
  const stop = (text: string) => (
    <Notice tone="bad" word={w.stop}>
      <p>{text}</p>
    </Notice>
  );
  if (trustees.some(({ state }) => state === "wrong")) return stop(w.wrong);
  if (first === undefined) return begun ? <GoOn view={view} onDropped={onChanged} /> : <Begin view={view} />;
  if (holders.some((one) => digitsOf(one) !== digitsOf(first))) return stop(w.mixed);
  if (begun) return <GoOn view={view} onDropped={onChanged} />;
  if (trustees.some(({ state }) => state === "none")) return stop(w.elsewhere);
  return <Made trustee={first.trustee} keys={first.keys} />;
}

function Overview() {
  const w = words.value;
  const view = useLoaded(engine.ceremony);
  return (
    <Page title={w.title}>
      <p>{w.lead}</p>
      <Ended />
      <Waiting of={view} words={w.waitLook}>
        {(seen) => (
          <>
            <ul class="list">
              {seen.trustees.map((one) => (
                <li key={one.trustee} class="entry">
                  <span>
                    <strong>{w.trustee(one.trustee)}</strong>{" "}
                    <span class="code-text">{seen.hosts[one.trustee - 1]}</span>
                  </span>
                  <span>{standingOf(one)}</span>
                </li>
              ))}
            </ul>
            <div class="row">
              <Button off={busy.value !== undefined} onClick={view.reload}>
                {w.look}
              </Button>
            </div>
            <Standing view={seen} onChanged={view.reload} />
          </>
        )}
      </Waiting>
    </Page>
  );
}

export function Trustees() {
  const count = useLoaded(engine.trustees).value ?? 0;
  return answers.value === undefined ? <Overview key={runs.value} /> : <Running trustees={count} />;
}
