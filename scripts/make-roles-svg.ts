// node scripts/make-roles-svg.ts
// Writes docs/roles.svg, the README's picture of the roles and the messages between them.
//
// The picture follows the reader's light or dark mode by a media query of its own. It has an opaque background, so the text
// stays readable if the page around it uses the other mode. Arrows carry numbers, and a list below the picture explains
// them: text between the boxes would be too small on a phone.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = join(import.meta.dirname, "../docs/roles.svg");

const WIDTH = 680;
const BOX_WIDTH = 176;
const BOX_HEIGHT = 104;
const COLUMNS = [20, 252, 484] as const;
const ROWS = [24, 208, 392] as const;
const RADIUS = 15;
const LIST_TOP = 548;
const LIST_STEP = 37;
const HEIGHT = LIST_TOP + 9 * LIST_STEP;

type Side = "visit" | "store" | "open";

interface Box {
  name: string;
  /** two short lines: the part that the role plays, or the limit of its knowledge */
  about: [string, string];
  column: 0 | 1 | 2;
  row: 0 | 1 | 2;
  side: Side;
  /** how many columns the box spans */
  span?: number;
}

const BOXES: readonly Box[] = [
  { name: "Registrar", about: ["knows names,", "never visits"], column: 0, row: 0, side: "visit" },
  { name: "Wallet", about: ["keeps the", "secrets"], column: 1, row: 0, side: "visit" },
  { name: "Clinic", about: ["sees a new TID", "at every visit"], column: 2, row: 0, side: "visit" },
  { name: "Log", about: ["public, and", "append-only"], column: 0, row: 1, side: "store" },
  {
    name: "Service Worker",
    about: ["opens each visit once,", "stores sealed records"],
    column: 1,
    row: 1,
    side: "store",
    span: 2,
  },
  { name: "Trustees", about: ["open only", "t of n together"], column: 0, row: 2, side: "open" },
  { name: "Escrow", about: ["carries cases,", "holds no share"], column: 1, row: 2, side: "open" },
  { name: "Requester", about: ["gets what its", "order allows"], column: 2, row: 2, side: "open" },
];

interface Arrow {
  number: number;
  from: [number, number];
  to: [number, number];
  both?: boolean;
  /** centre of the number; absent on a second arrow of the same number */
  mark?: [number, number];
}

const right = (column: number): number => COLUMNS[column]! + BOX_WIDTH;
const centre = (column: number): number => COLUMNS[column]! + BOX_WIDTH / 2;
const middle = (row: number): number => ROWS[row]! + BOX_HEIGHT / 2;
const bottom = (row: number): number => ROWS[row]! + BOX_HEIGHT;
/** Free space between an arrow's end and a box. */
const GAP = 5;
const between = (row: number): number => (bottom(row) + ROWS[row + 1]!) / 2;

const across = (number: number, left: number, row: number, way: "right" | "left" | "both"): Arrow => {
  const ends: [number, number][] = [
    [right(left) + GAP, middle(row) + 12],
    [COLUMNS[left + 1]! - GAP, middle(row) + 12],
  ];
  const [from, to] = way === "left" ? [ends[1]!, ends[0]!] : [ends[0]!, ends[1]!];
  return { number, from, to, both: way === "both", mark: [(right(left) + COLUMNS[left + 1]!) / 2, middle(row) - 16] };
};
const down = (number: number, column: number, row: number, both: boolean): Arrow => ({
  number,
  from: [centre(column), bottom(row) + GAP],
  to: [centre(column), ROWS[row + 1]! - GAP],
  both,
  mark: [centre(column) + 30, between(row)],
});

const ARROWS: readonly Arrow[] = [
  across(1, 0, 0, "both"),
  across(2, 1, 0, "left"),
  down(3, 1, 0, true),
  down(4, 2, 0, true),
  down(5, 1, 1, false),
  across(6, 1, 2, "both"),
  across(7, 0, 2, "both"),
  {
    number: 8,
    from: [centre(0) - 40, ROWS[2] - GAP],
    to: [centre(0) - 40, bottom(1) + GAP],
    mark: [centre(0) + 22, between(1)],
  },
  { number: 8, from: [COLUMNS[1] + 24, ROWS[2] - GAP], to: [right(0) - 24, bottom(1) + GAP] },
  {
    number: 9,
    from: [right(0) - 24, ROWS[1] - GAP],
    to: [COLUMNS[1] + 24, bottom(0) + GAP],
    mark: [centre(0) + 44, between(0)],
  },
];

const MESSAGES: readonly [string, string][] = [
  ["wallet ⇄ registrar", "contract once, credential every month"],
  ["clinic → wallet", "challenge with what it must see"],
  ["wallet ⇄ service Worker", "check-in, own records"],
  ["clinic ⇄ service Worker", "sealed records, messages"],
  ["service Worker → escrow", "one index row per visit"],
  ["requester ⇄ escrow", "order, sealed results"],
  ["escrow ⇄ trustees", "approvals, shares with proofs"],
  ["escrow, trustees → log", "order, notice, cosignatures"],
  ["log → wallet", "a notice of every case about the patient"],
];

const FONT = `system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif`;
const STYLE = `
  svg { --page: #ffffff; --text: #1b1f24; --quiet: #4a525c; --line: #57606a; --mark: #1b1f24; --on-mark: #ffffff;
        --visit: #dff3e4; --visit-edge: #2f7d4b; --store: #dcebfb; --store-edge: #2c6db3; --open: #f3e4f7; --open-edge: #8a4a9e; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #10151b; --text: #eef2f6; --quiet: #b9c3ce; --line: #9aa6b2; --mark: #eef2f6; --on-mark: #10151b;
          --visit: #173524; --visit-edge: #5fbf83; --store: #15304d; --store-edge: #66a9ee; --open: #38203f; --open-edge: #c98bdc; }
  }
  text { font-family: ${FONT}; fill: var(--text); }
  .page { fill: var(--page); }
  .box { stroke-width: 2; }
  .visit { fill: var(--visit); stroke: var(--visit-edge); }
  .store { fill: var(--store); stroke: var(--store-edge); }
  .open { fill: var(--open); stroke: var(--open-edge); }
  .name { font-size: 25px; font-weight: 650; text-anchor: middle; }
  .about { font-size: 19px; fill: var(--quiet); text-anchor: middle; }
  .line { stroke: var(--line); stroke-width: 2.5; fill: none; }
  .head { fill: var(--line); }
  .mark { fill: var(--mark); }
  .number { font-size: 19px; font-weight: 700; fill: var(--on-mark); text-anchor: middle; }
  .who { font-size: 20px; font-weight: 650; fill: var(--text); }
  .what { font-size: 20px; fill: var(--quiet); }
`;

const inXml = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

function boxOf({ name, about, column, row, side, span = 1 }: Box): string {
  const width = COLUMNS[column + span - 1]! + BOX_WIDTH - COLUMNS[column];
  const [x, y] = [COLUMNS[column], ROWS[row]];
  const text = (kind: string, line: string, dy: number): string =>
    `<text class="${kind}" x="${x + width / 2}" y="${y + dy}">${inXml(line)}</text>`;
  return [
    `<rect class="box ${side}" x="${x}" y="${y}" width="${width}" height="${BOX_HEIGHT}" rx="14"/>`,
    text("name", name, 36),
    text("about", about[0], 64),
    text("about", about[1], 88),
  ].join("\n");
}

const numberAt = (number: number, x: number, y: number): string =>
  `<circle class="mark" cx="${x}" cy="${y}" r="${RADIUS}"/><text class="number" x="${x}" y="${y + 7}">${number}</text>`;

function arrowOf({ number, from, to, both, mark }: Arrow): string {
  const start = both ? ` marker-start="url(#head)"` : "";
  return [
    `<path class="line" d="M${from.join(" ")} L${to.join(" ")}" marker-end="url(#head)"${start}/>`,
    ...(mark ? [numberAt(number, ...mark)] : []),
  ].join("\n");
}

function messageOf([who, what]: [string, string], index: number): string {
  const y = LIST_TOP + index * LIST_STEP;
  return `${numberAt(index + 1, COLUMNS[0] + RADIUS, y - 7)}
<text class="what" x="${COLUMNS[0] + 44}" y="${y}"><tspan class="who">${inXml(who)}:</tspan> ${inXml(what)}</text>`;
}

const rolesSvg =
  (): string => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title">
<title id="title">The roles of Symbolon and the messages between them</title>
<style>${STYLE}</style>
<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="6" markerHeight="6" orient="auto-start-reverse"><path class="head" d="M0 0 L10 5 L0 10 z"/></marker></defs>
<rect class="page" width="${WIDTH}" height="${HEIGHT}" rx="18"/>
${BOXES.map(boxOf).join("\n")}
${ARROWS.map(arrowOf).join("\n")}
${MESSAGES.map(messageOf).join("\n")}
</svg>
`;

writeFileSync(FILE, rolesSvg());
