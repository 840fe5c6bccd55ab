// The digits of the trustees' keys, and what people do with them: the same in the officers' app and at the registrar's desk.

import type { KeyState, TrusteeKeys } from "../../../client/index.ts";
import { language } from "../language.ts";
import { words } from "./words.ts";
import "./digits.css";

const number = (n: number): string => new Intl.NumberFormat(language.value).format(n);

/** Numbered groups. They are read from left to right in every language. */
export const Digits = ({ groups, label }: { groups: readonly string[]; label: string }) => (
  <ol class="digits" aria-label={label} dir="ltr">
    {groups.map((group, i) => (
      <li key={i}>{group}</li>
    ))}
  </ol>
);

/** How many trustees must agree, and how often the keys were handed on. */
export function KeyFacts({ keys: { threshold, trustees, generation } }: { keys: KeyState }) {
  const w = words.value;
  return (
    <>
      <p>{w.holds(number(threshold), number(trustees.length))}</p>
      <p>{generation === 0 ? w.first : w.handed(generation)}</p>
    </>
  );
}

/** The digits, under a title of the screen's own, with what people do with them. */
export function ReadAloud({ keys, title }: { keys: KeyState; title: string }) {
  const w = words.value;
  return (
    <section class="stack">
      <h2>{title}</h2>
      <Digits groups={keys.fingerprint} label={title} />
      <p>{w.aloud}</p>
      <p>{w.alsoNumber(number(keys.threshold))}</p>
      <p>{w.differ}</p>
    </section>
  );
}

/** What a trustee's server shows, beside the digits of `own`. Without `own`, only whether it holds keys. */
export function standingOf(one: TrusteeKeys, own?: readonly string[]): string {
  const w = words.value;
  if (one.state !== "keys") return { none: `· ${w.none}`, silent: `? ${w.silent}`, wrong: `✕ ${w.wrong}` }[one.state];
  if (own === undefined) return `✓ ${w.held}`;
  return one.keys.fingerprint.join() === own.join() ? `✓ ${w.same}` : `✕ ${w.other}`;
}
