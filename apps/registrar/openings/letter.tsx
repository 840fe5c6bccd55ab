// The letter about one opening, on paper, in the language of the person who reads it. The registry kept its content when it named
// the person, and the phone shows the same. After printing, the desk says whether it was printed, and can take that back.

import { useState } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import { isolated, LANGUAGES, type Language, language } from "../../shared/language.ts";
import { Button, Facts, Notice, Page, Select, Undo } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { OpeningView } from "../engine/openings.ts";
import { engine } from "../remote.ts";
import { CATALOGUE as LETTERS, type LetterWords } from "./letter-words.ts";
import { words } from "./words.ts";

/** as many characters of the case number as the phone shows */
const CASE_CHARACTERS = 16;
const caseText = (caseId: string): string => (caseId.slice(0, CASE_CHARACTERS).match(/.{4}/g) ?? []).join(" ");

const timeIn = (of: Language, unixSeconds: number): string =>
  new Intl.DateTimeFormat(of, { dateStyle: "long", timeStyle: "short" }).format(unixSeconds * 1000);
const dayIn = (of: Language, unixSeconds: number): string =>
  new Intl.DateTimeFormat(of, { dateStyle: "long" }).format(unixSeconds * 1000);
/** @param epoch months since January 1970 */
const monthIn = (of: Language, epoch: number): string =>
  new Intl.DateTimeFormat(of, { month: "long", year: "numeric", timeZone: "UTC" }).format(Date.UTC(1970, epoch));
const numberIn = (of: Language, n: number): string => new Intl.NumberFormat(of).format(n);

export const whoAsked = ({ requesterName, requesterRole }: OpeningView): string =>
  requesterRole === "" ? isolated(requesterName) : `${isolated(requesterName)} (${isolated(requesterRole)})`;

/** What the order says. The registry has it for an assemble alone. */
function orderRows(order: NonNullable<OpeningView["order"]>, s: LetterWords, of: Language) {
  const [from, to] = [monthIn(of, order.epochFrom), monthIn(of, order.epochTo)];
  return [
    [s.reason, <bdi key="reason">{order.purpose}</bdi>],
    [s.law, <bdi key="law">{order.legalGround}</bdi>],
    [s.back, from === to ? s.month(from) : s.months(from, to)],
    [s.clinics, order.clinics === 0 ? s.everyClinic : s.someClinics(order.clinics)],
  ] as const;
}

function Letter({ opening, of }: { opening: OpeningView; of: Language }) {
  const s = LETTERS[of];
  const { kind, order, approvedBy } = opening;
  const names = approvedBy.map(({ number, host }) => s.organisation(numberIn(of, number), host));
  const agreed = s.agreedBy(
    numberIn(of, names.length),
    numberIn(of, opening.trustees),
    new Intl.ListFormat(of, { type: "conjunction" }).format(names),
  );
  return (
    <article class="sheet" lang={of} dir={of === "ar" ? "rtl" : "ltr"}>
      <header class="stack">
        <p class="address">
          <bdi>{opening.name ?? opening.selector}</bdi>
        </p>
        <p>{dayIn(of, Date.now() / 1000)}</p>
        <h2>{s.title}</h2>
        <p>
          <strong>{s[kind](whoAsked(opening))}</strong>
        </p>
        {order?.emergency && <p>{s.emergency}</p>}
        <p>{s.lead}</p>
      </header>
      <Facts
        rows={[
          [s.when, timeIn(of, opening.approvedAt)],
          ...(order ? orderRows(order, s, of) : []),
          [s.agreed, agreed],
          [s.caseNumber, <code key="case">{caseText(opening.caseId)}</code>],
        ]}
      />
      {!order && <p>{s.notTold}</p>}
      <section>
        <h3>{s.meansTitle}</h3>
        <ul>
          {[...s.means, ...s.meansOf[kind]].map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </section>
      <section>
        <h3>{s.wrongTitle}</h3>
        <ol>
          {s.wrongSteps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <p>
          {s.telephone} <span class="write-in" aria-hidden="true" />
        </p>
      </section>
      <section>
        <h3>{s.phoneTitle}</h3>
        <p>{s.phone}</p>
      </section>
    </article>
  );
}

/** Where the letter stands: not printed yet, just printed and not answered, or marked at this screen. */
type Standing = "open" | "asked" | "marked";

/** @param onMarked the list shows the mark */
export function LetterScreen({
  opening,
  onBack,
  onMarked,
}: {
  opening: OpeningView;
  onBack: () => void;
  onMarked: (printedAt: number | null) => void;
}) {
  const w = words.value;
  const [of, setOf] = useState<Language>(language.value);
  const [standing, setStanding] = useState<Standing>("open");
  const mark = (printed: boolean) =>
    doing(w.waitMark, async () => {
      onMarked(await engine.markLetter(opening.caseId, printed));
      setStanding(printed ? "marked" : "open");
    });
  return (
    <Page title={w.letterTitle} wide>
      <div class="sheet-desk no-print">
        <p>{w.letterWhat}</p>
        <p>{w.letterCare}</p>
        <Select
          label={w.letterLanguage}
          value={of}
          options={Object.entries(LANGUAGES).map(([value, text]) => ({ value, text }))}
          onChoose={(value) => setOf(value as Language)}
        />
        <div class="row">
          <Button
            kind="primary"
            onClick={() => {
              print();
              setStanding("asked");
            }}
          >
            {w.printLetter}
          </Button>
          <Button onClick={onBack}>{w.toList}</Button>
        </div>
        {standing === "asked" && (
          <Notice word={w.wasPrinted}>
            <div class="row">
              <Button onClick={() => mark(true)}>{common.value.yes}</Button>
              <Button onClick={() => setStanding("open")}>{common.value.no}</Button>
            </div>
          </Notice>
        )}
        {standing === "marked" && <Undo text={w.marked} action={common.value.undo} onUndo={() => void mark(false)} />}
      </div>
      <Letter opening={opening} of={of} />
    </Page>
  );
}
