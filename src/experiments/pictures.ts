/** Pictures as SVG files that stand alone: Observable Plot draws them into a document of its own. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

const { document } = parseHTML("<!doctype html><html><body></body></html>");

/** Colours that are told apart by people who see fewer of them (Okabe and Ito 2008). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444"];
const DASHES = [undefined, "6 3", "2 3", "8 3 2 3"];

export interface Picture {
  /** Of the file. */
  readonly name: string;
  readonly caption: string;
  readonly draw: () => string;
}

export interface Axis {
  readonly label: string;
  readonly type?: "linear" | "log";
  readonly domain?: readonly [number, number];
  /** Numbers that are marked: all that are measured, where there are few. */
  readonly ticks?: readonly number[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Ends of an interval around y. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

/** A value that does not depend on x. */
export interface Level {
  readonly name: string;
  readonly y: number;
}

export interface LineChart {
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
  readonly levels?: readonly Level[];
}

/** Lines with their names at their ends, and level lines across. */
export function drawLines({ description, x, y, lines, levels = [] }: LineChart): string {
  const marks = lines.flatMap(({ name, points }, i) => {
    const stroke = COLOURS[i % COLOURS.length];
    const dash = DASHES[i % DASHES.length];
    const style = { stroke, strokeWidth: 2, ...(dash !== undefined && { strokeDasharray: dash }) };
    const banded = points.filter(({ low, high }) => low !== undefined && high !== undefined);
    const last = points.slice(-1);
    return [
      Plot.areaY(banded, { x: "x", y1: "low", y2: "high", fill: stroke, fillOpacity: 0.15 }),
      Plot.line(points, { x: "x", y: "y", ...style }),
      Plot.dot(points, { x: "x", y: "y", fill: stroke, r: 2.5 }),
      Plot.text(last, { x: "x", y: "y", text: () => name, fill: stroke, textAnchor: "start", dx: 7 }),
    ];
  });
  const right = Math.max(...lines.flatMap(({ points }) => points.map((point) => point.x)));
  const across = levels.flatMap(({ name, y: value }, i) => {
    const stroke = COLOURS[(lines.length + i) % COLOURS.length];
    return [
      Plot.ruleY([value], { stroke, strokeDasharray: "4 3" }),
      Plot.text([{ x: right, y: value }], {
        x: "x",
        y: "y",
        text: () => name,
        fill: stroke,
        textAnchor: "start",
        dx: 7,
      }),
    ];
  });
  const longest = Math.max(...[...lines, ...levels].map(({ name }) => name.length));
  return plot(description, {
    marginRight: 24 + 6.5 * longest,
    x: axisOptions(x),
    y: { ...axisOptions(y), grid: true },
    marks: [...across, ...marks],
  });
}

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  readonly isMarked?: boolean;
}

export interface BarChart {
  readonly description: string;
  readonly label: string;
  readonly bars: readonly Bar[];
}

/** A dot for each name with its interval, the first on top. */
export function drawDots({ description, label, bars }: BarChart): string {
  const colourOf = ({ isMarked }: Bar) => COLOURS[isMarked === true ? 1 : 0];
  const longest = Math.max(...bars.map(({ name }) => name.length));
  const spread = bars.filter(({ low, high }) => low !== undefined && high !== undefined);
  return plot(description, {
    height: 60 + 20 * bars.length,
    marginLeft: 20 + 6.5 * longest,
    x: { label, labelAnchor: "center", labelArrow: "none", grid: true },
    y: { label: null, domain: bars.map(({ name }) => name) },
    marks: [
      Plot.ruleY(spread, { y: "name", x1: "low", x2: "high", stroke: colourOf, strokeWidth: 2 }),
      Plot.dot(bars, { y: "name", x: "value", fill: colourOf, r: 4 }),
    ],
  });
}

/** Panels side by side with one axis of names, in the order in which panels name them. */
export interface PanelChart {
  readonly description: string;
  readonly x: Axis;
  readonly panels: readonly { readonly name: string; readonly bars: readonly Bar[] }[];
}

/** A dot for each name in each panel, with its interval; panels have one scale. */
export function drawPanels({ description, x, panels }: PanelChart): string {
  const names = [...new Set(panels.flatMap(({ bars }) => bars.map(({ name }) => name)))];
  const longest = Math.max(...names.map(({ length }) => length));
  const dots = panels.flatMap(({ name: panel, bars }) => bars.map((bar) => ({ ...bar, panel })));
  const colourOf = ({ isMarked }: Bar) => COLOURS[isMarked === true ? 1 : 0];
  const spread = dots.filter(({ low, high }) => low !== undefined && high !== undefined);
  const marginLeft = 20 + 6.5 * longest;
  return plot(description, {
    width: marginLeft + 150 * panels.length,
    height: 90 + 20 * names.length,
    ...{ marginLeft, marginTop: 40 },
    fx: { label: null, domain: panels.map(({ name }) => name) },
    x: { ...axisOptions(x), grid: true },
    y: { label: null, domain: names },
    marks: [
      Plot.frame({ stroke: "#dddddd" }),
      Plot.ruleY(spread, {
        ...{ fx: "panel", y: "name", x1: "low", x2: "high" },
        stroke: colourOf,
        strokeWidth: 2,
      }),
      Plot.dot(dots, { fx: "panel", y: "name", x: "value", fill: colourOf, r: 4 }),
    ],
  });
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

function plot(description: string, options: Plot.PlotOptions): string {
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
  return `${picture.outerHTML}\n`;
}
