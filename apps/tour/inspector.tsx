// Who knows what after a step, and the rows behind it.

import { type FreshTable, type Scene, STEPS, type Step } from "./scene.ts";
import { words } from "./words.ts";

function Rows({ holder, table, columns, rows, earlier, others }: FreshTable) {
  const { holders, others: othersText, age, isNew, isEarlier } = words.value;
  const name = `${holders[holder]} · ${table.slice(0, 24)}`;
  return (
    <div class="stack">
      <h3>{name}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section class="rows" tabIndex={0} aria-label={name}>
        <table>
          <thead>
            <tr>
              <th scope="col">{age}</th>
              {columns.map((column) => (
                <th key={column} scope="col" lang="en">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...rows, ...earlier].map((row, i) => (
              <tr key={row.join()} class={i < rows.length ? "new" : undefined}>
                <th scope="row">{i < rows.length ? isNew : isEarlier}</th>
                {row.map((cell, i) => (
                  <td key={columns[i]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {others > 0 && <p class="hint">{othersText(others)}</p>}
    </div>
  );
}

/** An officer sees the same as long as no order waits, while it waits, and after it. */
const officerPhase = (step: Step): "before" | "order" | "opened" => {
  const at = STEPS.indexOf(step);
  if (at < STEPS.indexOf("order")) return "before";
  return at < STEPS.indexOf("approveSecond") ? "order" : "opened";
};

export function Inspector({ scene, step }: { scene: Scene; step: Step }) {
  const { knows, clinicKnows, registrarKnows, officerSees, operatorSees, operatorIs, inspect, inspectHint, noRows } =
    words.value;
  const { steps, officerSeen } = words.value;
  const { clinic, registrar, operator } = steps[step];
  return (
    <>
      <section class="knowing" aria-label={knows}>
        {[
          [clinicKnows, clinic],
          [registrarKnows, registrar],
          [officerSees, officerSeen[officerPhase(step)]],
          [operatorSees, operator, operatorIs],
        ].map(([who, what, about]) => (
          <div key={who}>
            <h2>{who}</h2>
            <p>{what}</p>
            {about !== undefined && step === "begin" && <p class="hint">{about}</p>}
          </div>
        ))}
      </section>
      {step !== "begin" && (
        <details>
          <summary>{inspect}</summary>
          <div class="stack">
            <p class="hint">{scene.tables.length === 0 ? noRows : inspectHint}</p>
            {scene.tables.map((table) => (
              <Rows key={`${table.holder}/${table.table}`} {...table} />
            ))}
          </div>
        </details>
      )}
    </>
  );
}
