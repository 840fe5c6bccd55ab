// The card of a visit, for paper: for a person who checked in with this device and goes without it.

import "./card.css";
import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { loading } from "../../shared/doing.ts";
import { language } from "../../shared/language.ts";
import { go } from "../../shared/route.ts";
import { Disc } from "../../shared/ui/disc.tsx";
import { Button, Notice, Page, Reach } from "../../shared/ui/kit.tsx";
import { Qr } from "../../shared/ui/qr.tsx";
import { common } from "../../shared/words/common.ts";
import type { CardView } from "../engine/card.ts";
import { engine } from "../remote.ts";
import { shownVisit } from "../start/check-in.tsx";
import { overview } from "../start/phase.ts";
import { words } from "./words.ts";

/** The day and time as the person's language writes them. */
const untilText = (unixSeconds: number): string =>
  new Intl.DateTimeFormat(language.value, { dateStyle: "full", timeStyle: "short" }).format(unixSeconds * 1000);

/** What is printed. Somebody may find it, so it has no name, no clinic, and no letters of the visit. */
function Card({ card }: { card: CardView }) {
  const w = words.value;
  return (
    <article class="visit-card">
      <header class="stack">
        <h2>{w.card}</h2>
        <p>
          <strong>{w.until(untilText(card.notAfter))}</strong>
        </p>
      </header>
      <div class="visit-card-codes">
        <Disc mark={card.mark} side="left" label={w.half} />
        <Qr text={card.text} label={w.code} sturdy />
      </div>
      <p>{w.atClinic}</p>
      <section>
        <h3>{w.typeTitle}</h3>
        <p class="visit-card-letters" dir="ltr">
          {card.groups.map((group, i) => (
            <span key={i}>{group} </span>
          ))}
        </p>
      </section>
      <p class="small">{w.noName}</p>
    </article>
  );
}

function CardScreen() {
  const w = words.value;
  const card = useSignal<CardView | undefined>(undefined);
  const tagHash = shownVisit.value ?? overview.value?.sessions.at(-1)?.tagHash;
  useEffect(() => {
    if (tagHash === undefined) return;
    void loading(words.value.making, async () => {
      card.value = await engine.visitCard(tagHash);
    });
  }, [tagHash]);
  return (
    <Page title={w.title}>
      <p class="no-print">{w.lead}</p>
      {card.value && <Card card={card.value} />}
      {card.value && (
        <div class="no-print">
          <Notice tone="warn" word={common.value.careful}>
            <p>{w.care}</p>
            <p>{w.shared}</p>
          </Notice>
        </div>
      )}
      <Reach>
        {card.value && (
          <Button kind="primary" onClick={() => print()}>
            {w.print}
          </Button>
        )}
        <Button kind="link" onClick={() => go("/visit")}>
          {w.back}
        </Button>
      </Reach>
    </Page>
  );
}

export const screens: Record<string, ComponentType> = { "/card": CardScreen };
