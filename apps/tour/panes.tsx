// The four panes. Each shows the story from one party's place: what its screen says after the step.

import type { ComponentChildren } from "preact";
import { timeText } from "../shared/language.ts";
import { Disc } from "../shared/ui/disc.tsx";
import { Facts, Notice, Tid } from "../shared/ui/kit.tsx";
import { Qr } from "../shared/ui/qr.tsx";
import { type Scene, type SceneVisit, STEPS, type Step } from "./scene.ts";
import { words } from "./words.ts";

type Party = "patient" | "clinic" | "officer" | "registrar";
const PARTIES: readonly Party[] = ["patient", "clinic", "officer", "registrar"];

/** Whose screen a step is about. At the beginning everybody is introduced. */
const ACTIVE: Record<Step, readonly Party[]> = {
  begin: PARTIES,
  register: ["registrar"],
  enrol: ["patient", "registrar"],
  invite: ["clinic", "patient"],
  checkIn: ["patient", "clinic"],
  file: ["clinic"],
  read: ["patient"],
  second: ["patient", "clinic"],
  order: ["clinic", "officer"],
  approveFirst: ["officer"],
  approveSecond: ["officer", "clinic"],
  notice: ["patient"],
};
/** Officers who decide in the story; two of three are enough. */
const OFFICES = [1, 2];

interface View {
  scene: Scene;
  step: Step;
}
const isFrom = (step: Step, first: Step): boolean => STEPS.indexOf(step) >= STEPS.indexOf(first);
const findingText = (finding: string): string => words.value.findings[finding] ?? finding;
const valuesText = (values: readonly string[] = []): string =>
  values.map((value) => words.value.values[value] ?? value).join(words.value.and);

function Half({ visit, side }: { visit: SceneVisit; side: "left" | "right" }) {
  const { patient, clinic } = words.value;
  if (visit.mark === undefined) return null;
  return <Disc mark={visit.mark} side={side} label={side === "left" ? patient.half(visit.clinic) : clinic.half} />;
}

function Phone({ scene, step }: View) {
  const { patient, values } = words.value;
  const { visits, read, notice, order, person } = scene;
  const [first, second] = visits;
  if (notice && order)
    return (
      <Notice tone="warn" word={patient.noticeTitle}>
        <Facts
          rows={[
            [patient.when, timeText(notice.at)],
            [words.value.officer.who, <bdi>{order.requester}</bdi>],
            [words.value.officer.why, <bdi>{order.purpose}</bdi>],
            [patient.entry, notice.entry],
          ]}
        />
      </Notice>
    );
  if (order) return <p>{patient.asleep}</p>;
  const latest = second?.tid === undefined ? first : second;
  if (step === "read")
    return (
      <>
        <h3>{patient.records}</h3>
        <Facts rows={read.map(({ clinic, finding }) => [clinic, findingText(finding)] as const)} />
      </>
    );
  if (latest?.tid !== undefined)
    return (
      <>
        <h3>
          <bdi>{latest.clinic}</bdi>
        </h3>
        <Half visit={latest} side="left" />
        <Facts rows={[[patient.sayIt, <Tid tid={latest.tid} />]]} />
        {second?.tid !== undefined && <p class="small">{patient.onlyHere}</p>}
      </>
    );
  if (first)
    return (
      <>
        <h3>{patient.asks(first.clinic)}</h3>
        <Facts
          rows={[
            [patient.willSee, values.adult],
            [patient.willNotSee, patient.hidden],
          ]}
        />
      </>
    );
  if (scene.enrolled) return <Notice tone="good" word={patient.ready} />;
  return person ? <p>{patient.hasCode(person.code)}</p> : null;
}

function Desk({ scene: { visits, order, opened, approvedBy } }: View) {
  const { clinic } = words.value;
  if (opened.length > 0)
    return (
      <>
        <h3>{clinic.openedTitle}</h3>
        <ul class="list">
          {opened.map(({ tid, finding }) => (
            <li key={tid}>
              <strong>{findingText(finding)}</strong>
              <br />
              <Tid tid={tid} />
            </li>
          ))}
        </ul>
        <p class="small">{clinic.noName}</p>
      </>
    );
  if (order)
    return (
      <Notice tone="warn" word={clinic.asked}>
        <p>
          <bdi>{order.requester}</bdi>
        </p>
        <p>{clinic.agreed(approvedBy.length)}</p>
      </Notice>
    );
  const visit = visits.at(-1);
  if (!visit) return null;
  if (visit.tid === undefined) return <Qr text={visit.invitation} label={clinic.code} />;
  return (
    <>
      <h3>
        <bdi>{visit.clinic}</bdi>
      </h3>
      <Half visit={visit} side="right" />
      <Facts
        rows={[
          [clinic.called, <Tid tid={visit.tid} />],
          [clinic.shown, valuesText(visit.shown)],
          ...(visit.filed === undefined ? [] : [[clinic.filed, findingText(visit.filed)] as const]),
        ]}
      />
    </>
  );
}

function Office({ scene: { order, approvedBy } }: View) {
  const { officer } = words.value;
  if (!order) return <p class="hint">{officer.empty}</p>;
  return (
    <>
      <Facts
        rows={[
          [officer.who, <bdi>{order.requester}</bdi>],
          [officer.why, <bdi>{order.purpose}</bdi>],
          [officer.law, <bdi>{order.legalGround}</bdi>],
          ...(order.months === "" ? [] : [[officer.months, <bdi>{order.months}</bdi>] as const]),
        ]}
      />
      {OFFICES.map((office) =>
        approvedBy.includes(office) ? (
          <Notice key={office} tone="good" word={officer.approved(office)} />
        ) : (
          <p key={office} class="hint">
            {officer.waits(office)}
          </p>
        ),
      )}
    </>
  );
}

function RegistrarDesk({ scene: { person, enrolled }, step }: View) {
  const { registrar, values } = words.value;
  if (!person) return null;
  return (
    <>
      <Facts
        rows={[
          [registrar.person, <bdi>{person.name}</bdi>],
          [registrar.born, <bdi>{person.birthDate}</bdi>],
          [registrar.is, values.adult],
          ...(isFrom(step, "checkIn") ? [[registrar.visits, registrar.unknown] as const] : []),
        ]}
      />
      <p class="small">{enrolled ? registrar.passGiven : registrar.codePrinted}</p>
    </>
  );
}

function Pane({
  name,
  about,
  active,
  children,
}: {
  name: string;
  about: string | undefined;
  active: boolean;
  children: ComponentChildren;
}) {
  return (
    <section class={active ? "pane active" : "pane"} aria-label={name}>
      <h2>{name}</h2>
      {about !== undefined && <p class="hint">{about}</p>}
      <div class="body stack">{children}</div>
    </section>
  );
}

const SCREENS = { patient: Phone, clinic: Desk, officer: Office, registrar: RegistrarDesk };

export function Panes({ scene, step }: View) {
  const { panes } = words.value;
  return (
    <div class="panes">
      {PARTIES.map((party) => {
        const Screen = SCREENS[party];
        return (
          <Pane
            key={party}
            name={panes[party]}
            about={step === "begin" ? panes[`${party}Is`] : undefined}
            active={ACTIVE[step].includes(party)}
          >
            <Screen scene={scene} step={step} />
          </Pane>
        );
      })}
    </div>
  );
}

/** The halves of phone and desk come together, at the step where they first fit. */
export function Meeting({ scene, step }: View) {
  const visit = scene.visits[0];
  if (step !== "checkIn" || visit?.mark === undefined) return null;
  const { patient, clinic, meeting } = words.value;
  return (
    <figure>
      <div class="meeting">
        <Disc mark={visit.mark} side="left" label={patient.half(visit.clinic)} />
        <Disc mark={visit.mark} side="right" label={clinic.half} />
      </div>
      <figcaption class="hint">{meeting}</figcaption>
    </figure>
  );
}
