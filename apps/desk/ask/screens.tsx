// The screens of asking: the list of questions, a new one, an emergency, one case.

import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { timeText } from "../../shared/language.ts";
import { path } from "../../shared/route.ts";
import { Button, Empty, Page } from "../../shared/ui/kit.tsx";
import type { CaseView } from "../engine/ask.ts";
import { engine } from "../remote.ts";
import { Case } from "./case.tsx";
import { Emergency, Question } from "./question.tsx";
import { asText, loadRequester, missingStep, requester } from "./requester.tsx";
import { words } from "./words.ts";

function List() {
  const w = words.value;
  const cases = useSignal<readonly CaseView[] | undefined>(undefined);
  useEffect(() => {
    void engine.cases().then((all) => {
      cases.value = all;
    });
  }, []);
  const missing = missingStep();
  if (missing) return missing;
  const remove = async (caseId: string): Promise<void> => {
    await engine.removeCase(caseId);
    cases.value = cases.value?.filter((one) => one.caseId !== caseId);
  };
  return (
    <Page title={w.title}>
      <p>{w.lead}</p>
      <p class="hint">{asText(requester.value!)}</p>
      <div class="row">
        <a class="button" href="/ask/person">
          {w.newPerson}
        </a>
      </div>
      {cases.value?.length === 0 && (
        <Empty title={w.none}>
          <p>{w.noneHint}</p>
        </Empty>
      )}
      {cases.value !== undefined && cases.value.length > 0 && (
        <>
          <h2>{w.past}</h2>
          <ul class="list visits">
            {cases.value.map((one) => (
              <li key={one.caseId}>
                <a href={`/case/${one.caseId}`}>{w.caseTitles[one.kind]}</a>
                <span dir="auto">{one.purpose}</span>
                <span class="hint">{timeText(one.askedAt)}</span>
                {one.emergency && <span class="tag">{w.emergency}</span>}
                <Button kind="link" onClick={() => remove(one.caseId)}>
                  {w.remove}
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
    </Page>
  );
}

function Ask() {
  useEffect(() => void loadRequester(), []);
  const [, , about] = path.value.split("/");
  if (about === undefined || about === "") return <List />;
  return <Question key={about} tagHash={about === "person" ? undefined : about} />;
}

export const screens: Record<string, ComponentType> = { "/ask": Ask, "/emergency": Emergency, "/case": Case };
