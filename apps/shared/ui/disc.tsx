// One half of a visit's disc, or the whole.

import { useId } from "preact/hooks";
import { DISC_SIDE, type DiscShape, discShape, halfPath } from "../disc-shape.ts";

const DASHES: Record<DiscShape["pattern"], string | undefined> = {
  plain: undefined,
  dashes: "26 12",
  dots: "1 15",
  double: undefined,
};

function Rim({ shape }: { shape: DiscShape }) {
  const { rim, pattern } = shape;
  const cap = pattern === "dots" ? "round" : "butt";
  const width = pattern === "dots" ? 13 : 14;
  return (
    <g fill="none" stroke={rim} stroke-linecap={cap}>
      <circle cx="100" cy="100" r="80" stroke-width={width} stroke-dasharray={DASHES[pattern]} />
      {pattern === "double" && <circle cx="100" cy="100" r="56" stroke-width="10" />}
    </g>
  );
}

function Half({ shape, side }: { shape: DiscShape; side: "left" | "right" }) {
  const clip = useId();
  const path = halfPath(shape, side);
  return (
    <g>
      <clipPath id={clip}>
        <path d={path} />
      </clipPath>
      <g clip-path={`url(#${clip})`}>
        <rect width={DISC_SIDE} height={DISC_SIDE} fill={shape.core} />
        <Rim shape={shape} />
      </g>
      <path d={path} fill="none" stroke="var(--ink)" stroke-width="3" stroke-linejoin="round" />
    </g>
  );
}

export interface DiscProps {
  /** hex of 16 bytes (visitMark) */
  mark: string;
  /** the wallet shows the left half, the desk the right one */
  side: "left" | "right" | "both";
  /** what it is, for those who do not see it */
  label: string;
  small?: boolean;
}

/** The picture of a visit. Left stays left in a language that is read from right to left: the halves must fit. */
export function Disc({ mark, side, label, small }: DiscProps) {
  const shape = discShape(mark);
  const box = side === "left" ? "0 0 134 200" : side === "right" ? "66 0 134 200" : "0 0 200 200";
  return (
    <svg class={small ? "disc small" : "disc"} viewBox={box} role="img" aria-label={label} direction="ltr">
      {side !== "right" && <Half shape={shape} side="left" />}
      {side !== "left" && <Half shape={shape} side="right" />}
    </svg>
  );
}
