// The components of all apps. Each has a role, a state and words; none has a text of its own.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

type Children = { children?: ComponentChildren };

/** Set it if the browser's history must not tell which screens a person saw: then every screen has this title. */
export const tabTitle = { fixed: undefined as string | undefined };

/** A screen. The heading gets the focus when the screen appears, so that a screen reader says where one is. */
export function Page({ title, wide, children }: Children & { title: string; wide?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    document.title = tabTitle.fixed ?? title;
    scrollTo(0, 0);
  }, [title]);
  return (
    <main class={wide ? "page desk" : "page"}>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </main>
  );
}

export interface ButtonProps extends Children {
  onClick?: (() => unknown) | undefined;
  kind?: "primary" | "plain" | "danger" | "link";
  type?: "button" | "submit";
  /** it is at work, or cannot be used now; it stays focusable */
  off?: boolean | undefined;
}

export function Button({ onClick, kind = "plain", type = "button", off, children }: ButtonProps) {
  const click = (event: Event): void => {
    if (off) event.preventDefault();
    else onClick?.();
  };
  return (
    <button class={`button ${kind}`} type={type} aria-disabled={off ? "true" : undefined} onClick={click}>
      {children}
    </button>
  );
}

/** The main act of a screen, at the lower edge within the thumb's reach. */
export const Reach = ({ children }: Children) => <div class="reach">{children}</div>;

interface FieldWords {
  label: string;
  hint?: string | undefined;
  fault?: string | undefined;
}
/** What an input of any kind may be told. */
interface InputAttributes {
  name?: string;
  value?: string;
  required?: boolean;
  disabled?: boolean;
  readOnly?: boolean;
  placeholder?: string;
  maxLength?: number;
  minLength?: number;
  dir?: "auto" | "ltr" | "rtl";
  lang?: string;
  autocomplete?: string;
  spellcheck?: boolean;
  /** the value after each key */
  onInput?: (value: string) => void;
}
export interface FieldProps extends FieldWords, InputAttributes {
  type?: "text" | "password" | "date" | "number" | "search" | "tel" | "url" | "time" | "email" | "datetime-local";
  inputMode?: "text" | "numeric" | "decimal" | "tel" | "search" | "url" | "none";
  pattern?: string;
  min?: string | number;
  max?: string | number;
  step?: string | number;
  list?: string;
}

/** A labelled input. The hint and the fault belong to it for a screen reader too. */
export function Field({ label, hint, fault, onInput, ...input }: FieldProps) {
  const id = useId();
  const about = [hint !== undefined && `${id}h`, fault !== undefined && `${id}f`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label class="label" for={id}>
        {label}
      </label>
      <input
        id={id}
        dir="auto"
        aria-describedby={about === "" ? undefined : about}
        aria-invalid={fault === undefined ? undefined : "true"}
        onInput={(event) => onInput?.(event.currentTarget.value)}
        {...(input as object)}
      />
      {hint !== undefined && (
        <span class="hint" id={`${id}h`}>
          {hint}
        </span>
      )}
      {fault !== undefined && (
        <span class="fault" id={`${id}f`}>
          {fault}
        </span>
      )}
    </div>
  );
}

export function TextArea({
  label,
  hint,
  onInput,
  ...rest
}: Omit<FieldWords, "fault"> & InputAttributes & { rows?: number }) {
  const id = useId();
  return (
    <div class="field">
      <label class="label" for={id}>
        {label}
      </label>
      <textarea
        id={id}
        dir="auto"
        aria-describedby={hint === undefined ? undefined : `${id}h`}
        onInput={(event) => onInput?.(event.currentTarget.value)}
        {...rest}
      />
      {hint !== undefined && (
        <span class="hint" id={`${id}h`}>
          {hint}
        </span>
      )}
    </div>
  );
}

export interface Option {
  value: string;
  text: string;
}
export function Select({
  label,
  options,
  onChoose,
  ...rest
}: {
  label: string;
  options: readonly Option[];
  name?: string;
  value?: string;
  required?: boolean;
  disabled?: boolean;
  onChoose?: (value: string) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label class="label" for={id}>
        {label}
      </label>
      <select id={id} onChange={(event) => onChoose?.(event.currentTarget.value)} {...rest}>
        {options.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** One of a few, each a large target. */
export function Choices({
  legend,
  name,
  options,
  value,
  onChoose,
}: {
  legend: string;
  name: string;
  options: readonly Option[];
  value: string | undefined;
  onChoose: (value: string) => void;
}) {
  return (
    <fieldset class="stack">
      <legend class="label">{legend}</legend>
      {options.map((option) => (
        <label key={option.value} class="choice">
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChoose(option.value)}
          />
          <span>{option.text}</span>
        </label>
      ))}
    </fieldset>
  );
}

export function Check({
  label,
  checked,
  onChange,
}: {
  label: string;
  checked: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <label class="choice">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

export type Tone = "info" | "good" | "warn" | "bad";
const SIGNS: Record<Tone, string> = { info: "i", good: "✓", warn: "!", bad: "✕" };

/** What happened. The sign and the word say it as well as the colour. A bad one is read out at once. */
export function Notice({ tone = "info", word, children }: Children & { tone?: Tone; word: string }) {
  return (
    <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <span class="word">
        <span aria-hidden="true">{SIGNS[tone]} </span>
        {word}
      </span>
      {children}
    </div>
  );
}

/** A wait. The words say what is being done, and how long it takes as a rule. */
export function Busy({ words, done, of }: { words: string; done?: number | undefined; of?: number | undefined }) {
  const id = useId();
  return (
    <div class="busy" role="status">
      <span id={id}>{words}</span>
      <progress aria-labelledby={id} {...(of !== undefined && of > 0 && { value: done ?? 0, max: of })} />
    </div>
  );
}

export const Empty = ({ title, children }: Children & { title: string }) => (
  <div class="empty">
    <h2>{title}</h2>
    {children}
  </div>
);

/** Names and values. */
export const Facts = ({ rows }: { rows: readonly (readonly [string, ComponentChildren])[] }) => (
  <dl class="facts">
    {rows.map(([name, value]) => (
      <>
        <dt key={name}>{name}</dt>
        <dd>{value}</dd>
      </>
    ))}
  </dl>
);

export interface TabLink {
  href: string;
  text: string;
}
export const Tabs = ({ label, links, current }: { label: string; links: readonly TabLink[]; current: string }) => (
  <nav class="tabs no-print" aria-label={label}>
    {links.map(({ href, text }) => (
      <a key={href} href={href} aria-current={href === current ? "page" : undefined}>
        {text}
      </a>
    ))}
  </nav>
);

/** An act that was done, and how to take it back. */
export const Undo = ({ text, action, onUndo }: { text: string; action: string; onUndo: () => void }) => (
  <div class="undo" role="status">
    <span>{text}</span>
    <Button onClick={onUndo}>{action}</Button>
  </div>
);

/** A TID in groups of five, as people say it. */
export const Tid = ({ tid }: { tid: string }) => <span class="tid">{(tid.match(/.{1,5}/g) ?? [tid]).join(" ")}</span>;
