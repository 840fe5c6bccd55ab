// "My clinics": where the patient was, and which clinics may know the patient again. What a clinic was told cannot be called back.
// So there are a few seconds to undo it before it leaves.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { busy, doing, loading } from "../../shared/doing.ts";
import { dayText } from "../../shared/language.ts";
import { Busy, Button, Empty, Notice, Page, Tid, Undo } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { engine } from "../remote.ts";
import { messagesHref } from "./links.ts";
import { monthText } from "./text.ts";
import type { ClinicView } from "./views.ts";
import { words } from "./words-clinics.ts";

const UNDO_SECONDS = 6;

const clinics = signal<ClinicView[] | undefined>(undefined);
/** the visit in which the clinic is told soon */
const waiting = signal<{ tagHash: string; timer: ReturnType<typeof setTimeout> } | undefined>(undefined);
/** id of the clinic that was told just now */
const told = signal<string | undefined>(undefined);

const load = () =>
  loading(words.value.loading, async () => {
    clinics.value = await engine.clinics();
  });

function undo(): void {
  clearTimeout(waiting.value?.timer);
  waiting.value = undefined;
}

function tellSoon(clinic: ClinicView, tagHash: string): void {
  undo();
  told.value = undefined;
  const act = () => {
    waiting.value = undefined;
    return doing(words.value.telling, async () => {
      clinics.value = await engine.knowMe(tagHash);
      told.value = clinic.id;
    });
  };
  waiting.value = { tagHash, timer: setTimeout(act, UNDO_SECONDS * 1000) };
}

const stop = ({ id }: ClinicView) =>
  doing(words.value.stopping, async () => {
    told.value = undefined;
    clinics.value = await engine.forgetMe(id);
  });

export function ClinicsScreen() {
  const w = words.value;
  const all = clinics.value;
  useEffect(() => {
    told.value = undefined;
    void load();
    return undo; // who leaves the screen in these seconds has told nobody
  }, []);
  if (all === undefined) return <Page title={w.title}>{busy.value === undefined && <Busy words={w.loading} />}</Page>;
  if (all.length === 0)
    return (
      <Page title={w.title}>
        <Empty title={w.none}>
          <p>{w.noneText}</p>
        </Empty>
      </Page>
    );
  return (
    <Page title={w.title}>
      <p>{w.intro}</p>
      <ul class="list">
        {all.map((clinic) => (
          <li key={clinic.id} class="stack">
            <Clinic clinic={clinic} />
          </li>
        ))}
      </ul>
      <p class="hint">{w.newPhone}</p>
      {waiting.value !== undefined && <Undo text={w.soon} action={common.value.undo} onUndo={undo} />}
    </Page>
  );
}

function Clinic({ clinic }: { clinic: ClinicView }) {
  const w = words.value;
  const { name, visits, knownSince, id } = clinic;
  const off = busy.value !== undefined || waiting.value !== undefined;
  const wasTold = visits.some(({ introducedAt }) => introducedAt !== undefined);
  const newest = visits.find(({ canWrite, introducedAt }) => canWrite && introducedAt === undefined);
  return (
    <>
      <h2>
        <bdi>{name}</bdi>
      </h2>
      <p>
        {w.count(visits.length)}.{" "}
        {knownSince !== undefined ? w.known(dayText(knownSince)) : wasTold ? w.stopped : w.alone}
      </p>
      {told.value === id && (
        <Notice tone="good" word={w.told}>
          <p>{w.toldText}</p>
        </Notice>
      )}
      {knownSince === undefined ? (
        newest === undefined ? (
          !wasTold && <p class="hint">{w.noChannel}</p>
        ) : (
          <details>
            <summary>{w.letKnow}</summary>
            <div class="stack asking">
              <p>{w.letKnowText}</p>
              <p>{w.cannotUndo}</p>
              <div class="row">
                <Button kind="primary" off={off} onClick={() => tellSoon(clinic, newest.tagHash)}>
                  {w.letKnow}
                </Button>
              </div>
            </div>
          </details>
        )
      ) : (
        <div class="stack">
          <p class="hint">{w.stopText}</p>
          <div class="row">
            <Button off={off} onClick={() => stop(clinic)}>
              {w.stop}
            </Button>
          </div>
        </div>
      )}
      <ul class="list visits">
        {visits.map((visit) => (
          <li key={visit.tagHash} class="stack-close">
            <span>
              {visit.openedAt === undefined ? monthText(visit.month) : dayText(visit.openedAt)}
              {(knownSince !== undefined || wasTold) && (
                <>
                  {" "}
                  <span class="tag">{visit.introducedAt === undefined ? w.notMarked : w.marked}</span>
                </>
              )}
            </span>
            <Tid tid={visit.tid} />
            <span class="row">
              <a href={messagesHref(visit.tid)}>{w.write}</a>
              {knownSince !== undefined && visit.introducedAt === undefined && visit.canWrite && (
                <Button kind="link" off={off} onClick={() => tellSoon(clinic, visit.tagHash)}>
                  {w.join}
                </Button>
              )}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
