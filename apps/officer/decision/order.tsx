// What an order asks, and what it would reveal to whom: the part of the decision that is read.

import { dayText, language, timeText } from "../../shared/language.ts";
import { Facts, Notice } from "../../shared/ui/kit.tsx";
import type { CaseView } from "../engine.ts";
import { timeLeft } from "../words.ts";
import { words } from "./words.ts";

/** @param month "2026-11" */
const monthText = (month: string): string =>
  new Intl.DateTimeFormat(language.value, { month: "long", year: "numeric", timeZone: "UTC" }).format(
    new Date(`${month}-01T00:00:00Z`),
  );
const numberOf = (month: string): number => {
  const [year, of] = month.split("-").map(Number) as [number, number];
  return year * 12 + of;
};
const monthsOf = ({ epochs }: CaseView): number => numberOf(epochs.to) - numberOf(epochs.from) + 1;
const monthAt = (unixSeconds: number): string => new Date(unixSeconds * 1000).toISOString().slice(0, 7);

type Clinics = Readonly<Record<string, string>>;
const clinicText = (id: string, clinics: Clinics): string => clinics[id] ?? words.value.unnamedClinic(id.slice(0, 8));

function aboutText({ subject, person }: CaseView, clinics: Clinics): string[] {
  const { visit, person: named, bornUnknown, recordNumber } = words.value;
  if ("tid" in subject) {
    const tid = (subject.tid.match(/.{1,5}/g) ?? []).join(" ");
    return [visit(tid, dayText(subject.at), clinicText(subject.serviceId, clinics))];
  }
  return [
    ...(person?.names ?? []).map((name) => named(name, person?.birthDate ? dayText(person.birthDate) : bornUnknown)),
    recordNumber(subject.selector),
  ];
}

function periodText(order: CaseView): string {
  const { period, oneMonth, months } = words.value;
  const { from, to } = order.epochs;
  return from === to ? oneMonth(monthText(from)) : period(monthText(from), monthText(to), months(monthsOf(order)));
}

const Lines = ({ lines }: { lines: readonly string[] }) => (
  <>
    {lines.map((line) => (
      <span key={line} class="line" dir="auto">
        {line}
      </span>
    ))}
  </>
);

export function OrderFacts({ order, clinics, now }: { order: CaseView; clinics: Clinics; now: number }) {
  const w = words.value;
  const { requester, purpose, legalGround, services, issuedAt, expiresAt, kind } = order;
  const said = (text: string) => (text.trim() === "" ? w.none : text);
  const role = requester.role.trim() === "" ? w.noRole : requester.role;
  return (
    <Facts
      rows={[
        [w.who, <Lines key="who" lines={[requester.name, role]} />],
        [
          w.why,
          <strong key="why" dir="auto">
            {said(purpose)}
          </strong>,
        ],
        [w.law, <Lines key="law" lines={[said(legalGround)]} />],
        [w.about, <Lines key="about" lines={aboutText(order, clinics)} />],
        ...(kind === "trace"
          ? []
          : ([
              [w.back, periodText(order)],
              [
                w.where,
                <Lines
                  key="where"
                  lines={services.length === 0 ? [w.everywhere] : services.map((id) => clinicText(id, clinics))}
                />,
              ],
            ] as const)),
        [w.asked, timeText(issuedAt)],
        [w.decideBefore, <Lines key="before" lines={[timeText(expiresAt), timeLeft(expiresAt, now)]} />],
      ]}
    />
  );
}

/** What deserves a second look, from the order itself. */
function warningsOf(order: CaseView): string[] {
  const w = words.value;
  const { kind, epochs, services, emergency, issuedAt, purpose, legalGround, requester, subject } = order;
  const opensVisits = kind !== "trace";
  return [
    ...(opensVisits && emergency && epochs.to >= monthAt(issuedAt) ? [w.currentMonth] : []),
    ...(opensVisits && monthsOf(order) > 12 ? [w.manyMonths] : []),
    ...(opensVisits && services.length === 0 ? [w.allClinics] : []),
    ...(purpose.trim() === "" || legalGround.trim() === "" ? [w.noPurpose] : []),
    ...(requester.role.trim() === "" ? [w.noRoleWarning] : []),
    ...("uncovered" in subject && subject.uncovered > 0 ? [w.uncovered(subject.uncovered)] : []),
  ];
}

export function Warnings({ order }: { order: CaseView }) {
  const warnings = warningsOf(order);
  if (warnings.length === 0) return null;
  return (
    <Notice tone="warn" word={words.value.notice}>
      <ul>
        {warnings.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </Notice>
  );
}

export function Reveals({ order: { kind, requester } }: { order: CaseView }) {
  const w = words.value;
  return (
    <section class="stack">
      <h2>{w.reveals}</h2>
      <dl class="reveals">
        <div>
          <dt>{w.gets(requester.name)}</dt>
          <dd>{w[`${kind}Gets`]}</dd>
        </div>
        <div>
          <dt>{w.notGets}</dt>
          <dd>{w[`${kind}Not`]}</dd>
        </div>
        <div>
          <dt>{w.others}</dt>
          <dd>{w[`${kind}Others`]}</dd>
        </div>
      </dl>
    </section>
  );
}
