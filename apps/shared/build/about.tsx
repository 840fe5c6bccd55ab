// "About this app": which build runs here, and whether the public log has it. A fault of the network and a build that
// nobody published are different news, and each says what to do. On a patient's phone the check waits for a tap, because the
// log's operator sees when a phone reads it.

import "./about.css";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { busy, loading } from "../doing.ts";
import { dayText, isolated, language } from "../language.ts";
import { RemoteError } from "../remote.ts";
import { Button, Facts, Notice, Page, type Tone } from "../ui/kit.tsx";
import { common } from "../words/common.ts";
import type { BuildReport, PublishedView } from "./check.ts";
import { words } from "./words.ts";

type State = BuildReport["verdict"] | "unreachable" | "broken";
interface Found {
  state: State;
  report?: BuildReport;
}

/** The app's own files are no build, or nobody can say whose signature counts. */
const STATES: Readonly<Record<string, State>> = {
  "bad-build": "other",
  "no-admin-key": "none",
  "log-broken": "broken",
  "bad-log-key": "broken",
};
const TONES: Record<State, Tone> = {
  current: "good",
  older: "warn",
  other: "bad",
  none: "warn",
  unreachable: "warn",
  broken: "bad",
};

const found = signal<Found | undefined>(undefined);

async function look(check: () => Promise<BuildReport>): Promise<void> {
  await loading(words.value.checking, async () => {
    found.value = undefined;
    try {
      const report = await check();
      found.value = { state: report.verdict, report };
    } catch (cause) {
      const code = cause instanceof RemoteError ? cause.code : undefined;
      found.value = { state: STATES[code ?? ""] ?? "unreachable" };
    }
  });
}

const numberText = (n: number): string => new Intl.NumberFormat(language.value).format(n);
const published = ({ version, source, at }: PublishedView): string =>
  words.value.published(numberText(version), isolated(source), dayText(at));

/** The number of a build in groups of four, to read aloud. It runs from left to right in every language. */
const BuildNumber = ({ hash }: { hash: string }) => (
  <code class="build" dir="ltr">
    {hash.match(/.{4}/g)!.join(" ")}
  </code>
);

function Result({ state, report }: Found) {
  const w = words.value;
  const { word, text } = w.states[state];
  const here = report?.found;
  const newest = report?.newest;
  return (
    <>
      <Notice tone={TONES[state]} word={word}>
        <p>{text}</p>
      </Notice>
      {report !== undefined && (
        <Facts
          rows={[
            [w.here, here === undefined ? w.unknown : published(here)],
            ...(newest !== undefined && state !== "current" ? [[w.newest, published(newest)] as const] : []),
          ]}
        />
      )}
      {report !== undefined && (
        <details class="stack">
          <summary>{w.numbers}</summary>
          <p>{w.numberMore}</p>
          <h2>{w.here}</h2>
          <BuildNumber hash={report.hash} />
          {newest !== undefined && newest.hash !== report.hash && (
            <>
              <h2>{w.newest}</h2>
              <BuildNumber hash={newest.hash} />
            </>
          )}
        </details>
      )}
    </>
  );
}

/** @param check of the app's worker: `checkOwnBuild` @param waits the check begins with a tap, and not with the screen */
export function AboutApp({ check, waits = false }: { check: () => Promise<BuildReport>; waits?: boolean }) {
  const w = words.value;
  useEffect(() => {
    found.value = undefined;
    if (!waits) void look(check);
  }, []);
  return (
    <Page title={w.title}>
      <div class="stack" aria-live="polite">
        {found.value !== undefined && <Result {...found.value} />}
      </div>
      {waits && <p class="hint">{w.hint}</p>}
      <div class="row">
        <Button kind={waits ? "primary" : "plain"} off={busy.value !== undefined} onClick={() => look(check)}>
          {found.value === undefined ? w.compare : common.value.tryAgain}
        </Button>
      </div>
      <section class="stack">
        <h2>{w.limitsTitle}</h2>
        <p>{w.shows}</p>
        <p>{w.showsNot}</p>
        <p>{w.outside}</p>
        <code class="outside" dir="ltr">
          symbolon log builds {location.origin}
        </code>
      </section>
    </Page>
  );
}

/** The way to the screen. */
export const AboutLink = ({ href }: { href: string }) => <a href={href}>{words.value.title}</a>;
