// One question on its way: who has decided, and then what was opened. The newest records can be read while older months are still
// being found.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { doing, fault } from "../../shared/doing.ts";
import { ResourceView } from "../../shared/fhir/index.ts";
import { dayText, isolated, language, timeText } from "../../shared/language.ts";
import { path } from "../../shared/route.ts";
import { Busy, Button, Facts, Notice, Page } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { CaseContent, CaseRecord, CaseView, StatusView } from "../engine/ask.ts";
import { download } from "../files.tsx";
import { engine, onEngine } from "../remote.ts";
import { OpenedRecord, recordTitle } from "../visit/opened.tsx";
import { words as visitWords } from "../visit/words.ts";
import { words } from "./words.ts";

const LOOK_EVERY_MS = 2_500;
const DAY_SECONDS = 86_400;

/** An epoch as people say it. @param epoch months since January 1970 */
const monthText = (epoch: number): string =>
  new Intl.DateTimeFormat(language.value, { year: "numeric", month: "long", timeZone: "UTC" }).format(
    Date.UTC(1970, epoch),
  );

const monthsText = (from: number, to: number): string => [...new Set([from, to])].map(monthText).join(" – ");

/** What was read so far, and which months are still missing. */
function comingText({ from, to }: CaseView, { monthsFrom }: CaseContent): string {
  const w = words.value;
  if (monthsFrom === undefined) return w.coming;
  if (monthsFrom <= from) return w.comingFrom(monthText(monthsFrom));
  return `${w.comingFrom(monthText(Math.min(monthsFrom, to)))} ${w.stillMissing(monthsText(from, monthsFrom - 1))}`;
}

function Officers({ status }: { status: StatusView }) {
  const w = words.value;
  const all = Array.from({ length: status.trustees }, (_, i) => i + 1);
  return (
    <ul class="officers">
      {all.map((n) => {
        const { decision, reason = "" } = status.decisions.find(({ trustee }) => trustee === n) ?? {};
        return (
          <li key={n} class={decision}>
            <span aria-hidden="true">{decision === "approve" ? "✓ " : decision === "refuse" ? "✕ " : "… "}</span>
            {w.officer(String(n))} {w.decisions[decision ?? "none"]}
            {reason !== "" && <q dir="auto">{reason}</q>}
          </li>
        );
      })}
    </ul>
  );
}

function Standing({ status, emergency }: { status: StatusView; emergency: boolean }) {
  const w = words.value;
  const { state } = status;
  const over = state === "refused" || state === "expired";
  return (
    <div class="stack no-print">
      <Notice tone={over ? "bad" : state === "ordered" ? "info" : "good"} word={w.states[state]!}>
        {state === "ordered" && (
          <p>
            {w.needed(status.needed)} {emergency && w.usual}
          </p>
        )}
        {state === "refused" && <p>{w.refusedDo}</p>}
        {state === "expired" && <p>{w.expiredDo}</p>}
      </Notice>
      {status.untrue && (
        <Notice tone="bad" word={common.value.careful}>
          <p>{w.untrue}</p>
        </Notice>
      )}
      <Officers status={status} />
    </div>
  );
}

function Found({ record }: { record: CaseRecord }) {
  const w = words.value;
  const { opened, day } = record;
  const when = day === undefined ? monthText(record.epoch) : dayText(day * DAY_SECONDS);
  const title = opened ? recordTitle(opened, "") : visitWords.value.record;
  return (
    <li>
      <details class={record.state === "current" ? "record" : "record gone"} open={record.state === "current"}>
        <summary>
          <strong>{title}</strong>
          <span class="hint">{w.seenAt(isolated(record.clinic), when)}</span>
          {record.state !== "current" && <span class="tag">{visitWords.value.states[record.state ?? ""]}</span>}
        </summary>
        <div class="stack">{opened && <OpenedRecord opened={opened} name={title} />}</div>
      </details>
    </li>
  );
}

function Missing({ content }: { content: CaseContent }) {
  const w = words.value;
  const faults = content.records.filter(({ fault: reason }) => reason !== undefined);
  if (faults.length === 0 && content.unproved.length === 0) return null;
  return (
    <Notice tone="warn" word={w.missing}>
      <ul>
        {faults.map((one, i) => (
          <li key={`${i}`}>{w.faultIn(isolated(one.clinic), monthText(one.epoch))}</li>
        ))}
        {content.unproved.length > 0 && <li>{w.unproved(content.unproved.map(monthText).join(", "))}</li>}
      </ul>
    </Notice>
  );
}

function Content({ asked, content, onAgain }: { asked: CaseView; content: CaseContent; onAgain: () => void }) {
  const w = words.value;
  const records = content.records.filter(({ fault: reason }) => reason === undefined);
  const total = asked.to - asked.from + 1;
  const read = content.monthsFrom === undefined ? 0 : asked.to - content.monthsFrom + 1;
  const save = async (): Promise<void> => {
    const json = await doing(w.saving, () => engine.report(asked.caseId));
    if (json !== undefined) download("report.fhir.json", json, "application/fhir+json");
  };
  return (
    <>
      {content.failure !== undefined && (
        <Notice tone="bad" word={common.value.wrong}>
          <p>{w.stopped(content.failure)}</p>
          <Button onClick={onAgain}>{w.goOn}</Button>
        </Notice>
      )}
      {!content.done && content.failure === undefined && (
        <div class="no-print">
          <Busy words={comingText(asked, content)} done={read} of={total} />
        </div>
      )}
      {content.person && (
        <section class="stack">
          <h2>{w.person}</h2>
          <Facts rows={[[w.personNumber, content.person.selector]]} />
          <ResourceView resource={content.person.resource} />
          {content.person.warnings.map((warning) => (
            <Notice key={warning} tone="warn" word={common.value.careful}>
              <p>{warning}</p>
            </Notice>
          ))}
        </section>
      )}
      <Missing content={content} />
      {asked.kind !== "trace" && (
        <>
          <ul class="list">
            {records.map((record, i) => (
              <Found key={`${record.recordId} ${i}`} record={record} />
            ))}
          </ul>
          {content.done && <p role="status">{records.length === 0 ? w.noRecords : w.all}</p>}
        </>
      )}
      <div class="row no-print">
        <Button kind="primary" onClick={() => print()}>
          {common.value.print}
        </Button>
        {asked.kind !== "trace" && <Button onClick={save}>{w.save}</Button>}
      </div>
    </>
  );
}

export function Case() {
  const w = words.value;
  const [, , caseId = ""] = path.value.split("/");
  const asked = useSignal<CaseView | undefined>(undefined);
  const status = useSignal<StatusView | undefined>(undefined);
  const content = useSignal<CaseContent | undefined>(undefined);
  const notSent = useSignal(false);

  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      clearTimeout(timer);
      try {
        status.value = await engine.caseStatus(caseId);
        notSent.value = false;
      } catch (cause) {
        notSent.value = (cause as { code?: string }).code === "not-found";
      }
      if (over) return;
      const state = status.value?.state;
      const approved = state === "approved" || state === "noticed" || state === "opened";
      if (approved && content.value === undefined) content.value = await engine.openCase(caseId);
      if (state !== "opened" && state !== "refused" && state !== "expired") timer = setTimeout(look, LOOK_EVERY_MS);
    };
    void engine.cases().then((all) => {
      asked.value = all.find((one) => one.caseId === caseId);
    });
    void look();
    const offs = [
      onEngine("case", (rung: { caseId: string }) => {
        if (rung.caseId === caseId) void look();
      }),
      onEngine("case-content", (told: { caseId: string; content: CaseContent }) => {
        if (told.caseId === caseId) content.value = told.content;
      }),
    ];
    return () => {
      over = true;
      clearTimeout(timer);
      for (const off of offs) off();
      fault.value = undefined;
    };
  }, [caseId]);

  const about = asked.value;
  if (!about) return <Page title={w.title} />;
  const goOn = async (): Promise<void> => {
    content.value = await engine.openCase(caseId);
  };
  const resend = async (): Promise<void> => {
    await doing(w.asking, () => engine.resend(caseId));
  };
  const scope = monthsText(about.from, about.to);
  return (
    <Page title={w.caseTitles[about.kind]!} wide>
      <div class="two">
        <section class="stack" aria-label={w.state}>
          {status.value ? (
            <Standing status={status.value} emergency={about.emergency} />
          ) : (
            <p role="status">{w.loading}</p>
          )}
          {notSent.value && (
            <div class="row">
              <Button onClick={resend}>{w.resend}</Button>
            </div>
          )}
          <Facts
            rows={[
              [w.reason, about.purpose],
              [w.lawOf, about.legalGround],
              [w.scope, scope],
              [w.askedAt, timeText(about.askedAt)],
              [w.until, timeText(about.expiresAt)],
            ]}
          />
        </section>
        <section class="stack" aria-label={w.caseTitles[about.kind]}>
          {content.value && <Content asked={about} content={content.value} onAgain={goOn} />}
        </section>
      </div>
    </Page>
  );
}
