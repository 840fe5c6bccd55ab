// What an officer sees before the login: one button, and the way to a first passkey.

import { busy, doing } from "../../shared/doing.ts";
import { go } from "../../shared/route.ts";
import { Button, Notice, Page } from "../../shared/ui/kit.tsx";
import { passkeys } from "../passkeys.ts";
import { loginEnded, place, signIn } from "../state.ts";
import { words } from "./words.ts";

export function SignInScreen() {
  const w = words.value;
  const isNew = passkeys.value.length === 0;
  const enter = () => doing(w.signingIn, signIn);
  return (
    <Page title={w.title}>
      {loginEnded.value && (
        <Notice tone="warn" word={w.ended}>
          <p>{w.endedMore}</p>
        </Notice>
      )}
      {place.value !== undefined && <p>{w.atTrustee(place.value.trustee)}</p>}
      <p>{w.intro}</p>
      <div class="big">
        <Button kind={isNew ? "plain" : "primary"} off={busy.value !== undefined} onClick={enter}>
          {w.signIn}
        </Button>
      </div>
      <section class="stack">
        <h2>{w.first}</h2>
        <p>{w.firstMore}</p>
        <div class="row">
          <Button kind={isNew ? "primary" : "plain"} onClick={() => go("/passkeys")}>
            {w.makeTitle}
          </Button>
        </div>
      </section>
    </Page>
  );
}
