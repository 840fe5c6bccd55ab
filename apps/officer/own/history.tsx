// The decisions that this officer made, the newest first, and below them those of the trustee's other officers.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { loading } from "../../shared/doing.ts";
import { timeText } from "../../shared/language.ts";
import { Empty, Page } from "../../shared/ui/kit.tsx";
import type { HistoryItem } from "../engine.ts";
import { EmergencyMark } from "../inbox/screen.tsx";
import { engine } from "../remote.ts";
import { words as shared } from "../words.ts";
import { words } from "./words.ts";

const history = signal<readonly HistoryItem[] | undefined>(undefined);

function Item({ item }: { item: HistoryItem }) {
  const { decision, at, reason, order, caseId, own } = item;
  const approved = decision === "approve";
  const w = words.value;
  return (
    <li class="stack">
      <span>
        <strong>
          <span aria-hidden="true">{approved ? "✓" : "✕"}</span>{" "}
          {approved ? shared.value.approved : shared.value.refused}
        </strong>{" "}
        <span class="hint">{timeText(at)}</span>
      </span>
      {order?.emergency && <EmergencyMark />}
      {order === undefined ? (
        <span>{w.order(caseId.slice(0, 8))}</span>
      ) : (
        <a href={`/case/${caseId}`}>{shared.value.asks[order.kind](order.requester.name)}</a>
      )}
      {order !== undefined && <span dir="auto">{order.purpose}</span>}
      <span class="hint" dir="auto">
        {reason === "" ? w.noReason : own ? `${w.reason}: “${reason}”` : `“${reason}”`}
      </span>
    </li>
  );
}

export function HistoryScreen() {
  const w = words.value;
  useEffect(() => {
    void loading(w.reading, () => engine.history()).then((items) => {
      if (items !== undefined) history.value = items;
    });
  }, []);
  const items = history.value;
  const [own, others] = [items?.filter((one) => one.own), items?.filter((one) => !one.own)];
  return (
    <Page title={w.historyTitle}>
      <p>{w.historyMore}</p>
      {own?.length === 0 && (
        <Empty title={w.noHistory}>
          <p>{w.noHistoryMore}</p>
        </Empty>
      )}
      <ul class="list">
        {own?.map((item) => (
          <Item key={item.caseId} item={item} />
        ))}
      </ul>
      {others !== undefined && others.length > 0 && (
        <section class="stack">
          <h2>{w.byOthers}</h2>
          <ul class="list">
            {others.map((item) => (
              <Item key={item.caseId} item={item} />
            ))}
          </ul>
        </section>
      )}
    </Page>
  );
}
