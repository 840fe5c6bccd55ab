// "Who looked": every case that touched this patient, and the check that none is missing.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { busy, doing, loading } from "../../shared/doing.ts";
import { timeText } from "../../shared/language.ts";
import { RemoteError } from "../../shared/remote.ts";
import { Busy, Button, Empty, Facts, Notice, Page } from "../../shared/ui/kit.tsx";
import { engine } from "../remote.ts";
import { groupsText, listText, monthText, numberText } from "./text.ts";
import type { Look, WhoLooked } from "./views.ts";
import { words } from "./words.ts";

const known = signal<WhoLooked | undefined>(undefined);
/** the check of this visit to the screen: what it found */
const outcome = signal<"good" | { fault: string } | undefined>(undefined);

async function load(): Promise<void> {
  outcome.value = undefined;
  await loading(words.value.loading, async () => {
    known.value = await engine.whoLooked();
  });
}

/** Reads the log. A fault of the log itself is said on this screen; one of the network where all are said. */
const check = () =>
  doing(words.value.checking, async () => {
    outcome.value = undefined;
    try {
      known.value = await engine.checkWhoLooked();
      outcome.value = "good";
    } catch (cause) {
      const code = cause instanceof RemoteError ? cause.code : undefined;
      if (code === undefined || words.value.faults[code] === undefined) throw cause;
      outcome.value = { fault: code };
      known.value = await engine.whoLooked(); // notices that were found all the same
    }
  });

export function WhoLookedScreen() {
  const w = words.value;
  const view = known.value;
  useEffect(() => void load(), []);
  return (
    <Page title={w.title}>
      {view === undefined ? (
        busy.value === undefined && <Busy words={w.loading} />
      ) : (
        <>
          <Looks view={view} />
          <Completeness view={view} />
          <section class="stack">
            <h2>{w.wrongTitle}</h2>
            <ol class="stack steps">
              {w.wrongSteps.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
            <div class="row no-print">
              <Button onClick={() => print()}>{w.printList}</Button>
            </div>
          </section>
        </>
      )}
    </Page>
  );
}

function Looks({ view: { looks, standing, organisations } }: { view: WhoLooked }) {
  const w = words.value;
  if (looks.length === 0)
    return (
      <Empty title={standing === undefined ? w.noneYet : w.none}>
        <p>{w.noneText}</p>
      </Empty>
    );
  return (
    <ul class="list looks">
      {looks.map((look) => (
        <li key={look.logIndex}>
          <LookView look={look} organisations={organisations} />
        </li>
      ))}
    </ul>
  );
}

function LookView({ look, organisations }: { look: Look; organisations: number }) {
  const w = words.value;
  const clinics = look.clinics.map(({ name }) => name ?? w.otherClinic);
  const agreed = look.approvedBy.map(({ number, host }) => w.organisation(numberText(number), host));
  const rows: [string, preact.ComponentChildren][] = [
    [w.when, timeText(look.approvedAt)],
    [w.reason, <bdi key="reason">{look.purpose}</bdi>],
    [w.law, <bdi key="law">{look.legalGround}</bdi>],
    [
      w.back,
      look.from === look.to ? w.month(monthText(look.from)) : w.months(monthText(look.from), monthText(look.to)),
    ],
    [w.clinics, clinics.length === 0 ? w.everyClinic : <bdi key="clinics">{listText(clinics)}</bdi>],
    [w.agreed, w.agreedBy(numberText(agreed.length), numberText(organisations), listText(agreed))],
    [w.caseNumber, <code key="case">{groupsText(look.caseId, 16)}</code>],
  ];
  return (
    <article class="stack">
      <h2>{w[look.kind](w.who(look.requesterName, look.requesterRole))}</h2>
      {look.emergency && (
        <p>
          <span class="tag">{w.emergency}</span>
        </p>
      )}
      <Facts rows={rows} />
    </article>
  );
}

function Completeness({ view: { standing } }: { view: WhoLooked }) {
  const w = words.value;
  const result = outcome.value;
  return (
    <section class="stack">
      <h2>{w.completeTitle}</h2>
      <ol class="steps">
        <li>{w.complete1}</li>
        <li>{standing === undefined ? w.notRead2 : w.complete2(standing.entries)}</li>
        <li>
          {standing === undefined
            ? w.notRead3
            : w.complete3(numberText(standing.witnesses), numberText(standing.ofWitnesses))}
        </li>
      </ol>
      {result === "good" && standing && (
        <Notice tone="good" word={w.checked}>
          <p>{w.checkedText(standing.entries)}</p>
        </Notice>
      )}
      {typeof result === "object" && (
        <Notice tone="bad" word={w.bad}>
          <p>{w.faults[result.fault]}</p>
        </Notice>
      )}
      {standing !== undefined && standing.unreadable > 0 && (
        <Notice tone="warn" word={w.bad}>
          <p>{w.unreadable(standing.unreadable)}</p>
        </Notice>
      )}
      <div class="row no-print">
        <Button kind="primary" off={busy.value !== undefined} onClick={check}>
          {w.check}
        </Button>
        {standing && <span class="hint">{w.lastRead(timeText(standing.readAt))}</span>}
      </div>
      <p class="hint no-print">{w.checkHint}</p>
      {standing && (
        <details>
          <summary>{w.proof}</summary>
          <Facts rows={[[w.fingerprint, <code key="root">{groupsText(standing.root)}</code>]]} />
          <p class="hint">{w.fingerprintText}</p>
        </details>
      )}
    </section>
  );
}
