// The components of every app, each alone on a page of a real browser: what it tells a person who sees, a screen reader, and the
// code that uses it.

import { type ComponentChildren, render } from "preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { chooseLanguage, plural } from "../../apps/shared/language.ts";
import { Disc } from "../../apps/shared/ui/disc.tsx";
import { Busy, Button, Choices, Field, Notice, Page, Tabs, Tid, Undo } from "../../apps/shared/ui/kit.tsx";
import { LanguagePicker } from "../../apps/shared/ui/language-picker.tsx";
import { Qr } from "../../apps/shared/ui/qr.tsx";

const MARK = "00112233445566778899aabbccddeeff";
let root: HTMLElement;
const show = (what: ComponentChildren): void => render(what, root);

beforeEach(() => {
  root = document.body.appendChild(document.createElement("div"));
});
afterEach(() => {
  render(null, root);
  root.remove();
});

describe("a button", () => {
  it("acts by mouse and by keyboard", async () => {
    const act = vi.fn();
    show(<Button onClick={act}>File it</Button>);
    await page.getByRole("button", { name: "File it" }).click();
    await userEvent.keyboard("{Enter}");
    expect(act).toHaveBeenCalledTimes(2);
  });
  it("that is off keeps the focus, says that it is off, and does nothing", async () => {
    const act = vi.fn();
    const send = vi.fn((event: Event) => event.preventDefault());
    show(
      <form onSubmit={send}>
        <Button type="submit" off onClick={act}>
          File it
        </Button>
      </form>,
    );
    await userEvent.tab();
    expect(document.activeElement?.getAttribute("aria-disabled")).toBe("true");
    await userEvent.keyboard("{Enter}");
    expect([act, send].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
  });
});

describe("a field", () => {
  it("belongs to its label, its hint and its fault", async () => {
    const typed = vi.fn();
    show(<Field label="Passphrase" hint="Twelve letters or more." fault="It is too short." onInput={typed} />);
    const input = page.getByRole("textbox", { name: "Passphrase" });
    await expect.element(input).toHaveAccessibleDescription("Twelve letters or more. It is too short.");
    await expect.element(input).toBeInvalid();
    await input.fill("sea");
    expect(typed).toHaveBeenLastCalledWith("sea");
  });
  it("without a fault is valid", async () => {
    show(<Field label="Passphrase" />);
    await expect.element(page.getByRole("textbox")).toBeValid();
  });
});

it("offers choices as one group, with one of them on", async () => {
  const chosen = vi.fn();
  const options = [
    { value: "a", text: "Adult" },
    { value: "c", text: "Child" },
  ];
  show(<Choices legend="Age" name="age" options={options} value="a" onChoose={chosen} />);
  await expect.element(page.getByRole("group", { name: "Age" })).toBeVisible();
  await expect.element(page.getByRole("radio", { name: "Adult" })).toBeChecked();
  await page.getByText("Child").click();
  expect(chosen).toHaveBeenCalledWith("c");
});

it("reads a bad notice out at once, and others when there is time", async () => {
  show(
    <>
      <Notice tone="bad" word="Wrong" />
      <Notice tone="good" word="Done" />
    </>,
  );
  await expect.element(page.getByRole("alert")).toHaveTextContent("✕ Wrong");
  await expect.element(page.getByRole("status")).toHaveTextContent("✓ Done");
});

it("counts a wait that can be counted", async () => {
  show(<Busy words="Reading the public list" done={3} of={4} />);
  const bar = page.getByRole("progressbar", { name: "Reading the public list" });
  await expect.element(bar).toHaveAttribute("value", "3");
});

it("moves the focus to the heading of a new screen, and names the tab after it", async () => {
  show(<Page title="Records">text</Page>);
  await expect.element(page.getByRole("heading", { name: "Records" })).toHaveFocus();
  show(<Page title="Share">text</Page>);
  await expect.poll(() => document.title).toBe("Share");
});

it("marks the tab of the screen", async () => {
  const links = [
    { href: "/", text: "Check in" },
    { href: "/records", text: "Records" },
  ];
  show(<Tabs label="Parts" links={links} current="/records" />);
  await expect.element(page.getByRole("link", { name: "Records" })).toHaveAttribute("aria-current", "page");
  await expect.element(page.getByRole("link", { name: "Check in" })).not.toHaveAttribute("aria-current");
});

it("takes an act back", async () => {
  const undo = vi.fn();
  show(<Undo text="The link is gone." action="Undo" onUndo={undo} />);
  await page.getByRole("button", { name: "Undo" }).click();
  expect(undo).toHaveBeenCalledOnce();
});

it("writes a TID in groups of five", async () => {
  show(<Tid tid="J87KHHJC9SRETAD" />);
  await expect.element(page.getByText("J87KH HJC9S RETAD")).toBeVisible();
});

describe("a disc", () => {
  const paths = (): string[] => [...root.querySelectorAll("clipPath path")].map((path) => path.getAttribute("d") ?? "");
  it("has halves that fit: wallet and desk draw the two halves of the whole", () => {
    show(<Disc mark={MARK} side="both" label="The whole disc" />);
    const whole = paths();
    show(<Disc mark={MARK} side="left" label="The left half" />);
    const left = paths();
    show(<Disc mark={MARK} side="right" label="The right half" />);
    expect([...left, ...paths()]).toEqual(whole);
    expect(whole).toHaveLength(2);
  });
  it("of another visit looks otherwise", () => {
    const pictureOf = (mark: string): string => {
      show(<Disc mark={mark} side="left" label="The left half" />);
      return root.innerHTML.replaceAll(/(?:id="|#)P[^")]*/g, "");
    };
    expect(pictureOf("ff".repeat(16))).not.toBe(pictureOf(MARK));
  });
  it("has words for those who do not see it", async () => {
    show(<Disc mark={MARK} side="left" label="The left half" />);
    await expect.element(page.getByRole("img", { name: "The left half" })).toBeVisible();
  });
});

it("draws a code with a quiet zone of four modules", () => {
  show(<Qr text="SYMBOLON:AB" label="The code" />);
  const svg = root.querySelector("svg")!;
  const [x, y, width] = svg.getAttribute("viewBox")!.split(" ").map(Number);
  expect([x, y, width]).toEqual([-4, -4, 21 + 8]); // version 1
  expect(svg.querySelector("path")!.getAttribute("d")).toMatch(/^M0 0h1v1h-1z/);
});

describe("the language", () => {
  afterEach(() => chooseLanguage("en"));
  it("turns the page round when Arabic is chosen", async () => {
    show(<LanguagePicker label="Language" />);
    await userEvent.selectOptions(page.getByRole("combobox", { name: "Language" }), "ar");
    expect([document.documentElement.lang, document.documentElement.dir]).toEqual(["ar", "rtl"]);
  });
  it("has the forms of its plural", () => {
    const visits = plural("ar", { one: "زيارة واحدة", two: "زيارتان", few: "{n} زيارات", other: "{n} زيارة" });
    expect([1, 2].map(visits)).toEqual(["زيارة واحدة", "زيارتان"]);
  });
});
