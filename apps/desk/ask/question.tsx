// The question: what, why, which law, how far back. And the emergency, which is three taps and needs no reading.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { doing } from "../../shared/doing.ts";
import { go, path } from "../../shared/route.ts";
import { Button, Check, Choices, Field, Notice, Page, Reach, Select, TextArea } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { visits } from "../desk.ts";
import type { AskRequest, CaseView } from "../engine/ask.ts";
import { engine } from "../remote.ts";
import { asText, loadRequester, missingStep, requester } from "./requester.tsx";
import { words } from "./words.ts";

const MONTHS = ["1", "3", "12", "36"];
const EMERGENCY_MONTHS = 12;

async function send(request: AskRequest): Promise<void> {
  const made = await doing<CaseView>(words.value.asking, () => engine.ask(request));
  if (made) go(`/case/${made.caseId}`, { replace: true });
}

const tidOf = (tagHash: string): string => visits.value.find((one) => one.tagHash === tagHash)?.tid ?? "";

/** @param tagHash of the visit; without it, the question is about a person by number */
export function Question({ tagHash }: { tagHash: string | undefined }) {
  const w = words.value;
  const kind = useSignal<AskRequest["kind"]>(tagHash === undefined ? "assemble" : "link");
  const selector = useSignal("");
  const purpose = useSignal("");
  const law = useSignal(w.laws[1]!);
  const months = useSignal("12");
  const own = useSignal(false);
  const emergency = useSignal(false);
  const missing = missingStep();
  if (missing) return missing;
  const ready = purpose.value.trim() !== "" && (tagHash !== undefined || selector.value.trim() !== "");
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!ready) return;
    void send({
      kind: kind.value,
      ...(tagHash === undefined ? { selector: selector.value } : { tagHash }),
      purpose: purpose.value.trim(),
      legalGround: law.value,
      months: Number(months.value),
      emergency: emergency.value,
      ownClinicOnly: own.value,
    });
  };
  const options = (tagHash === undefined ? ["assemble"] : ["link", "trace"]).map((value) => ({
    value,
    text: w.kinds[value]!,
  }));
  return (
    <Page title={w.title}>
      <p class="hint">{asText(requester.value!)}</p>
      {tagHash !== undefined && <p>{w.aboutVisit(tidOf(tagHash))}</p>}
      <form class="stack" onSubmit={submit}>
        {options.length > 1 && (
          <Choices
            legend={w.what}
            name="kind"
            value={kind.value}
            options={options}
            onChoose={(value) => {
              kind.value = value as AskRequest["kind"];
            }}
          />
        )}
        {tagHash === undefined && (
          <Field
            label={w.selector}
            required
            autocomplete="off"
            onInput={(text) => {
              selector.value = text;
            }}
          />
        )}
        <TextArea
          label={w.purpose}
          hint={w.purposeHint}
          required
          maxLength={500}
          onInput={(text) => {
            purpose.value = text;
          }}
        />
        <Select
          label={w.law}
          value={law.value}
          options={w.laws.map((text) => ({ value: text, text }))}
          onChoose={(text) => {
            law.value = text;
          }}
        />
        {kind.value !== "trace" && (
          <>
            <Select
              label={w.months}
              value={months.value}
              options={MONTHS.map((value) => ({ value, text: w.monthsOf(Number(value)) }))}
              onChoose={(value) => {
                months.value = value;
              }}
            />
            <Check
              label={w.ownOnly}
              checked={own.value}
              onChange={(on) => {
                own.value = on;
              }}
            />
          </>
        )}
        <Check
          label={w.isEmergency}
          checked={emergency.value}
          onChange={(on) => {
            emergency.value = on;
          }}
        />
        <Reach>
          <Button kind="primary" type="submit" off={!ready}>
            {w.ask}
          </Button>
        </Reach>
      </form>
    </Page>
  );
}

export function Emergency() {
  const w = words.value;
  const [, , tagHash = ""] = path.value.split("/");
  const chosen = useSignal<number | undefined>(undefined);
  useEffect(() => void loadRequester(), []);
  const ask = (): void => {
    void send({
      kind: "link",
      tagHash,
      purpose: w.reasons[chosen.value!]![2],
      legalGround: w.emergencyLaw,
      months: EMERGENCY_MONTHS,
      emergency: true,
    });
  };
  const known = requester.value;
  if (known !== undefined && !known?.certified)
    return (
      <Page title={w.emergency}>
        <Notice tone="bad" word={common.value.careful}>
          <p>{w.noRequester}</p>
          <p>
            <a href="/ask">{w.noRequesterGo}</a>
          </p>
        </Notice>
        <p>{w.call}</p>
      </Page>
    );
  return (
    <Page title={w.emergency}>
      <div class="urgent">
        {chosen.value === undefined ? (
          w.reasons.map(([sign, text], i) => (
            <button
              key={sign}
              type="button"
              onClick={() => {
                chosen.value = i;
              }}
            >
              <span class="sign" aria-hidden="true">
                {sign}
              </span>
              {text}
            </button>
          ))
        ) : (
          <>
            <button type="button" class="go" onClick={ask} ref={(button) => button?.focus()}>
              {w.go}
            </button>
            <Button
              onClick={() => {
                chosen.value = undefined;
              }}
            >
              {common.value.back}
            </Button>
          </>
        )}
      </div>
      <p class="hint">{w.call}</p>
    </Page>
  );
}
