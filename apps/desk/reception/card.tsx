// "Read a visit card": the patient brings the visit on paper. By camera, photo, or the letters under the code.

import { useSignal } from "@preact/signals";
import { busy, doing } from "../../shared/doing.ts";
import { timeText } from "../../shared/language.ts";
import { scanPicture } from "../../shared/scan.ts";
import { Button, Notice, TextArea } from "../../shared/ui/kit.tsx";
import { common } from "../../shared/words/common.ts";
import { arrival, visits } from "../desk.ts";
import type { CardTaken } from "../engine/cards.ts";
import { FileField, Scan } from "../files.tsx";
import { engine } from "../remote.ts";
import { cardIn } from "./card-text.ts";
import { words } from "./card-words.ts";
import { HalfDisc, Letters } from "./visit-parts.tsx";

/** The visit stands here too: it may well be the same person, who comes back to the desk. */
function Used({ taken: { at, visit } }: { taken: CardTaken }) {
  const w = words.value;
  return (
    <Notice tone="warn" word={w.used(timeText(at))}>
      <p>{w.usedDo}</p>
      <div class="visit-head">
        <HalfDisc visit={visit} />
        <a href={`/visit/${visit.tagHash}/note`}>
          <Letters tid={visit.tid} />
        </a>
      </div>
    </Notice>
  );
}

export function ReadCard({ onDone }: { onDone: () => void }) {
  const w = words.value;
  const isOn = useSignal(false);
  const typed = useSignal("");
  const isNone = useSignal(false);
  const used = useSignal<CardTaken | undefined>(undefined);
  const take = async (text: string | undefined): Promise<void> => {
    const card = text === undefined ? undefined : cardIn(text);
    used.value = undefined;
    isOn.value = false;
    isNone.value = card === undefined;
    if (card === undefined) return;
    const taken = await doing(w.reading, () => engine.takeCard(card));
    if (!taken) return;
    visits.value = await engine.today();
    if (taken.outcome === "used") {
      used.value = taken;
      return;
    }
    arrival.value = taken.visit;
    onDone();
  };
  return (
    <section class="stack read-card" aria-label={w.title}>
      <h2>{w.title}</h2>
      <p>{w.lead}</p>
      {used.value && <Used taken={used.value} />}
      {isNone.value && (
        <Notice tone="warn" word={common.value.careful}>
          <p>{w.none}</p>
        </Notice>
      )}
      {isOn.value && (
        <Scan
          label={w.camera}
          refused={w.noCamera}
          accepts={(text) => cardIn(text) !== undefined}
          onFound={(text) => void take(text)}
        />
      )}
      <div class="row">
        <Button
          kind="primary"
          off={busy.value !== undefined}
          onClick={() => {
            isOn.value = !isOn.value;
          }}
        >
          {isOn.value ? w.stop : w.start}
        </Button>
        <Button kind="link" onClick={onDone}>
          {common.value.close}
        </Button>
      </div>
      <FileField
        label={w.photo}
        accept="image/*"
        onFile={async (file) => take(await scanPicture(file).catch(() => undefined))}
      />
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void take(typed.value);
        }}
      >
        <TextArea
          label={w.letters}
          hint={w.lettersHint}
          value={typed.value}
          spellcheck={false}
          autocomplete="off"
          rows={3}
          dir="ltr"
          onInput={(next) => {
            typed.value = next;
          }}
        />
        <div class="row">
          <Button type="submit" off={busy.value !== undefined || typed.value.trim() === ""}>
            {w.use}
          </Button>
        </div>
      </form>
    </section>
  );
}
