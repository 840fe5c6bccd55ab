// The shape of a visit's disc, from the 16 bytes that only its wallet and its clinic have (visitMark). A disc is broken from top to
// bottom. The wallet shows the left half and the desk the right one: held side by side, the edges fit and the colours agree.
//
//   bytes 0 … 5   six corners of the broken edge, each at one of five distances from the middle
//   byte 6        the two colours, of eight
//   byte 7        the pattern of the rim, of four, so that nothing depends on colour alone

export interface DiscShape {
  /** x of the corners, from top to bottom, -2 … 2 */
  readonly corners: readonly number[];
  readonly core: string;
  readonly rim: string;
  readonly pattern: "plain" | "dashes" | "dots" | "double";
}

/** Seen as different by people who see few colours too: they differ in lightness. */
const COLOURS = ["#123f5e", "#b3452c", "#2f7d5b", "#e0a526", "#6b3f86", "#7fb7d6", "#d98c9f", "#4c4a42"] as const;
const PATTERNS = ["plain", "dashes", "dots", "double"] as const;
const CORNERS = 6;

/** @param mark hex of 16 bytes @throws RangeError */
export function discShape(mark: string): DiscShape {
  if (!/^[0-9a-f]{32}$/.test(mark)) throw new RangeError("a mark is hex of 16 bytes");
  const bytes = mark.match(/../g)!.map((pair) => Number.parseInt(pair, 16));
  const corners = bytes.slice(0, CORNERS).map((byte) => (byte % 5) - 2);
  const first = bytes[CORNERS]! % COLOURS.length;
  const second = (first + 1 + (Math.floor(bytes[CORNERS]! / COLOURS.length) % (COLOURS.length - 1))) % COLOURS.length;
  return {
    corners,
    core: COLOURS[first]!,
    rim: COLOURS[second]!,
    pattern: PATTERNS[bytes[CORNERS + 1]! % PATTERNS.length]!,
  };
}

export const DISC_SIDE = 200;
const MIDDLE = DISC_SIDE / 2;
const DISC_RADIUS = 96;
const STEP = 13;

/** The broken edge, from top to bottom, in a square of DISC_SIDE. */
export function edgeOf({ corners }: DiscShape): readonly (readonly [number, number])[] {
  const height = (2 * DISC_RADIUS) / (CORNERS + 1);
  return [
    [MIDDLE, MIDDLE - DISC_RADIUS],
    ...corners.map((corner, i) => [MIDDLE + corner * STEP, MIDDLE - DISC_RADIUS + (i + 1) * height] as const),
    [MIDDLE, MIDDLE + DISC_RADIUS],
  ];
}

/** The outline of one half, as the path of an SVG. */
export function halfPath(shape: DiscShape, side: "left" | "right"): string {
  const edge = edgeOf(shape);
  const [top, bottom] = [edge[0]!, edge.at(-1)!];
  const back = [...edge]
    .reverse()
    .slice(1)
    .map(([x, y]) => `L${x} ${y.toFixed(2)}`)
    .join("");
  const sweep = side === "left" ? 0 : 1;
  return `M${top[0]} ${top[1]}A${DISC_RADIUS} ${DISC_RADIUS} 0 0 ${sweep} ${bottom[0]} ${bottom[1]}${back}Z`;
}
