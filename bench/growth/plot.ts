// Draws the growth plot as SVG: the time of each operation at each size, relative to its time at the smallest size. Both axes
// are logarithmic. The plot is readable on light and on dark pages.

export interface Line {
  name: string;
  /** relative: the time at this size divided by the time at the smallest size */
  points: readonly { size: number; relative: number }[];
}
export interface Panel {
  title: string;
  lines: readonly Line[];
}

const PLOT = { height: 260, left: 48, top: 56, gap: 64 };
const TWO_PANELS_WIDTH = 864;
const LEGEND_ROW = 20;
const LIMIT = 1.2;
const LIGHT = ["#0b62c4", "#b3470b", "#1d7a46", "#7a3fb5", "#b01f5a", "#5b6470"];
const DARK = ["#6db3ff", "#ff9d5c", "#5fd38d", "#c79bff", "#ff7eb0", "#b4bdc9"];
const SHAPES = [
  "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0",
  "M-3.5,-3.5h7v7h-7z",
  "M0,-5l4.5,8h-9z",
  "M0,-5l5,5l-5,5l-5,-5z",
  "M0,5l4.5,-8h-9z",
  "M-4,-4l8,8M4,-4l-8,8",
];

const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
const power = (n: number): string =>
  n >= 1000 ? `10<tspan dy="-4" font-size="8">${Math.round(Math.log10(n))}</tspan>` : String(n);

export function plotOf(title: string, panels: readonly Panel[]): string {
  const all = panels.flatMap((p) => p.lines.flatMap((l) => l.points.map((q) => q.relative)));
  const low = Math.min(0.5, ...all);
  const high = Math.max(2, ...all);
  const bottom = PLOT.top + PLOT.height;
  const y = (r: number): number => bottom - (Math.log(r / low) / Math.log(high / low)) * PLOT.height;
  const ticks = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32, 64, 128].filter((t) => t >= low && t <= high);
  const names = [...new Set(panels.flatMap((p) => p.lines.map((l) => l.name)))];
  const across = (TWO_PANELS_WIDTH - (panels.length - 1) * PLOT.gap) / panels.length;
  const at = (i: number): number => PLOT.left + i * (across + PLOT.gap);
  const width = at(panels.length) - PLOT.gap + 24;
  const legendTop = bottom + 48;
  const height = legendTop + LEGEND_ROW;
  const body: string[] = [`<text class="title" x="${PLOT.left}" y="22">${escaped(title)}</text>`];

  for (const [i, panel] of panels.entries()) {
    const left = at(i);
    const sizes = [...new Set(panel.lines.flatMap((l) => l.points.map((p) => p.size)))].sort((a, b) => a - b);
    const span = Math.log(sizes.at(-1)! / sizes[0]!) || 1;
    const x = (n: number): number => left + 16 + (Math.log(n / sizes[0]!) / span) * (across - 32);
    body.push(`<text x="${left}" y="${PLOT.top - 12}">${escaped(panel.title)}</text>`);
    for (const t of ticks)
      body.push(
        `<path class="${t === 1 ? "one" : "grid"}" d="M${left},${y(t).toFixed(1)}h${across}"/>`,
        `<text class="small" text-anchor="end" x="${left - 8}" y="${(y(t) + 4).toFixed(1)}">${t < 1 ? `1/${1 / t}` : t}×</text>`,
      );
    body.push(
      `<path class="limit" d="M${left},${y(LIMIT).toFixed(1)}h${across}"/>`,
      `<text class="small" x="${left + 4}" y="${(y(LIMIT) - 5).toFixed(1)}">aim: ${LIMIT}×</text>`,
    );
    for (const n of sizes)
      body.push(
        `<text class="small" text-anchor="middle" x="${x(n).toFixed(1)}" y="${bottom + 20}">${power(n)}</text>`,
      );
    for (const line of panel.lines) {
      const k = names.indexOf(line.name) % LIGHT.length;
      const to = line.points.map((p) => `${x(p.size).toFixed(1)},${y(p.relative).toFixed(1)}`);
      body.push(`<g class="c${k}"><path class="line" d="M${to.join("L")}"/>`);
      for (const p of to) body.push(`<path class="mark" transform="translate(${p})" d="${SHAPES[k]}"/>`);
      body.push("</g>");
    }
  }
  const step = (width - PLOT.left) / names.length;
  for (const [k, name] of names.entries())
    body.push(
      `<g class="c${k % LIGHT.length}" transform="translate(${(PLOT.left + k * step + 5).toFixed(1)},${legendTop})"><path class="mark" d="${SHAPES[k % SHAPES.length]}"/></g>`,
      `<text class="small" x="${(PLOT.left + k * step + 16).toFixed(1)}" y="${legendTop + 4}">${escaped(name)}</text>`,
    );
  const colours = (list: readonly string[]): string => list.map((c, k) => `.c${k}{stroke:${c};fill:${c}}`).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>
text{font:13px system-ui,sans-serif;fill:#1c2330}.title{font-weight:600;font-size:15px}.small{font-size:11px}
.bg{fill:#fff}.grid{stroke:#dfe3e8}.one{stroke:#8a929c}.limit{stroke:#c62828;stroke-dasharray:5 4;stroke-width:1.5}
.line{fill:none;stroke-width:2}.mark{stroke-width:1.5}
${colours(LIGHT)}
@media (prefers-color-scheme:dark){text{fill:#e6e9ee}.bg{fill:#12161c}.grid{stroke:#2b323c}.one{stroke:#78818d}.limit{stroke:#ff6b6b}
${colours(DARK)}}
.line{fill:none}
</style>
<rect class="bg" width="${width}" height="${height}"/>
${body.join("\n")}
</svg>
`;
}
