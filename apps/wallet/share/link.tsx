// One link: the code to show, the passcode to say, how often it was opened, and its end.

import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { busy, doing } from "../../shared/doing.ts";
import { dayText, timeText } from "../../shared/language.ts";
import { go } from "../../shared/route.ts";
import { Button, Facts, Notice, Page } from "../../shared/ui/kit.tsx";
import { Qr } from "../../shared/ui/qr.tsx";
import { common } from "../../shared/words/common.ts";
import type { ShareUses, ShareView } from "../engine/share.ts";
import { engine } from "../remote.ts";
import { chosen, lookAtShares, shares } from "./state.ts";
import { words } from "./words.ts";

const SECONDS_PER_DAY = 86_400;

function Uses({ share }: { share: ShareView }) {
  const w = words.value;
  const told = useSignal<ShareUses | "none" | undefined>(undefined);
  const look = async (): Promise<void> => {
    told.value = undefined;
    told.value = await engine.shareUses(share.made).then(
      (uses) => uses ?? "none",
      () => "none",
    );
    await lookAtShares();
  };
  useEffect(() => void look(), [share.made]);
  const uses = told.value;
  if (uses === undefined)
    return (
      <p class="hint" role="status">
        {w.asking}
      </p>
    );
  return (
    <div class="stack" role="status">
      {uses === "none" ? (
        <p>{w.usesUnknown}</p>
      ) : (
        <Facts
          rows={[
            [w.opened, w.timesOf(uses.uses)],
            ...(uses.lastDay === null ? [] : [[w.lastOpened, dayText(uses.lastDay * SECONDS_PER_DAY)] as const]),
            ...(uses.remainingAttempts === null ? [] : [[w.attemptsLeft, String(uses.remainingAttempts)] as const]),
          ]}
        />
      )}
      <p class="hint">{w.usesHint}</p>
      <Button onClick={look}>{w.askAgain}</Button>
    </div>
  );
}

function Copy({ text }: { text: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <>
      <Button kind="primary" onClick={() => doing(common.value.working, copy)}>
        {words.value.copyLink}
      </Button>
      <span class="hint" role="status">
        {isCopied ? common.value.copied : ""}
      </span>
    </>
  );
}

function Live({ share }: { share: ShareView }) {
  const w = words.value;
  return (
    <>
      <Qr text={share.text} label={w.qr} />
      <p>{w.showOrSend}</p>
      <div class="row">
        <Copy text={share.text} />
      </div>
      {share.passcode !== undefined && (
        <section class="stack">
          <h2>{w.passcodeIs}</h2>
          <p class="share-passcode" dir="ltr">
            {`${share.passcode.slice(0, 3)} ${share.passcode.slice(3)}`}
          </p>
          <p>{w.passcodeApart}</p>
        </section>
      )}
      <section class="stack">
        <h2>{w.usesTitle}</h2>
        <Uses share={share} />
      </section>
    </>
  );
}

export function ShareLinkScreen() {
  const w = words.value;
  const share = shares.value?.find(({ made }) => made === chosen.value);
  if (share === undefined)
    return (
      <Page title={w.title}>
        <a href="/share">{w.backToList}</a>
      </Page>
    );
  const isOpen = share.state === "live" || share.state === "unsure";
  const end = (): Promise<unknown> =>
    doing(w.ending, async () => {
      await engine.endShare(share.made);
      await lookAtShares();
    });
  const forget = async (): Promise<void> => {
    await engine.forgetShare(share.made);
    await lookAtShares();
    go("/share");
  };
  return (
    <Page title={share.label}>
      <p>
        <a href="/share">{w.backToList}</a>
      </p>
      {share.state === "ended" && (
        <Notice tone="good" word={w.endedWord}>
          <p>{w.ended}</p>
        </Notice>
      )}
      {share.state === "over" && (
        <Notice word={w.overWord}>
          <p>{w.over}</p>
        </Notice>
      )}
      {share.state === "unsure" && (
        <Notice tone="warn" word={common.value.careful}>
          <p>{w.unsure}</p>
        </Notice>
      )}
      <Facts
        rows={[
          [w.shows, w.whats[share.what]],
          [w.until, timeText(share.expires)],
        ]}
      />
      {share.state === "live" && <Live share={share} />}
      {isOpen ? (
        <section class="stack">
          <h2>{w.endTitle}</h2>
          <p>{w.endHelp}</p>
          <Button kind="danger" off={busy.value !== undefined} onClick={end}>
            {w.end}
          </Button>
        </section>
      ) : (
        <Button onClick={forget}>{w.forget}</Button>
      )}
    </Page>
  );
}
