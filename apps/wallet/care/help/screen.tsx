// The help pages. They ask nobody and need no open wallet, so they work for somebody who stands before a locked or an empty app.

import { path } from "../../../shared/route.ts";
import { Button, Page } from "../../../shared/ui/kit.tsx";
import { common } from "../../../shared/words/common.ts";
import type { Chapter } from "./chapter.ts";
import { words } from "./words.ts";

const CHAPTERS = ["lost", "new", "no-phone", "limits"] as const;

export function HelpScreen() {
  const w = words.value;
  const [, , part] = path.value.split("/");
  const chapter = CHAPTERS.find((name) => name === part);
  if (chapter !== undefined) return <ChapterPage chapter={w[chapter]} all={w.all} />;
  return (
    <Page title={w.title}>
      <p>{w.intro}</p>
      <nav aria-label={w.title}>
        <ul class="list help-list">
          {CHAPTERS.map((name) => (
            <li key={name}>
              <a href={`/help/${name}`}>{w[name].title}</a>
            </li>
          ))}
        </ul>
      </nav>
      <p>
        <a href="/">{common.value.back}</a>
      </p>
      <h2>{w.more}</h2>
      <nav aria-label={w.more}>
        <ul class="list help-list">
          {(["care", "messages", "clinics"] as const).map((name) => (
            <li key={name}>
              <a href={`/${name}`}>{w.pages[name]}</a>
            </li>
          ))}
        </ul>
      </nav>
    </Page>
  );
}

function ChapterPage({ chapter: { title, intro, steps, parts }, all }: { chapter: Chapter; all: string }) {
  return (
    <Page title={title}>
      <p>{intro}</p>
      {steps.length > 0 && (
        <ol class="steps">
          {steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      )}
      {parts.map((part) => (
        <section key={part.title} class="stack-close">
          <h2>{part.title}</h2>
          <ul class="plain-list">
            {part.text.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </section>
      ))}
      <div class="row no-print">
        <a class="button plain" href="/help">
          {all}
        </a>
        <Button onClick={() => print()}>{common.value.print}</Button>
      </div>
    </Page>
  );
}
