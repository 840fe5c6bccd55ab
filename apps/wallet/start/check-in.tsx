// Check in: the clinic's code, what it would see, one button, and the half disc that the desk's half fits.

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { busy, doing, fault } from "../../shared/doing.ts";
import { isolated, timeText } from "../../shared/language.ts";
import { go } from "../../shared/route.ts";
import { Disc } from "../../shared/ui/disc.tsx";
import { Button, Notice, Page, Reach, Tid } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { messagesHref } from "../care/links.ts";
import type { OfferView, VisitView } from "../engine/check-in.ts";
import { engine } from "../remote.ts";
import { Alerts } from "./alerts.tsx";
import { words as visitWords } from "./check-in-words.ts";
import { invitationIn } from "./codes.ts";
import { givenInvitation, look, overview } from "./phase.ts";
import type { SayProps } from "./say.tsx";
import { Scanner } from "./scanner.tsx";

const offer = signal<OfferView | undefined>(undefined);
/** the visit on the screen. It stands in no address, because a browser keeps those */
export const shownVisit = signal<string | undefined>(undefined);
/** the check-in as text, for the clinic to take */
const handed = signal<string | undefined>(undefined);

async function read(text: string): Promise<void> {
  givenInvitation.value = undefined;
  offer.value = await doing(visitWords.value.waitRead, () => engine.readVisit(text));
}

const shownOf = ({ attribute, value }: { attribute: string; value: string }): string => {
  const { attributes, values } = visitWords.value;
  return `${attributes[attribute] ?? attribute}: ${values[value] ?? value}`;
};

/** Who asks, what they would see, and one button. */
function Offer({ asked }: { asked: OfferView }) {
  const w = visitWords.value;
  const [isUnanswered, setUnanswered] = useState(false);
  const away = (): void => {
    offer.value = undefined;
    fault.value = undefined;
  };
  const show = async (visit: VisitView, text?: string): Promise<void> => {
    offer.value = undefined;
    handed.value = text;
    await look();
    shownVisit.value = visit.tagHash;
    go("/visit");
  };
  const agree = async (): Promise<void> => {
    const visit = await doing(w.waitCheckIn, () => engine.checkIn());
    if (visit) await show(visit);
    else if (fault.value?.code === "unreachable") {
      fault.value = undefined; // this screen says it, with both ways on
      setUnanswered(true);
    }
  };
  const give = (): Promise<unknown> =>
    doing(w.waitHandOver, async () => {
      const { visit, text } = await engine.handOver();
      await show(visit, text);
    });
  return (
    <Page title={w.asks(isolated(asked.clinic))}>
      {(asked.offline || isUnanswered) && (
        <Notice tone="warn" word={common.value.offline}>
          <p>{isUnanswered ? w.unanswered : w.offlineKnown}</p>
        </Notice>
      )}
      <section class="seen">
        <h2>{w.willSee}</h2>
        <ul>
          {asked.shows.map((shown) => (
            <li key={shown.attribute}>{shownOf(shown)}</li>
          ))}
          <li>{asked.shows.length === 0 ? w.onlyRegistered : w.alsoRegistered}</li>
          {asked.passAge > 0 && <li>{w.oldPass(asked.passAge)}</li>}
        </ul>
      </section>
      <section class="unseen">
        <h2>{w.willNotSee}</h2>
        <ul>
          {w.hidden.map((hidden) => (
            <li key={hidden}>{hidden}</li>
          ))}
        </ul>
      </section>
      {asked.passAge > 1 && (
        <Notice tone="warn" word={common.value.careful}>
          <p>{w.veryOldPass}</p>
        </Notice>
      )}
      {!asked.inLog && <p class="hint">{w.notInLog}</p>}
      {asked.left <= 3 && <p class="hint">{w.left(asked.left)}</p>}
      <Reach>
        {asked.offline || isUnanswered ? (
          <>
            <Button kind={isUnanswered ? "plain" : "primary"} off={busy.value !== undefined} onClick={give}>
              {w.handOver}
            </Button>
            {isUnanswered && (
              <Button kind="primary" off={busy.value !== undefined} onClick={agree}>
                {common.value.tryAgain}
              </Button>
            )}
          </>
        ) : (
          <Button kind="primary" off={busy.value !== undefined} onClick={agree}>
            {w.checkIn}
          </Button>
        )}
        <Button kind="link" onClick={away}>
          {w.notNow}
        </Button>
      </Reach>
    </Page>
  );
}

/** The first screen: scan the clinic's code. */
export function CheckIn() {
  const w = visitWords.value;
  const [SayWords, setSayWords] = useState<ComponentType<SayProps> | undefined>();
  const given = givenInvitation.value;
  useEffect(() => {
    if (given !== undefined) void read(given);
  }, [given]);
  const asked = offer.value;
  if (asked) return <Offer asked={asked} />;
  if (SayWords)
    return (
      <SayWords
        onBack={() => setSayWords(undefined)}
        onFound={(text) => {
          setSayWords(undefined);
          void read(text);
        }}
      />
    );
  const bySix = (): Promise<unknown> =>
    doing(common.value.working, async () => {
      const { SayWords: screen } = await import("./say.tsx");
      setSayWords(() => screen);
    });
  const last = overview.value?.sessions.at(-1);
  const needsWords = overview.value?.sessions.length !== 0 && overview.value?.wordsKept === false;
  return (
    <Page title={w.title}>
      <Alerts />
      <p>{w.how}</p>
      <Scanner
        read={invitationIn}
        found={(text) => void read(text)}
        action={w.scan}
        pasteLabel={w.pasted}
        pasteHint={w.pastedHint}
        nothing={w.nothing}
        other={<Button onClick={bySix}>{w.bySix}</Button>}
      >
        {needsWords && (
          <Notice word={w.keepWords}>
            <p>{w.keepWordsWhy}</p>
            <p>
              <a href="/words">{w.keepWordsNow}</a>
            </p>
          </Notice>
        )}
        {last && (
          <p>
            <a
              href="/visit"
              onClick={() => {
                shownVisit.value = last.tagHash;
                handed.value = undefined;
              }}
            >
              {w.lastVisit(isolated(last.serviceName))}
            </a>
          </p>
        )}
      </Scanner>
    </Page>
  );
}

function HandedOver({ text }: { text: string }) {
  const w = visitWords.value;
  const [isCopied, setCopied] = useState(false);
  return (
    <div class="stack">
      <Notice tone="warn" word={w.notYet}>
        <p>{w.giveToClinic}</p>
      </Notice>
      <div class="row">
        {typeof navigator.share === "function" && (
          <Button kind="primary" onClick={() => navigator.share({ text }).catch(() => {})}>
            {w.share}
          </Button>
        )}
        <Button onClick={() => navigator.clipboard.writeText(text).then(() => setCopied(true))}>
          {isCopied ? common.value.copied : common.value.copy}
        </Button>
      </div>
      <details>
        <summary>{w.showText}</summary>
        <p class="code small">{text}</p>
      </details>
    </div>
  );
}

/** One visit: its half disc fills the screen, and its name stands beneath. */
export function Visit() {
  const tagHash = shownVisit.value ?? overview.value?.sessions.at(-1)?.tagHash;
  const [visit, setVisit] = useState<VisitView | undefined>();
  const w = visitWords.value;
  useEffect(() => {
    if (tagHash !== undefined) void engine.visit(tagHash).then(setVisit);
  }, [tagHash]);
  if (!visit) return <Page title={w.visit}>{tagHash === undefined && <a href="/">{w.title}</a>}</Page>;
  const { state, openedAt, mark, tid, clinic } = visit;
  const text = handed.value;
  const title = state === "open" ? w.checkedIn : state === "recovered" ? w.earlier : w.notConfirmed;
  return (
    <Page title={title}>
      <p>
        {isolated(clinic)}
        {openedAt !== undefined && `, ${timeText(openedAt)}`}
      </p>
      {text !== undefined && <HandedOver text={text} />}
      <div class="visit">
        {mark !== undefined && <Disc mark={mark} side="left" label={w.disc} />}
        <Tid tid={tid} />
        <p class="hint">{mark === undefined ? w.sayThis : w.showThis}</p>
      </div>
      {text === undefined && state === "prepared" && (
        <Notice tone="warn" word={w.notConfirmed}>
          <p>{visit.handedOver ? w.waitsAtClinic : w.noAnswerYet}</p>
        </Notice>
      )}
      {state === "refused" && (
        <Notice tone="bad" word={common.value.wrong}>
          <p>{w.refused}</p>
        </Notice>
      )}
      {(state === "open" || state === "recovered") && (
        <p>
          <a href={messagesHref(tid)}>{w.messages}</a>
        </p>
      )}
      {visit.hasCard && (
        <p>
          <a href="/card">{w.printCard}</a>
        </p>
      )}
      <Reach>
        <Button
          onClick={() => {
            handed.value = undefined;
            go("/");
          }}
        >
          {common.value.close}
        </Button>
      </Reach>
    </Page>
  );
}
