// The screens of sharing: the person's links, a new one, and one of them.

import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { timeText } from "../../shared/language.ts";
import { go, path } from "../../shared/route.ts";
import { Button, Empty, Page, Reach } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { ShareView } from "../engine/share.ts";
import { ShareLinkScreen } from "./link.tsx";
import { NewShare } from "./new.tsx";
import { chosen, lookAtShares, shares } from "./state.ts";
import { words } from "./words.ts";
import "./share.css";

function Line({ share }: { share: ShareView }) {
  const w = words.value;
  const stateText = share.state === "live" ? w.opensUntil(timeText(share.expires)) : w.states[share.state];
  const open = (): void => {
    chosen.value = share.made;
  };
  return (
    <li class="share-line">
      <div>
        {/* The address names no link: what a server could see must tell nothing. */}
        <a href="/share/link" onClick={open} dir="auto">
          {share.label}
        </a>
        <p class="hint">{w.whats[share.what]}</p>
      </div>
      <span class="tag">{stateText}</span>
    </li>
  );
}

function ShareList() {
  const w = words.value;
  const list = shares.value;
  return (
    <Page title={w.title}>
      <p>{w.intro}</p>
      {list === undefined && <p class="hint">{common.value.working}</p>}
      {list?.length === 0 && (
        <Empty title={w.noneTitle}>
          <p>{w.none}</p>
        </Empty>
      )}
      {list !== undefined && list.length > 0 && (
        <section class="stack">
          <h2>{w.yourLinks}</h2>
          <ul class="list">
            {list.map((share) => (
              <Line key={share.made} share={share} />
            ))}
          </ul>
        </section>
      )}
      <Reach>
        <Button kind="primary" onClick={() => go("/share/new")}>
          {w.start}
        </Button>
      </Reach>
    </Page>
  );
}

function Share() {
  useEffect(() => void lookAtShares(), [path.value]);
  switch (path.value.split("/")[2]) {
    case "new":
      return <NewShare />;
    case "link":
      return <ShareLinkScreen />;
    default:
      return <ShareList />;
  }
}

export const screens: Record<string, ComponentType> = { "/share": Share };
