// A chart of values: points over time, the normal range as a band, a point outside it by another shape. The table with every value
// is one tap away. Time goes from left to right in every language.

import { type Range, shortRange } from "./about.ts";
import { CHART, layoutOf, type Mark } from "./chart.ts";
import { shortDay } from "./element.ts";
import { FlagMark } from "./resource-view.tsx";
import type { Point } from "./series.ts";
import { shortNumber } from "./value.ts";
import { fhirWords } from "./words.ts";

const R = 7;
function Shape({ shape, x, y }: Mark) {
  if (shape === "circle") return <circle class="point" cx={x} cy={y} r={R - 1} />;
  const d =
    shape === "up"
      ? `M${x} ${y - R}l${R + 1} ${2 * R}h${-2 * (R + 1)}z`
      : shape === "down"
        ? `M${x} ${y + R}l${R + 1} ${-2 * R}h${-2 * (R + 1)}z`
        : `M${x} ${y - R - 1}l${R + 1} ${R + 1}l${-R - 1} ${R + 1}l${-R - 1} ${-R - 1}z`;
  return <path class="point out" d={d} />;
}

export interface ValueChartProps {
  title: string;
  /** oldest first */
  points: readonly Point[];
  range?: Range | undefined;
  unit: string;
}

export function ValueChart({ title, points, range, unit }: ValueChartProps) {
  const words = fhirWords.value;
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  const { marks, band, ticks } = layoutOf(points, range);
  const { width, height, left, right, bottom } = CHART;
  const days = [shortDay(first.time), shortDay(last.time)] as const;
  const isOneDay = days[0] === days[1];
  return (
    <figure class="fhir-chart">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={words.chart(title, words.values(points.length), days[0], days[1])}
        direction="ltr"
      >
        {band && (
          <rect
            class="band"
            x={left}
            y={band.top}
            width={width - left - right}
            height={Math.max(1, band.bottom - band.top)}
          />
        )}
        {ticks.map(({ y, text }) => (
          <g key={text}>
            <line class="tick" x1={left} x2={width - right} y1={y} y2={y} />
            <text x={left - 8} y={y + 5} text-anchor="end">
              {text}
            </text>
          </g>
        ))}
        {marks.map((mark, i) => (
          <Shape key={i} {...mark} />
        ))}
        <text
          x={isOneDay ? (left + width - right) / 2 : left}
          y={height - bottom + 26}
          text-anchor={isOneDay ? "middle" : "start"}
        >
          {days[0]}
        </text>
        {!isOneDay && (
          <text x={width - right} y={height - bottom + 26} text-anchor="end">
            {days[1]}
          </text>
        )}
      </svg>
      <figcaption class="row small">
        {unit !== "" && <bdi class="tag">{unit}</bdi>}
        <span class="hint">{range === undefined ? words.noBand : words.band(shortRange(range))}</span>
      </figcaption>
      <details>
        <summary>{words.asTable}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.day}</th>
              <th scope="col">
                {words.value} {unit !== "" && <bdi>({unit})</bdi>}
              </th>
              <th scope="col">{words.mark}</th>
            </tr>
          </thead>
          <tbody>
            {points.toReversed().map(({ time, value, flag, href }, i) => (
              <tr key={i}>
                <td class="fhir-day">{href === undefined ? shortDay(time) : <a href={href}>{shortDay(time)}</a>}</td>
                <td>
                  <bdi>{shortNumber(value)}</bdi>
                </td>
                <td>
                  <FlagMark flag={flag} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
