// What this desk can and cannot do about openings. The protocol answers traces and tells people; the desk only explains.

import { Page } from "../../shared/ui/kit.tsx";
import { words } from "./words.ts";

export function Openings() {
  const w = words.value;
  return (
    <Page title={w.title}>
      <p>{w.lead}</p>
      {w.parts.map(({ title, lines }) => (
        <section key={title} class="stack">
          <h2>{title}</h2>
          {lines.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </section>
      ))}
    </Page>
  );
}
