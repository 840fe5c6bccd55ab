// What the wallet tells the person by itself, with what to do.

import { dayText } from "../../shared/language.ts";
import { Notice } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { overview } from "./phase.ts";
import { words } from "./words.ts";

/** The first day of a month. @param epoch (year − 1970)·12 + month */
const monthText = (epoch: number): string =>
  dayText(`${1970 + Math.floor(epoch / 12)}-${String((epoch % 12) + 1).padStart(2, "0")}-01`);

export function Alerts() {
  const { alerts } = words.value;
  return (
    <>
      {overview.value?.alerts.map((alert) => (
        <Notice key={alert.kind} tone="warn" word={common.value.careful}>
          <p>
            {"epoch" in alert
              ? alerts[alert.kind](monthText(alert.epoch))
              : "since" in alert
                ? alerts[alert.kind](dayText(alert.since))
                : alerts[alert.kind]}
          </p>
        </Notice>
      ))}
    </>
  );
}
