// How a visit looks everywhere at the desk: its half of the disc, its letters, and what the patient showed.

import { Disc } from "../../shared/ui/disc.tsx";
import { Tid } from "../../shared/ui/kit.tsx";
import type { VisitView } from "../engine/reception.ts";
import { words as desk } from "../words.ts";
import { words } from "./words.ts";

const MARKED = new Set(["standard", "extended", "adult", "senior", "child"]);

/** What the patient showed, in words. The colour tells a pass of this month from an older one. */
export function Shown({ visit }: { visit: VisitView }) {
  const { values } = words.value;
  const { thisMonth, lastMonth, olderPass, nothingShown } = desk.value;
  const shown = Object.entries(visit.shown);
  const age = visit.passAge === 0 ? thisMonth : visit.passAge === 1 ? lastMonth : olderPass(String(visit.passAge));
  return (
    <ul class="shown">
      <li class={visit.passAge === 0 ? "good" : "warn"}>
        <span aria-hidden="true">{visit.passAge === 0 ? "✓ " : "! "}</span>
        {age}
      </li>
      {shown.map(([name, value]) => (
        <li key={name} class={MARKED.has(value) ? value : undefined}>
          {values[name] ?? name}: <strong>{values[value] ?? value}</strong>
        </li>
      ))}
      {shown.length === 0 && <li>{nothingShown}</li>}
    </ul>
  );
}

export const HalfDisc = ({ visit, small = false }: { visit: VisitView; small?: boolean }) => (
  <Disc mark={visit.mark} side="right" small={small} label={desk.value.visitHalf(visit.tid)} />
);

export const Letters = ({ tid }: { tid: string }) => <Tid tid={tid} />;
