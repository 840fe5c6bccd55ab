// A new phone, one question a screen: the desk's code, the lock, and "Is this you?".

import { useState } from "preact/hooks";
import { busy, doing, fault } from "../../shared/doing.ts";
import { dayText } from "../../shared/language.ts";
import type { Opener } from "../../shared/locker.ts";
import { Button, Facts, Notice, Page, Reach } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import type { PersonView } from "../engine/core.ts";
import { engine } from "../remote.ts";
import { enrolmentCodeIn } from "./codes.ts";
import { ChooseLock } from "./lock.tsx";
import { create, givenCode, look, overview, phase } from "./phase.ts";
import { Scanner } from "./scanner.tsx";
import { TypeWords } from "./type-words.tsx";
import { words } from "./words.ts";

function AskCode({ onRestore }: { onRestore: (() => void) | undefined }) {
  const w = words.value;
  return (
    <Page title={w.codeTitle}>
      <p>{w.codeWhere}</p>
      <Scanner
        read={enrolmentCodeIn}
        found={(code) =>
          void doing(common.value.working, async () => {
            await engine.checkCode(code);
            givenCode.value = code;
          })
        }
        action={w.scanDesk}
        pasteLabel={w.codeTyped}
        pasteHint={w.codeTypedHint}
        nothing={w.codeNothing}
      >
        {onRestore && (
          <Button kind="link" onClick={onRestore}>
            {w.haveWords}
          </Button>
        )}
      </Scanner>
    </Page>
  );
}

function AskPerson({ person, onDeclined }: { person: PersonView; onDeclined: () => void }) {
  const w = words.value;
  const yes = (): Promise<unknown> =>
    doing(w.waitEnrol, async () => {
      const { restoring } = await engine.confirmRecord(person.caution === "no-earlier-phone");
      if (restoring) await engine.recover().catch(() => 0); // it can be done later, under More
      givenCode.value = undefined;
      await look();
    });
  const no = (): Promise<unknown> =>
    doing(common.value.working, async () => {
      await engine.declineRecord();
      givenCode.value = undefined;
      onDeclined();
    });
  return (
    <Page title={w.isThisYou}>
      <p class="huge">{person.name ?? w.noName}</p>
      <Facts
        rows={[
          [w.born, person.birthDate === undefined ? "—" : dayText(person.birthDate)],
          [w.number, <span class="code">{person.selector}</span>],
        ]}
      />
      {person.caution !== undefined && (
        <Notice tone="warn" word={common.value.careful}>
          <p>{w.cautions[person.caution]}</p>
        </Notice>
      )}
      <Reach>
        <Button kind="primary" off={busy.value !== undefined} onClick={yes}>
          {w.thisIsMe}
        </Button>
        <Button off={busy.value !== undefined} onClick={no}>
          {w.notMe}
        </Button>
      </Reach>
    </Page>
  );
}

function Declined({ onAgain }: { onAgain: () => void }) {
  const w = words.value;
  return (
    <Page title={w.declinedTitle}>
      <p>{w.declined}</p>
      <Reach>
        <Button kind="primary" onClick={onAgain}>
          {w.scanDesk}
        </Button>
      </Reach>
    </Page>
  );
}

/** Fetches the record of a code that the person gave. */
function Fetch({ code, onPerson }: { code: string; onPerson: (person: PersonView) => void }) {
  const w = words.value;
  const ask = (): Promise<unknown> => doing(w.waitRecord, async () => onPerson(await engine.askRecord(code)));
  return (
    <Page title={w.codeRead}>
      <p>{w.codeReadMore}</p>
      <Reach>
        <Button kind="primary" off={busy.value !== undefined} onClick={ask}>
          {w.showRecord}
        </Button>
        <Button
          onClick={() => {
            fault.value = undefined;
            givenCode.value = undefined;
          }}
        >
          {w.otherCode}
        </Button>
      </Reach>
    </Page>
  );
}

/** From the desk's code to an enrolled phone. A wallet that was restored, or whose enrolment broke off, comes here too. */
export function Enrol() {
  const [person, setPerson] = useState<PersonView | undefined>();
  const [isDeclined, setDeclined] = useState(false);
  const [isRestoring, setRestoring] = useState(false);
  const [oldWords, setOldWords] = useState<string | undefined>();
  const code = givenCode.value;

  const lock = (opener: Opener): Promise<unknown> =>
    doing(words.value.waitCreate, async () => {
      await create(opener, oldWords);
      const given = givenCode.value;
      if (given !== undefined) setPerson(await engine.askRecord(given));
    });

  if (isRestoring && oldWords === undefined)
    return <TypeWords onWords={setOldWords} onBack={() => setRestoring(false)} />;
  if (isDeclined) return <Declined onAgain={() => setDeclined(false)} />;
  if (code === undefined)
    return <AskCode onRestore={phase.value === "open" || isRestoring ? undefined : () => setRestoring(true)} />;
  if (overview.value === undefined)
    return (
      <ChooseLock
        onChosen={lock}
        onBack={() => {
          givenCode.value = undefined;
        }}
      />
    );
  if (person === undefined) return <Fetch code={code} onPerson={setPerson} />;
  return (
    <AskPerson
      person={person}
      onDeclined={() => {
        setPerson(undefined);
        setDeclined(true);
      }}
    />
  );
}
