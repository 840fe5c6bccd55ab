// One visit: what to file at one side, its records at the other. Alt and a digit change the form.

import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { doing, loading } from "../../shared/doing.ts";
import { go, path } from "../../shared/route.ts";
import { Notice, Page, Undo } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { unread } from "../desk.ts";
import type { VisitView } from "../engine/reception.ts";
import { FORM_KINDS, type FormKind } from "../forms.ts";
import { HalfDisc, Shown } from "../reception/visit-parts.tsx";
import { engine } from "../remote.ts";
import { DropFile } from "./drop.tsx";
import { type Amending, RecordForm } from "./form.tsx";
import { Messages } from "./messages.tsx";
import { Records } from "./records.tsx";
import { words } from "./words.ts";

const TABS = [...FORM_KINDS, "file", "messages"] as const;
type Tab = (typeof TABS)[number];
const isForm = (tab: Tab): tab is FormKind => (FORM_KINDS as readonly string[]).includes(tab);

function Visit() {
  const [, , tagHash = "", last = "note"] = path.value.split("/");
  const tab = TABS.find((one) => one === last) ?? "note";
  const visit = useSignal<VisitView | undefined>(undefined);
  useEffect(() => {
    visit.value = undefined;
    void loading(words.value.loading, async () => {
      visit.value = await engine.visit(tagHash);
    });
  }, [tagHash]);
  const w = words.value;
  if (visit.value?.tagHash !== tagHash) return <Page title={w.loading} />;
  return <VisitPage key={tagHash} visit={visit.value} tab={tab} />;
}

function VisitPage({ visit, tab }: { visit: VisitView; tab: Tab }) {
  const w = words.value;
  const { tagHash, tid } = visit;
  const amending = useSignal<{ kind: FormKind; record: Amending } | undefined>(undefined);
  const version = useSignal(0);
  const filed = useSignal<{ recordId: string; what: string; amended: boolean } | undefined>(undefined);
  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      const digit = event.altKey ? /^Digit([1-7])$/.exec(event.code)?.[1] : undefined;
      if (digit === undefined) return;
      event.preventDefault();
      go(`/visit/${tagHash}/${TABS[Number(digit) - 1]}`, { replace: true });
    };
    document.addEventListener("keydown", keys);
    return () => document.removeEventListener("keydown", keys);
  }, [tagHash]);
  const changed = (): void => {
    version.value += 1;
    amending.value = undefined;
  };
  const filedNow = (recordId: string, what: string): void => {
    filed.value = { recordId, what, amended: amending.value !== undefined };
    changed();
  };
  const undo = async (): Promise<void> => {
    const { recordId } = filed.value!;
    filed.value = undefined;
    await doing(w.filing, () => engine.withdraw(tagHash, recordId));
    changed();
  };
  const record = amending.value?.kind === tab ? amending.value.record : undefined;
  const letters = (tid.match(/.{1,5}/g) ?? [tid]).join(" ");
  return (
    <Page title={w.title(letters)} wide>
      <div class="visit-head">
        <HalfDisc visit={visit} />
        <Shown visit={visit} />
        <a class="button" href={`/ask/${tagHash}`}>
          {w.askAbout}
        </a>
        <a class="button danger" href={`/emergency/${tagHash}`}>
          {w.emergency}
        </a>
      </div>
      <div class="two">
        <section class="stack" aria-label={w.sections}>
          <nav class="tabs no-print" aria-label={w.sections}>
            {TABS.map((one, i) => (
              <a
                key={one}
                href={`/visit/${tagHash}/${one}`}
                aria-current={one === tab ? "page" : undefined}
                title={w.keys(String(i + 1))}
              >
                {w.tabs[one]}
                {one === "messages" && unread.value.has(tagHash) && <span aria-hidden="true"> ●</span>}
              </a>
            ))}
          </nav>
          {isForm(tab) && (
            <RecordForm
              key={`${tab} ${record?.recordId ?? ""}`}
              tagHash={tagHash}
              kind={tab}
              amending={record}
              onFiled={(recordId) => filedNow(recordId, w.tabs[tab]!)}
              onStop={() => {
                amending.value = undefined;
              }}
            />
          )}
          {tab === "file" && <DropFile tagHash={tagHash} onFiled={filedNow} />}
          {tab === "messages" && <Messages tagHash={tagHash} />}
          {filed.value &&
            (filed.value.amended ? (
              <Notice tone="good" word={common.value.good}>
                <p>{w.filed(filed.value.what)}</p>
              </Notice>
            ) : (
              <Undo text={w.filed(filed.value.what)} action={common.value.undo} onUndo={undo} />
            ))}
        </section>
        <Records
          tagHash={tagHash}
          version={version.value}
          onChanged={changed}
          onAmend={(kind, given) => {
            amending.value = { kind, record: given };
            go(`/visit/${tagHash}/${kind}`, { replace: true });
          }}
        />
      </div>
    </Page>
  );
}

export const screens: Record<string, ComponentType> = { "/visit": Visit };
