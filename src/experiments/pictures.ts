/** Pictures as SVG files that stand alone: Observable Plot draws them into a document of its own. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { Estimate } from "./tables.ts";

const { document } = parseHTML("<!doctype html><html><body></body></html>");

/** Colours that are told apart by people who see fewer of them (Okabe and Ito 2008). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444"];
const DASHES = [undefined, "6 3", "2 3", "8 3 2 3"];

export interface Picture {
  /** Of the file. */
  readonly name: string;
  readonly caption: string;
  readonly svg: string;
}

interface Chart extends Omit<Picture, "svg"> {
  /** What the picture shows, for those who do not see it. */
  readonly description: string;
  readonly x: Axis;
}

export interface Axis {
  readonly label: string;
  readonly type?: "linear" | "log";
  readonly domain?: readonly [number, number];
  /** Numbers that are marked: all that are measured, where there are few. */
  readonly ticks?: readonly number[];
}

/** A value, and the ends of an interval around it. */
export interface Mark {
  readonly value: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** An estimate, times `scale`. */
export function markOf({ mean, halfWidth }: Estimate, scale = 1): Mark {
  if (halfWidth === undefined) return { value: scale * mean };
  return { value: scale * mean, low: scale * (mean - halfWidth), high: scale * (mean + halfWidth) };
}

export interface Point extends Mark {
  readonly x: number;
}

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

/** A value that does not depend on x. */
export interface Level {
  readonly name: string;
  readonly value: number;
}

export interface LineChart extends Chart {
  readonly y: Axis;
  readonly lines: readonly Line[];
  readonly levels?: readonly Level[];
}

/** Lines with their names at their ends, and level lines across. */
export function drawLines({ x, y, lines, levels = [], ...chart }: LineChart): Picture {
  const ends = lines.flatMap(({ points }) => points.map((point) => point.x));
  const title = (own: Line | Level, at: Point, fill: string) =>
    Plot.text([at], { x: "x", y: "value", text: () => own.name, fill, textAnchor: "start", dx: 7 });
  const marks = lines.flatMap((line, i) => {
    const { points } = line;
    const stroke = COLOURS[i % COLOURS.length];
    const dash = DASHES[i % DASHES.length];
    const style = { stroke, strokeWidth: 2, ...(dash !== undefined && { strokeDasharray: dash }) };
    return [
      Plot.areaY(points.filter(hasInterval), { x: "x", y1: "low", y2: "high", fill: stroke, fillOpacity: 0.15 }),
      Plot.line(points, { x: "x", y: "value", ...style }),
      Plot.dot(points, { x: "x", y: "value", fill: stroke, r: 2.5 }),
      ...points.slice(-1).map((last) => title(line, last, stroke)),
    ];
  });
  const across = levels.flatMap((level, i) => {
    const stroke = COLOURS[(lines.length + i) % COLOURS.length];
    return [
      Plot.ruleY([level.value], { stroke, strokeDasharray: "4 3" }),
      title(level, { x: Math.max(...ends), value: level.value }, stroke),
    ];
  });
  return plot(chart, {
    marginRight: 24 + widthOf([...lines, ...levels]),
    x: axisOptions(x),
    y: { ...axisOptions(y), grid: true },
    marks: [...across, ...marks],
  });
}

export interface Bar extends Mark {
  readonly name: string;
  readonly isMarked?: boolean;
}

export interface Panel {
  /** Over it, where there are several. */
  readonly name?: string;
  readonly bars: readonly Bar[];
}

/** Panels side by side with one axis of names and one scale. */
export interface PanelChart extends Chart {
  readonly panels: readonly Panel[];
}

/** A dot for each name in each panel, with its interval; names stand in the order in which panels name them. */
export function drawPanels({ x, panels, ...chart }: PanelChart): Picture {
  const dots = panels.flatMap(({ name: panel, bars }) => bars.map((bar) => ({ ...bar, panel })));
  const names = [...new Set(dots.map(({ name }) => name))];
  const colourOf = ({ isMarked }: Bar) => COLOURS[isMarked === true ? 1 : 0];
  const isSingle = panels.length === 1;
  const place = { ...(!isSingle && { fx: "panel" }), y: "name" };
  const marginLeft = 20 + widthOf(dots);
  return plot(chart, {
    height: 60 + 20 * names.length,
    marginLeft,
    x: { ...axisOptions(x), grid: true },
    y: { label: null, domain: names },
    ...(!isSingle && {
      width: marginLeft + 150 * panels.length,
      height: 90 + 20 * names.length,
      marginTop: 40,
      fx: { label: null, domain: panels.map(({ name }) => name) },
    }),
    marks: [
      ...(isSingle ? [] : [Plot.frame({ stroke: "#dddddd" })]),
      Plot.ruleY(dots.filter(hasInterval), { ...place, x1: "low", x2: "high", stroke: colourOf, strokeWidth: 2 }),
      Plot.dot(dots, { ...place, x: "value", fill: colourOf, r: 4 }),
    ],
  });
}

function hasInterval({ low, high }: Mark): boolean {
  return low !== undefined && high !== undefined;
}

/** Of the longest name. */
function widthOf(named: readonly { readonly name: string }[]): number {
  return 6.5 * Math.max(...named.map(({ name }) => name.length));
}

function axisOptions({ label, type = "linear", domain, ticks }: Axis): Plot.ScaleOptions {
  return {
    label,
    labelAnchor: "center",
    labelArrow: "none",
    type,
    ...(domain && { domain: [...domain] }),
    ...(ticks && { ticks: [...ticks] }),
    ...(type === "log" && { tickFormat: (value: number) => String(Number(value.toPrecision(3))) }),
  };
}

function plot({ name, caption, description }: Omit<Chart, "x">, options: Plot.PlotOptions): Picture {
  const picture = Plot.plot({
    width: 640,
    height: 360,
    marginLeft: 66,
    marginBottom: 44,
    style: { background: "white", color: "#222222", fontSize: "12px", fontFamily: "sans-serif" },
    ...options,
    className: "plot",
    ariaLabel: description,
    document,
  });
  picture.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  picture.setAttribute("role", "img");
  return { name, caption, svg: `${picture.outerHTML}\n` };
}
