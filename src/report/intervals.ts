/** Means with their intervals, one line for each name: the picture of a comparison. */
import * as Plot from "@observablehq/plot";
import { DASHED, figure, swatchLegend } from "./figure.ts";
import type { Html } from "./html.ts";

/** What a line means. */
export type Tone = "chosen" | "plain" | "faint" | "ahead" | "behind";

export interface Interval {
  readonly name: string;
  readonly value: number;
  readonly halfWidth: number;
  readonly label: string;
  readonly tone: Tone;
}

export interface IntervalFigure {
  readonly title: string;
  /** What the lines are, for those who do not see them. */
  readonly about: string;
  readonly intervals: readonly Interval[];
  /** Tones that need a word. */
  readonly legend?: readonly (readonly [tone: Tone, name: string])[];
  /** Whether 0 is marked, and always in sight. */
  readonly isDifference?: boolean;
}

const TONES: Readonly<Record<Tone, string>> = {
  chosen: "var(--accent)",
  ahead: "var(--accent)",
  behind: "var(--warm)",
  plain: "var(--text)",
  faint: "var(--muted)",
};

const ROW_HEIGHT = 34;
/** A value is off the scale where showing it would leave the others this part of the width, or less. */
const LEAST_PART = 1 / 2;

/** Labels stand above their lines, which leaves the whole width to the numbers; what is far off is told, not drawn. */
export function intervalFigure({ title, about, intervals, legend = [], isDifference = false }: IntervalFigure): Html {
  const [low, high] = scaleOf(intervals, isDifference);
  const isOff = ({ value }: Interval) => value < low || value > high;
  const drawn = intervals.filter((interval) => !isOff(interval));
  const colour = ({ tone }: Interval) => TONES[tone];
  const labels = { y: "name", dy: -7, fill: colour, stroke: "var(--page)", strokeWidth: 3 } as const;
  const names = { ...labels, text: "name", frameAnchor: "left", textAnchor: "start" } as const;
  const ofTone = (isStrong: boolean) => intervals.filter(({ tone }) => (tone === "chosen") === isStrong);
  const present = new Set(intervals.map(({ tone }) => tone));
  const shown = legend.filter(([tone]) => present.has(tone));
  return figure({
    title,
    description: `${about}: ${intervals.map(({ name, label }) => `${name} ${label}`).join("; ")}`,
    legend: shown.length > 1 && swatchLegend(shown.map(([tone, name]) => [TONES[tone], name])),
    note: intervals.some(isOff) && "An arrow: too far off to be drawn beside the others.",
    height: 30 + ROW_HEIGHT * intervals.length,
    marginLeft: 6,
    marginRight: 14,
    marginTop: 4,
    marginBottom: 26,
    x: { domain: [low, high], nice: true, grid: true, ticks: 4, label: null },
    y: { axis: null, type: "band", domain: intervals.map(({ name }) => name), padding: 0 },
    marks: [
      isDifference && Plot.ruleX([0], DASHED),
      Plot.ruleY(drawn, {
        x1: ({ value, halfWidth }: Interval) => Math.max(low, value - halfWidth),
        x2: ({ value, halfWidth }: Interval) => Math.min(high, value + halfWidth),
        y: "name",
        dy: 8,
        stroke: colour,
        strokeWidth: 2,
      }),
      Plot.dot(drawn, { x: "value", y: "name", dy: 8, r: 4, fill: colour, stroke: "var(--page)" }),
      arrows(
        "left",
        "◂",
        intervals.filter(({ value }) => value < low),
      ),
      arrows(
        "right",
        "▸",
        intervals.filter(({ value }) => value > high),
      ),
      Plot.text(ofTone(true), { ...names, fontWeight: 600 }),
      Plot.text(ofTone(false), names),
      Plot.text(intervals, { ...labels, text: "label", frameAnchor: "right", textAnchor: "end" }),
    ].filter((mark) => mark !== false),
  });
}

function arrows(side: "left" | "right", sign: string, intervals: readonly Interval[]): Plot.Text {
  const colour = ({ tone }: Interval) => TONES[tone];
  const anchor = side === "left" ? "start" : "end";
  return Plot.text(intervals, {
    y: "name",
    dy: 8,
    frameAnchor: side,
    textAnchor: anchor,
    text: () => sign,
    fill: colour,
  });
}

/** From the least end of an interval to the greatest, without values that would flatten all others. */
function scaleOf(intervals: readonly Interval[], isDifference: boolean): [low: number, high: number] {
  let kept = [...intervals].sort((a, b) => a.value - b.value);
  const ends = (own: readonly Interval[]): [number, number] => {
    const all = own.flatMap(({ value, halfWidth }) => [value - halfWidth, value + halfWidth]);
    if (isDifference) all.push(0);
    return [Math.min(...all), Math.max(...all)];
  };
  const width = (own: readonly Interval[]) => ends(own)[1] - ends(own)[0];
  while (kept.length > 2) {
    const [withoutFirst, withoutLast] = [kept.slice(1), kept.slice(0, -1)];
    const narrower = width(withoutFirst) <= width(withoutLast) ? withoutFirst : withoutLast;
    if (width(narrower) > LEAST_PART * width(kept)) break;
    kept = narrower;
  }
  return ends(kept);
}
