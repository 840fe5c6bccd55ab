// The fresh code, and the sheet that the person takes home: one printed page. The desk may work in another language than the
// person reads, so the sheet has a language of its own.

import { useState } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import { LANGUAGES, type Language, language } from "../../shared/language.ts";
import { go } from "../../shared/route.ts";
import { Button, Notice, Page, Select } from "../../shared/ui/kit.tsx";
import { Qr } from "../../shared/ui/qr.tsx";
import { common } from "../../shared/words/common.ts";
import type { CodeView } from "../engine/people.ts";
import { engine } from "../remote.ts";
import { SHEETS } from "./sheet-words.ts";
import { code, forgetPerson, hadPhone, notice } from "./state.ts";
import { words } from "./words.ts";

const GROUPS_PER_ROW = 4;

/** The day and time as the person's language writes them. */
const untilText = (unixSeconds: number, of: Language): string =>
  new Intl.DateTimeFormat(of, { dateStyle: "full", timeStyle: "short" }).format(unixSeconds * 1000);

function Groups({ groups, row }: { groups: readonly string[]; row: string }) {
  const rows = Array.from({ length: groups.length / GROUPS_PER_ROW }, (_, i) =>
    groups.slice(i * GROUPS_PER_ROW, (i + 1) * GROUPS_PER_ROW),
  );
  return (
    <table class="groups" dir="ltr">
      <tbody>
        {rows.map((cells, i) => (
          <tr key={cells[0]}>
            <th scope="row">
              <span class="hidden">{row} </span>
              {i + 1}
            </th>
            {cells.map((cell) => (
              <td key={cell}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Sheet({ view, of, withEarlier }: { view: CodeView; of: Language; withEarlier: boolean }) {
  const s = SHEETS[of];
  return (
    <article class="sheet" lang={of} dir={of === "ar" ? "rtl" : "ltr"}>
      <header class="stack">
        <h2>{s.title}</h2>
        <p>
          <strong>{s.until(untilText(view.expires, of))}</strong> {s.later}
        </p>
        <p>{s.keep}</p>
      </header>
      <div class="sheet-main">
        <Qr text={view.link} label={s.scan} />
        <ol>
          {s.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </div>
      {withEarlier && (
        <section>
          <h3>{s.hadTitle}</h3>
          <p>{s.had}</p>
        </section>
      )}
      <section>
        <h3>{s.typeTitle}</h3>
        <p>{s.type}</p>
        <p class="code-text">{view.walletUrl}</p>
        <Groups groups={view.groups} row={s.row} />
      </section>
      <section>
        <h3>{s.helpTitle}</h3>
        <p>
          {s.help} <span class="write-in" aria-hidden="true" />
        </p>
      </section>
      <section>
        <h3>{s.knowTitle}</h3>
        <p>{s.know}</p>
      </section>
    </article>
  );
}

export function CodeScreen() {
  const w = words.value;
  const view = code.value!;
  const [of, setOf] = useState<Language>(language.value);
  const [isCopied, setCopied] = useState(false);
  const finish = (text?: string): void => {
    forgetPerson();
    notice.value = text;
    go("/", { replace: true });
  };
  const makeVoid = () =>
    doing(w.waitVoid, async () => {
      await engine.voidCode(view);
      finish(w.voided);
    });
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(view.link);
    setCopied(true);
  };
  return (
    <Page title={w.codeTitle} wide>
      <div class="sheet-desk no-print">
        <p>{w.codeWhat}</p>
        <Select
          label={w.sheetLanguage}
          value={of}
          options={Object.entries(LANGUAGES).map(([value, text]) => ({ value, text }))}
          onChoose={(value) => setOf(value as Language)}
        />
        <div class="row">
          <Button kind="primary" onClick={() => print()}>
            {w.printSheet}
          </Button>
          <Button onClick={copy}>{w.copyLink}</Button>
          <Button onClick={() => finish()}>{w.done}</Button>
        </div>
        {isCopied && (
          <Notice tone="warn" word={common.value.careful}>
            <p>{w.copied}</p>
          </Notice>
        )}
      </div>
      <Sheet view={view} of={of} withEarlier={hadPhone.value} />
      <div class="row no-print">
        <span>{w.voidText}</span>
        <Button onClick={makeVoid}>{w.voidCode}</Button>
      </div>
    </Page>
  );
}
