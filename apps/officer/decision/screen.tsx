// The one screen on which an officer decides. It reads the order, shows what was checked on this device, and has two buttons
// far apart. While it is open, it looks for the other officers' decisions.

import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { CaseProgress } from "../../../client/officer.ts";
import { busy, doing, loading } from "../../shared/doing.ts";
import { go, path } from "../../shared/route.ts";
import { Busy, Button, Notice, Page, TextArea } from "../../shared/ui/kit.tsx";
import type { CaseView } from "../engine.ts";
import { EmergencyMark } from "../inbox/screen.tsx";
import { engine } from "../remote.ts";
import { lookNow, ownCredential, place } from "../state.ts";
import { words as shared } from "../words.ts";
import { OrderFacts, Reveals, Warnings } from "./order.tsx";
import { Quorum } from "./quorum.tsx";
import { words } from "./words.ts";

const PROGRESS_MS = 4000;
const MAX_REASON = 1000;

type Logged = "asking" | "yes" | "failed";
interface Shown {
  caseId: string;
  order: CaseView | undefined;
  progress: CaseProgress | undefined;
  logged: Logged;
}
const shown = signal<Shown | undefined>(undefined);
const clinics = signal<Readonly<Record<string, string>>>({});

const update = (caseId: string, part: Partial<Shown>): void => {
  if (shown.value?.caseId === caseId) shown.value = { ...shown.value, ...part };
};

async function askLog(caseId: string): Promise<void> {
  update(caseId, { logged: "asking" });
  try {
    update(caseId, { progress: await engine.progress(caseId, true), logged: "yes" });
  } catch {
    update(caseId, { logged: "failed" });
  }
}

async function openCase(caseId: string): Promise<void> {
  shown.value = { caseId, order: undefined, progress: undefined, logged: "asking" };
  void engine.clinics().then(
    (names) => {
      clinics.value = names;
    },
    () => {}, // a clinic then goes by its number
  );
  const order = await loading(words.value.reading, () => engine.review(caseId));
  if (order === undefined) return;
  update(caseId, { order });
  await askLog(caseId);
}

function Checks({ logged, onAgain }: { logged: Logged; onAgain: () => void }) {
  const w = words.value;
  const done = [w.checkedWho, w.checkedOrder, w.checkedSubject, ...(logged === "yes" ? [w.checkedLog] : [])];
  return (
    <section class="stack">
      {logged === "asking" && <Busy words={w.checkingLog} />}
      {logged === "failed" && (
        <Notice tone="bad" word={w.logFailed}>
          <div class="row">
            <Button onClick={onAgain}>{w.checkAgain}</Button>
          </div>
        </Notice>
      )}
      <details>
        <summary>
          {logged === "yes" && <span aria-hidden="true">✓ </span>}
          {w.checked(done.length)}
        </summary>
        <ul class="checks">
          {done.map((text) => (
            <li key={text}>
              <span class="sign" aria-hidden="true">
                ✓
              </span>
              {text}
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}

/** The reason and the two buttons. Neither stands out: a tired hand must not be led. */
function Decide({ caseId, logged }: { caseId: string; logged: Logged }) {
  const w = words.value;
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const field = useRef<HTMLElement>(null);
  const decide = async (decision: "approve" | "refuse"): Promise<void> => {
    if (decision === "refuse" && reason.trim() === "") {
      setMissing(true);
      field.current?.querySelector("textarea")?.focus();
      return;
    }
    const progress = await doing(w.deciding, () => engine.decide(caseId, decision, reason.trim()));
    if (progress === undefined) return;
    update(caseId, { progress });
    void lookNow();
  };
  const working = busy.value !== undefined;
  return (
    <>
      <section class="stack" ref={field}>
        <TextArea
          label={w.reason}
          hint={w.reasonHint}
          rows={2}
          value={reason}
          maxLength={MAX_REASON}
          onInput={(text) => {
            setReason(text);
            setMissing(false);
          }}
        />
        {missing && (
          <p class="fault" role="alert">
            {w.reasonMissing}
          </p>
        )}
        <p class="hint">{w.final}</p>
      </section>
      <div class="verdict">
        <Button off={working} onClick={() => decide("refuse")}>
          <span aria-hidden="true">✕</span> {w.refuse}
        </Button>
        <Button off={working || logged !== "yes"} onClick={() => decide("approve")}>
          <span aria-hidden="true">✓</span> {w.approve}
        </Button>
      </div>
    </>
  );
}

function Outcome({ progress }: { progress: CaseProgress }) {
  const w = words.value;
  const made = progress.decisions.find(({ trustee }) => trustee === place.value?.trustee);
  const closed = w.closed[progress.state];
  const verdict = made?.decision === "approve" ? w.youApproved : w.youRefused;
  const word = made && (made.credentialId === ownCredential.value ? verdict : w.trusteeDecided);
  if (word === undefined && closed === undefined) return null;
  return (
    <Notice tone={made === undefined ? "info" : "good"} word={word ?? closed!}>
      {word !== undefined && closed !== undefined && <p>{closed}</p>}
      <div class="row">
        <Button onClick={() => go("/")}>{w.toInbox}</Button>
      </div>
    </Notice>
  );
}

export function DecisionScreen() {
  const caseId = path.value.split("/")[2] ?? "";
  useEffect(() => {
    void openCase(caseId);
    const timer = setInterval(() => {
      if (document.visibilityState !== "visible" || shown.value?.logged === "asking") return;
      engine.progress(caseId).then(
        (progress) => update(caseId, { progress }),
        () => {}, // the next look may succeed
      );
    }, PROGRESS_MS);
    return () => clearInterval(timer);
  }, [caseId]);

  const { order, progress, logged = "asking" } = shown.value?.caseId === caseId ? shown.value : {};
  if (order === undefined) return <Page title={shared.value.name} />;
  const own = progress?.decisions.some(({ trustee }) => trustee === place.value?.trustee);
  const open = progress === undefined || (progress.state === "ordered" && !own);
  return (
    <Page title={shared.value.asks[order.kind](order.requester.name)} wide>
      {order.emergency && (
        <p class="banner">
          <EmergencyMark />
        </p>
      )}
      {progress !== undefined && !open && <Outcome progress={progress} />}
      <div class="two">
        <div class="stack">
          <OrderFacts order={order} clinics={clinics.value} now={Math.floor(Date.now() / 1000)} />
          <Warnings order={order} />
        </div>
        <div class="stack">
          <Reveals order={order} />
          {progress !== undefined && <Quorum progress={progress} />}
          <Checks logged={logged} onAgain={() => void askLog(caseId)} />
        </div>
      </div>
      {open && <Decide caseId={caseId} logged={logged} />}
    </Page>
  );
}
