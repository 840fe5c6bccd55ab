// What the officers of all trustees did about an order, one line each.

import type { CaseProgress } from "../../../client/officer.ts";
import { language } from "../../shared/language.ts";
import { clockText } from "../inbox/screen.tsx";
import { place } from "../state.ts";
import { words as shared } from "../words.ts";
import { words } from "./words.ts";

export function Quorum({ progress }: { progress: CaseProgress }) {
  const w = words.value;
  const { trustee: own, trustees } = place.value ?? { trustee: 0, trustees: 0 };
  const { decisions, needed } = progress;
  const approvals = decisions.filter(({ decision }) => decision === "approve").length;
  const number = new Intl.NumberFormat(language.value);
  return (
    <section class="stack" aria-live="polite">
      <h2>{w.officers}</h2>
      <p>{w.count(number.format(approvals), number.format(needed))}</p>
      <ul class="quorum">
        {Array.from({ length: trustees }, (_, i) => i + 1).map((trustee) => {
          const made = decisions.find((one) => one.trustee === trustee);
          const approved = made?.decision === "approve";
          const said = approved ? shared.value.approved : shared.value.refused;
          return (
            <li key={trustee}>
              <span class="sign" aria-hidden="true">
                {made === undefined ? "·" : approved ? "✓" : "✕"}
              </span>
              <span>
                <strong>
                  {shared.value.trustee(trustee)}
                  {trustee === own && ` (${shared.value.yours})`}
                </strong>
                {": "}
                {made === undefined ? w.waits : w.saidAt(said, clockText(made.at, false))}
                {made !== undefined && made.reason !== "" && (
                  <span class="line hint" dir="auto">
                    “{made.reason}”
                  </span>
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
