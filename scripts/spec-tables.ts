// npm run spec:tables
// Writes the tables of labels and of document layouts into docs/SPEC.md, between its markers. Both come from the code that
// encodes, so they always agree with it. A test checks that docs/SPEC.md is up to date.
//
// A layout is read from the source text of its `document("Name", type, version, { fields })`, because micro-packed coders do
// not expose their fields. Named parts (structs, lists of names, lengths) are replaced by their definitions.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LABELS } from "../protocol/labels.ts";

const PROTOCOL = join(import.meta.dirname, "../protocol");
export const SPEC = join(import.meta.dirname, "../docs/SPEC.md");

const sources = readdirSync(PROTOCOL)
  .filter((f) => f.endsWith(".ts"))
  .map((f) =>
    readFileSync(join(PROTOCOL, f), "utf8")
      .replace(/\/\*[\s\S]*?\*\//g, "")
      .replace(/(^|\s)\/\/.*$/gm, ""),
  );

/** The text from an opening bracket to its closing bracket, both included. */
function balanced(text: string, from: number): string {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    if ("([{".includes(text[i]!)) depth++;
    if (")]}".includes(text[i]!) && --depth === 0) return text.slice(from, i + 1);
  }
  throw new Error("unbalanced");
}

/** The expression of `const NAME = expression;`, searched first in one file, then in all. */
function constant(name: string, home: string): string | undefined {
  for (const text of [home, ...sources]) {
    const found = new RegExp(`const ${name}(?::[^=]*)? = `).exec(text);
    if (!found) continue;
    const from = found.index + found[0].length;
    let end = from;
    while (text[end] !== ";" || depthBetween(text, from, end) !== 0) end++;
    return text.slice(from, end).replace(/ as const$/, "");
  }
  return undefined;
}
function depthBetween(text: string, from: number, to: number): number {
  let depth = 0;
  for (let i = from; i < to; i++) depth += "([{".includes(text[i]!) ? 1 : ")]}".includes(text[i]!) ? -1 : 0;
  return depth;
}

/** The parts of a comma-separated list; commas inside brackets do not count. */
function split(list: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i <= list.length; i++)
    if (i === list.length || (list[i] === "," && depthBetween(list, start, i) === 0)) {
      if (list.slice(start, i).trim() !== "") parts.push(list.slice(start, i).trim());
      start = i + 1;
    }
  return parts;
}

const PRIMITIVES: Record<string, string> = {
  bool: "u8 0 or 1",
  blob: "blob",
  text: "text",
  g1: "G1",
  scalar: "scalar",
  gt: "GT",
};
const LENGTHS: Record<string, number> = { "proofBytes(1)": 64 };

function lengthOf(expression: string, home: string): number {
  if (/^\d+$/.test(expression)) return Number(expression);
  const known = LENGTHS[expression] ?? constant(expression, home);
  if (known === undefined) throw new Error(`length ${expression}`);
  return typeof known === "number" ? known : lengthOf(known, home);
}

function fields(body: string, home: string): [string, string][] {
  return split(body).flatMap((field): [string, string][] => {
    if (field.startsWith("...")) return fields(constant(field.slice(3), home)!.slice(1, -1), home);
    const colon = field.indexOf(":");
    return colon < 0
      ? [[field, layout(field, home)]]
      : [[field.slice(0, colon).trim(), layout(field.slice(colon + 1).trim(), home)]];
  });
}

function layout(expression: string, home: string): string {
  if (/^u(8|16|32|64)$/.test(expression)) return expression;
  if (PRIMITIVES[expression]) return PRIMITIVES[expression];
  const call = /^(\w+)\(/.exec(expression);
  if (!call) return layout(constant(expression, home)!, home);
  const inside = expression.slice(call[0].length, -1).trim().replace(/,$/, "");
  switch (call[1]) {
    case "fixed":
      return `${lengthOf(inside, home)} bytes`;
    case "proof":
      return `proof of ${inside} scalar${inside === "1" ? "" : "s"}`;
    case "list":
      return `list of ${layout(inside, home)}`;
    case "ascending":
      return `ascending list of ${layout(split(inside)[0]!, home)}`;
    case "optional":
      return `optional ${layout(inside, home)}`;
    case "struct":
      return `(${fields(inside.slice(1, -1), home)
        .map(([name, type]) => `${name}: ${type}`)
        .join(", ")})`;
    case "oneOf": {
      const names = inside.startsWith("...") ? constant(inside.slice(3), home)!.slice(1, -1) : inside;
      return `u8: ${split(names)
        .map((name, i) => `${i} ${name.slice(1, -1)}`)
        .join(", ")}`;
    }
    default:
      throw new Error(`layout ${expression}`);
  }
}

export interface Layout {
  name: string;
  type: number;
  version: number;
  fields: [string, string][];
}

export function layouts(): Layout[] {
  const found: Layout[] = [];
  for (const home of sources)
    for (const match of home.matchAll(/= document\(/g)) {
      const call = balanced(home, match.index + match[0].length - 1);
      const [name, type, version, body] = split(call.slice(1, -1)) as [string, string, string, string];
      const list = body.startsWith("{") ? body : constant(body, home)!;
      found.push({
        name: name.slice(1, -1),
        type: Number(type),
        version: Number(version),
        fields: fields(list.slice(1, -1), home),
      });
    }
  // Two codecs may read one document, parsed and raw. The parsed one comes first in its file and has more detail.
  const first = found.filter((d, i) => found.findIndex((o) => o.type === d.type && o.name === d.name) === i);
  return first.sort((a, b) => a.type - b.type);
}

const hexByte = (n: number): string => `0x${n.toString(16).padStart(2, "0")}`;

export function layoutTable(): string {
  return layouts()
    .map(({ name, type, version, fields: list }) => {
      const rows = list.map(([field, what]) => `  ${field.padEnd(24)}${what}`);
      return `${hexByte(type)} ${name}, version ${version}\n${rows.join("\n")}`;
    })
    .join("\n\n");
}

export const labelTable = (): string =>
  Object.entries(LABELS)
    .map(([name, label]) => `${name.padEnd(24)}${label}`)
    .join("\n");

/** The text of docs/SPEC.md with up-to-date generated parts. */
export function withTables(spec: string): string {
  const fill = (text: string, name: string, table: string): string => {
    const [open, close] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
    const [from, to] = [text.indexOf(open), text.indexOf(close)];
    if (from < 0 || to < 0) throw new Error(`SPEC.md has no place for ${name}`);
    return `${text.slice(0, from + open.length)}\n\`\`\`\n${table}\n\`\`\`\n${text.slice(to)}`;
  };
  return fill(fill(spec, "labels", labelTable()), "layouts", layoutTable());
}

if (import.meta.main) writeFileSync(SPEC, withTables(readFileSync(SPEC, "utf8")));
