// The inbox: what waits, the emergencies first, and when it was last looked at. Nothing on it moves.

import { language } from "../../shared/language.ts";
import { Button, Check, Empty, Notice, Page } from "../../shared/ui/kit.tsx";
import type { InboxItem } from "../engine/watch.ts";
import { rings, setRings } from "../ring.ts";
import { emergencies, inbox, lookNow, missed, signedInUntil, waiting } from "../state.ts";
import { words as shared, timeLeft } from "../words.ts";
import { words } from "./words.ts";

/** A time of today with its seconds. @param at unix seconds */
export const clockText = (at: number, seconds = true): string =>
  new Intl.DateTimeFormat(language.value, { timeStyle: seconds ? "medium" : "short" }).format(at * 1000);

/** The sign and the word of an emergency. */
export const EmergencyMark = () => (
  <span class="emergency">
    <span aria-hidden="true">▲</span> {shared.value.emergency}
  </span>
);

function Item({ item, now }: { item: InboxItem; now: number }) {
  const { kind, requester, purpose, emergency, expiresAt, caseId } = item;
  return (
    <li class={emergency ? "order urgent" : "order"}>
      <a class="order-link" href={`/case/${caseId}`}>
        {emergency && <EmergencyMark />}
        <strong>{shared.value.asks[kind](requester.name)}</strong>
        <span dir="auto">{purpose}</span>
        <span class="hint">{timeLeft(expiresAt, now)}</span>
      </a>
    </li>
  );
}

function Looked() {
  const { at } = inbox.value ?? {};
  if (missed.value > 0)
    return (
      <Notice tone="warn" word={at === undefined ? words.value.never : words.value.missed(clockText(at))}>
        <div class="row">
          <Button onClick={lookNow}>{words.value.lookNow}</Button>
        </div>
      </Notice>
    );
  return <p class="hint">{at === undefined ? words.value.looking : words.value.looked(clockText(at))}</p>;
}

export function InboxScreen() {
  const { title, none, noneMore, decided, unreadable, ring, ringHint, until } = words.value;
  const seen = inbox.value;
  const done = (seen?.items ?? []).filter((item) => item.decided);
  const urgent = emergencies.value.length;
  return (
    <Page title={urgent > 0 ? words.value.emergencies(urgent) : title}>
      <Looked />
      {seen !== undefined && seen.unreadable > 0 && <Notice tone="bad" word={unreadable(seen.unreadable)} />}
      {seen !== undefined && waiting.value.length === 0 && (
        <Empty title={none}>
          <p>{noneMore}</p>
        </Empty>
      )}
      {seen !== undefined && waiting.value.length > 0 && (
        <ul class="orders">
          {waiting.value.map((item) => (
            <Item key={item.caseId} item={item} now={seen.at} />
          ))}
        </ul>
      )}
      {seen !== undefined && done.length > 0 && (
        <section class="stack">
          <h2>{decided}</h2>
          <ul class="orders">
            {done.map((item) => (
              <Item key={item.caseId} item={item} now={seen.at} />
            ))}
          </ul>
        </section>
      )}
      <section class="stack">
        <Check label={ring} checked={rings.value} onChange={setRings} />
        <p class="hint">{ringHint}</p>
        {signedInUntil.value !== undefined && <p class="hint">{until(clockText(signedInUntil.value, false))}</p>}
      </section>
    </Page>
  );
}
