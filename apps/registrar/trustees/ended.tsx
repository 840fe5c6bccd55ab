// How a run of the trustees ended, in plain words: who complains of whom, who did not answer, and what people must do.

import { Notice } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { RunEnd } from "../engine/ceremony.ts";
import { ended } from "./run.ts";
import { words } from "./words.ts";

function Complaints({ complaints }: Extract<RunEnd, { end: "complaint" }>) {
  const w = words.value;
  return (
    <Notice tone="bad" word={w.complaint}>
      <ul>
        {complaints.map(({ accuser, accused, reason }) => (
          <li key={`${accuser} ${accused}`}>
            {w.complains(w.trustee(accuser), w.trustee(accused))} {reason === "unreadable" ? w.unreadable : w.unfit}
          </li>
        ))}
      </ul>
      <p>{w.settle}</p>
    </Notice>
  );
}

function Stopped({ stops }: Extract<RunEnd, { end: "stopped" }>) {
  const w = words.value;
  return (
    <Notice tone="warn" word={w.stopped}>
      {stops.length === 0 && <p>{w.locked}</p>}
      {stops.map(({ trustee, why, detail }) => (
        <p key={trustee}>
          {w.why[why](w.trustee(trustee))}
          {why === "said" && (
            <>
              {" "}
              <span class="code-text" lang="en">
                {detail}
              </span>
            </>
          )}
        </p>
      ))}
    </Notice>
  );
}

export function Ended() {
  const w = words.value;
  const how = ended.value;
  if (how === undefined) return null;
  if (how.end === "complaint") return <Complaints {...how} />;
  if (how.end === "stopped") return <Stopped {...how} />;
  return (
    <Notice tone="good" word={common.value.good}>
      <p>{w.made}</p>
    </Notice>
  );
}
