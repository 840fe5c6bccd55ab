// A QR code as one SVG path: no HTML from a string. The package has no border of 0, so one module is cut off, and the quiet zone of
// four modules stands in the view box.

import encodeQR from "qr";

const QUIET = 4;

function modulesOf(text: string, sturdy: boolean): boolean[][] {
  const bordered = encodeQR(text, "raw", { ecc: sturdy ? "quartile" : "low", border: 1 });
  return bordered.slice(1, -1).map((row) => row.slice(1, -1));
}

/** @param sturdy for paper that is folded and stained: a quarter of the code may be unreadable */
export function Qr({ text, label, sturdy = false }: { text: string; label: string; sturdy?: boolean }) {
  const modules = modulesOf(text, sturdy);
  const d = modules.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  const side = modules.length + 2 * QUIET;
  return (
    <svg
      class="qr"
      role="img"
      aria-label={label}
      viewBox={`${-QUIET} ${-QUIET} ${side} ${side}`}
      shape-rendering="crispEdges"
    >
      <path d={d} />
    </svg>
  );
}
