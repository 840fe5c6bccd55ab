// The clinic's own screen: whether it is registered, its card for the operator, and its keys for another desk. From there one
// comes to "About this app".

import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { AboutApp, AboutLink } from "../../shared/build/about.tsx";
import { doing } from "../../shared/doing.ts";
import { Button, Facts, Notice, Page } from "../../shared/ui/kit.tsx";
import { Qr } from "../../shared/ui/qr.tsx";
import { common } from "../../shared/words/common.ts";
import { checkRegistered, facts, registered, restartEvents } from "../desk.ts";
import { CopyButton, download, fileName } from "../files.tsx";
import { engine } from "../remote.ts";
import { NewPassphrase } from "./lock.tsx";
import { words } from "./words.ts";

const LOOK_EVERY_MS = 5_000;

function Registration() {
  const w = words.value;
  const card = useSignal<string | undefined>(undefined);
  const is = registered.value;
  useEffect(() => {
    engine.card().then((text) => {
      card.value = text;
    });
  }, []);
  useEffect(() => {
    if (is) return void restartEvents();
    const timer = setInterval(() => void checkRegistered(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [is]);
  const name = facts.value?.name ?? "";
  return (
    <section class="stack">
      {is === undefined && <p role="status">{w.checking}</p>}
      {is === false && (
        <Notice tone="warn" word={w.notYet}>
          <p>{w.notYetText}</p>
        </Notice>
      )}
      {is === true && (
        <Notice tone="good" word={w.registered}>
          <p>{w.registeredText}</p>
        </Notice>
      )}
      {is === true && (
        <a class="button primary" href="/">
          {w.toReception}
        </a>
      )}
      {card.value !== undefined && (
        <div class="row">
          <Button
            kind={is === false ? "primary" : "plain"}
            onClick={() => download(`${fileName(name)}-card.txt`, card.value!, "text/plain")}
          >
            {w.cardFile}
          </Button>
          <CopyButton text={card.value} label={w.cardCopy} />
        </div>
      )}
    </section>
  );
}

function AddDesk() {
  const w = words.value;
  const open = useSignal(false);
  const sealed = useSignal<string | undefined>(undefined);
  const make = async (passphrase: string): Promise<void> => {
    sealed.value = await doing(w.makingCode, () => engine.exportKeys(passphrase));
  };
  const close = (): void => {
    sealed.value = undefined;
    open.value = false;
  };
  return (
    <section class="stack">
      <h2>{w.addDesk}</h2>
      <p>{w.backupLead}</p>
      {!open.value && (
        <div class="row">
          <Button
            onClick={() => {
              open.value = true;
            }}
          >
            {w.addDesk}
          </Button>
        </div>
      )}
      {open.value && sealed.value === undefined && (
        <>
          <p>{w.addDeskLead}</p>
          <NewPassphrase action={w.makeCode} onDone={make} />
          <Button kind="link" onClick={close}>
            {common.value.cancel}
          </Button>
        </>
      )}
      {sealed.value !== undefined && (
        <>
          <Qr text={sealed.value} label={w.keysCode} />
          <div class="row">
            <Button
              onClick={() =>
                download(`${fileName(facts.value?.name ?? "")}-keys.symbolon-desk`, sealed.value!, "text/plain")
              }
            >
              {w.saveKeys}
            </Button>
            <Button kind="primary" onClick={close}>
              {w.hideCode}
            </Button>
          </div>
        </>
      )}
    </section>
  );
}

function Clinic() {
  const w = words.value;
  const known = facts.value!;
  const { required, maxStaleEpochs } = known.policy;
  return (
    <Page title={w.cardTitle(known.name)} wide>
      <div class="two">
        <div class="stack">
          <Registration />
          <Facts
            rows={[
              [w.clinicName, known.name],
              [
                w.policyNow,
                required.length === 0
                  ? w.policyNone
                  : required.map(({ attribute, accepted }) => `${attribute}: ${accepted.join(", ")}`).join("; "),
              ],
              [w.maxAge, w.maxAgeText(maxStaleEpochs)],
              [w.clinicId, <code key="id">{known.serviceId}</code>],
            ]}
          />
        </div>
        <AddDesk />
      </div>
      <AboutLink href="/about" />
    </Page>
  );
}

const About = () => <AboutApp check={() => engine.checkBuild()} />;

export const screens: Record<string, ComponentType> = { "/keys": Clinic, "/about": About };
