// The tour: one story on the real system, with the four parties side by side, and one button. The worker plays a step when it is
// pressed. If a step fails, the button tries it again.

import { signal } from "@preact/signals";
import "./styles.css";
import { deployment } from "../shared/deployment.ts";
import { connect, type RemoteError } from "../shared/remote.ts";
import { startPage } from "../shared/start.tsx";
import { scriptUrl } from "../shared/trusted.ts";
import { Frame, sentenceOf } from "../shared/ui/frame.tsx";
import { Busy, Button, Empty, Notice, Page, Reach } from "../shared/ui/kit.tsx";
import type { Engine } from "./engine.ts";
import engineUrl from "./engine.ts?worker&url";
import { Inspector } from "./inspector.tsx";
import { Meeting, Panes } from "./panes.tsx";
import { emptyScene, type Scene, STEPS } from "./scene.ts";
import { words } from "./words.ts";

const { remote: engine } = connect<Engine>(new Worker(scriptUrl(engineUrl), { type: "module", name: "tour" }));

const scene = signal<Scene>(emptyScene());
/** index in STEPS of the step that is shown */
const at = signal(0);
const isReady = signal(false);
const isWorking = signal(false);
const failure = signal<RemoteError | undefined>(undefined);
/** addresses of the real apps, for the end */
const apps = signal<Record<keyof typeof words.value.apps, string> | undefined>(undefined);

async function act(run: () => Promise<void>): Promise<void> {
  if (isWorking.value) return;
  isWorking.value = true;
  failure.value = undefined;
  try {
    await run();
  } catch (cause) {
    failure.value = cause as RemoteError;
  } finally {
    isWorking.value = false;
  }
}

const begin = (): Promise<void> =>
  act(async () => {
    scene.value = await engine.begin();
    at.value = 0;
    isReady.value = true;
  });
const next = (): Promise<void> =>
  act(async () => {
    scene.value = await engine.play(STEPS[at.value + 1]!);
    at.value += 1;
  });

async function readApps(): Promise<void> {
  const { walletUrl, deskUrl, officerUrls, registrarDeskUrl } = await deployment();
  apps.value = { wallet: walletUrl, desk: deskUrl, officer: officerUrls[0]!, registrar: registrarDeskUrl };
}

function Apps() {
  const { appsTitle, apps: names } = words.value;
  if (apps.value === undefined) return null;
  return (
    <>
      <h2>{appsTitle}</h2>
      <ul>
        {Object.entries(apps.value).map(([app, url]) => (
          <li key={app}>
            <a href={url}>{names[app as keyof typeof names]}</a>
          </li>
        ))}
      </ul>
    </>
  );
}

function Act() {
  const { next: nextWord, again, retry, starting, steps, failed, gone } = words.value;
  const isLast = at.value === STEPS.length - 1;
  const error = failure.value;
  const wait = isReady.value && !isLast ? steps[STEPS[at.value + 1]!].wait : starting;
  const press = isLast || !isReady.value ? begin : next;
  return (
    <Reach>
      {error && (
        <Notice tone="bad" word={failed}>
          <p>{error.status === 0 || error.kind === "TypeError" ? gone : sentenceOf(error)}</p>
        </Notice>
      )}
      {isWorking.value && <Busy words={wait} />}
      <Button kind="primary" onClick={press} off={isWorking.value}>
        {error ? retry : isLast ? again : nextWord}
      </Button>
    </Reach>
  );
}

function Tour() {
  const { name, noStageTitle, noStage, steps, place } = words.value;
  const step = STEPS[at.value]!;
  if (failure.value?.code === "no-stage")
    return (
      <Page title={name}>
        <Empty title={noStageTitle}>
          <p>{noStage}</p>
        </Empty>
      </Page>
    );
  return (
    <Page title={steps[step].title} wide>
      <div class="lead">
        <div>
          <p>{steps[step].text}</p>
          <p class="hint">{place(at.value + 1, STEPS.length)}</p>
        </div>
        <Meeting scene={scene.value} step={step} />
      </div>
      <Panes scene={scene.value} step={step} />
      <Inspector scene={scene.value} step={step} />
      {at.value === STEPS.length - 1 && <Apps />}
      <Act />
    </Page>
  );
}

/** The gallery of components is for tests and for those who draw the apps (shared/gallery). */
const isGallery = location.pathname.startsWith("/gallery");
const Screen = isGallery ? (await import("../shared/gallery/gallery.tsx")).Gallery : Tour;

function App() {
  return (
    <Frame name={words.value.name}>
      <Screen />
    </Frame>
  );
}

if (!isGallery) {
  void begin(); // before the page is drawn, so that Next waits from the first moment
  void readApps().catch(() => {}); // without it the end shows no links
}
startPage(App);
