// The number of the running build, to compare with the published one, and what this proves and does not.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Notice, Page } from "../../shared/ui/kit.tsx";
import { words } from "./words.ts";

const hash = signal<string | "missing" | undefined>(undefined);

async function readHash(): Promise<string> {
  try {
    const answer = await fetch("/build.json", { cache: "no-store" });
    const { hash: read } = (await answer.json()) as { hash?: unknown };
    return typeof read === "string" && /^[0-9a-f]{64}$/.test(read) ? read : "missing";
  } catch {
    return "missing";
  }
}

export function VersionScreen() {
  const w = words.value;
  useEffect(() => {
    void readHash().then((read) => {
      hash.value = read;
    });
  }, []);
  return (
    <Page title={w.versionTitle}>
      <h2>{w.hashTitle}</h2>
      {hash.value === undefined && <p role="status">{w.readingHash}</p>}
      {hash.value === "missing" && <Notice tone="bad" word={w.hashMissing} />}
      {hash.value !== undefined && hash.value !== "missing" && (
        <code class="build" dir="ltr">
          {hash.value.match(/.{4}/g)!.join(" ")}
        </code>
      )}
      <p>{w.hashMore}</p>
      <p>{w.proves}</p>
      <p>{w.provesNot}</p>
      <p>{w.notLogged}</p>
    </Page>
  );
}
