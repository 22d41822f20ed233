/** Figures of the page, drawn as SVG: curves over steps, a scatter whose points can be moved, arrows, errors by size. */
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { written } from "./parts.tsx";
import { useWidth } from "./store.ts";

/** A line of numbers, one a step. */
export interface Line {
  readonly name: string;
  readonly values: readonly number[];
  readonly kind: "truth" | "judge";
}

/** A level that stays. */
export interface Level {
  readonly name: string;
  readonly value: number;
}

interface CurvesProps {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly levels?: readonly Level[];
  /** Steps across. */
  readonly steps: number;
  readonly now: number;
  /** What is counted across. */
  readonly unit?: string;
  readonly height?: number;
}

/** Ticks at round numbers: about `count` of them. */
export function ticksOf(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1e-9)));
  const unit = [1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10;
  const step = unit * power;
  const first = Math.ceil(low / step);
  const ticks: number[] = [];
  for (let n = first; n * step <= high + 1e-9; n++) ticks.push(Number((n * step).toPrecision(12)));
  return ticks;
}

const describe = (values: readonly number[]) =>
  values.length === 0 ? "nothing yet" : `from ${written(values[0])} to ${written(values.at(-1) ?? 0)}`;

/** Lines over steps, with levels and the moment that is looked at. */
export function Curves({ title, lines, levels = [], steps, now, unit = "step", height = 240 }: CurvesProps) {
  const { ref, width } = useWidth();
  const [left, right, top, bottom] = [36, 12, 12, 26];
  const all = [...lines.flatMap(({ values }) => values), ...levels.map(({ value }) => value)];
  const least = Math.min(...all);
  const most = Math.max(...all);
  const margin = Math.max(0.05, 0.08 * (most - least));
  const [low, high] = [least - margin, most + margin];
  const x = (step: number) => left + (step / Math.max(steps, 1)) * (width - left - right);
  const y = (value: number) => top + ((high - value) / (high - low)) * (height - top - bottom);
  const words = lines.map(({ name, values }) => `${name} ${describe(values)}`).join("; ");
  return (
    <div ref={ref}>
      <svg width={width} height={height} role="img" aria-label={`${title}: ${words}`}>
        {ticksOf(low, high, 4).map((tick) => (
          <g key={tick}>
            <line class="axis" x1={left} x2={width - right} y1={y(tick)} y2={y(tick)} />
            <text x={left - 6} y={y(tick) + 4} text-anchor="end">
              {written(tick, 1)}
            </text>
          </g>
        ))}
        {ticksOf(0, steps, 4).map((tick) => (
          <text
            key={tick}
            x={x(tick)}
            y={height - 6}
            text-anchor={tick === 0 ? "start" : tick === steps ? "end" : "middle"}
          >
            {tick === steps ? `${unit} ${tick}` : tick}
          </text>
        ))}
        {levels.map(({ name, value }) => (
          <g key={name}>
            <line class="level" x1={left} x2={width - right} y1={y(value)} y2={y(value)} />
            <text x={width - right} y={y(value) - 4} text-anchor="end">
              {name}
            </text>
          </g>
        ))}
        <line class="now" x1={x(now)} x2={x(now)} y1={top} y2={height - bottom} />
        {lines.map(({ name, values, kind }) => (
          <g key={name}>
            <polyline class={`${kind}-line`} points={values.map((value, step) => `${x(step)},${y(value)}`).join(" ")} />
            {values[now] !== undefined && (
              <circle cx={x(now)} cy={y(values[now])} r={4} fill={kind === "truth" ? "var(--text)" : "var(--accent)"} />
            )}
          </g>
        ))}
      </svg>
      <p class="legend">
        {lines.map(({ name, kind }) => (
          <span key={name} class={`is-${kind}`}>
            {name}
          </span>
        ))}
        {levels.length > 0 && <span class="is-level">what stays</span>}
      </p>
    </div>
  );
}

interface ScatterProps {
  readonly truth: Float64Array;
  readonly judge: Float64Array;
  /** Least and greatest opinion of the members, where there are several. */
  readonly range: readonly (readonly [number, number])[] | undefined;
  readonly edited: ReadonlySet<number>;
  readonly chosen: number;
  nameOf(index: number): string;
  onChoose(index: number): void;
  /** By how much the judge's opinion of a list is to be moved. */
  onMove(index: number, change: number): void;
}

/** Truth across, the judge up. Points are dragged up and down; arrow keys choose one and move it. */
export function Scatter({ truth, judge, range, edited, chosen, nameOf, onChoose, onMove }: ScatterProps) {
  const { ref, width } = useWidth();
  const dragged = useRef<{ readonly index: number; y: number } | undefined>(undefined);
  const height = Math.min(440, Math.max(300, width * 0.62));
  const [left, right, top, bottom] = [40, 14, 14, 36];
  const values = [...truth, ...judge, ...(range?.flat() ?? [])];
  const [low, high] = [Math.min(...values, 0) - 0.1, Math.max(...values) + 0.15];
  const [first, last] = [Math.min(...truth) - 0.1, Math.max(...truth) + 0.1];
  const x = (value: number) => left + ((value - first) / (last - first)) * (width - left - right);
  const y = (value: number) => top + ((high - value) / (high - low)) * (height - top - bottom);
  const perPixel = (high - low) / (height - top - bottom);
  const order = [...truth.keys()].sort((a, b) => truth[a] - truth[b]);
  const onKeyDown = (event: KeyboardEvent) => {
    const at = order.indexOf(chosen);
    const moves: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => onChoose(order[Math.max(0, at - 1)]),
      ArrowRight: () => onChoose(order[Math.min(order.length - 1, at + 1)]),
      ArrowUp: () => onMove(chosen, 0.1),
      ArrowDown: () => onMove(chosen, -0.1),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  };
  return (
    <div ref={ref}>
      <div
        role="slider"
        tabIndex={0}
        aria-label="The judge's reward of the chosen list: left and right choose a list, up and down move the judge's opinion of it"
        aria-valuemin={Math.floor(low)}
        aria-valuemax={Math.ceil(high)}
        aria-valuenow={Number(judge[chosen].toFixed(2))}
        aria-valuetext={`${nameOf(chosen)}: truth ${written(truth[chosen])}, judge ${written(judge[chosen])}`}
        onKeyDown={onKeyDown}
      >
        <svg
          width={width}
          height={height}
          aria-hidden="true"
          style={{ touchAction: "pan-y" }}
          onPointerMove={(event) => {
            const own = dragged.current;
            if (own === undefined) return;
            onMove(own.index, (own.y - event.clientY) * perPixel);
            own.y = event.clientY;
          }}
          onPointerUp={() => {
            dragged.current = undefined;
          }}
        >
          {ticksOf(low, high, 5).map((tick) => (
            <g key={tick}>
              <line class="axis" x1={left} x2={width - right} y1={y(tick)} y2={y(tick)} />
              <text x={left - 6} y={y(tick) + 4} text-anchor="end">
                {written(tick, 1)}
              </text>
            </g>
          ))}
          {ticksOf(first, last, 5).map((tick) => (
            <text key={tick} x={x(tick)} y={height - 20} text-anchor="middle">
              {written(tick, 1)}
            </text>
          ))}
          <text x={width - right} y={height - 4} text-anchor="end">
            true reward →
          </text>
          <text x={left} y={top - 2}>
            ↑ the judge's r̂
          </text>
          <line
            class="level"
            x1={x(Math.max(first, low))}
            y1={y(Math.max(first, low))}
            x2={x(Math.min(last, high))}
            y2={y(Math.min(last, high))}
          />
          {range?.map(([least, most], index) => (
            <line key={index} class="axis" x1={x(truth[index])} x2={x(truth[index])} y1={y(least)} y2={y(most)} />
          ))}
          {order.map((index) => (
            <circle
              key={index}
              class={`point${edited.has(index) ? " edited" : ""}${index === chosen ? " chosen" : ""}`}
              cx={x(truth[index])}
              cy={y(judge[index])}
              r={index === chosen ? 7 : 5}
              style={{ touchAction: "none" }}
              onPointerDown={(event) => {
                event.currentTarget.ownerSVGElement?.setPointerCapture(event.pointerId);
                dragged.current = { index, y: event.clientY };
                onChoose(index);
              }}
            />
          ))}
        </svg>
      </div>
    </div>
  );
}

/** An arrow to the left or to the right of the middle: where a list is pushed. */
export function Arrow({ value, most }: { readonly value: number; readonly most: number }) {
  const half = 36;
  const length = most > 0 ? (value / most) * (half - 4) : 0;
  const tip = half + length;
  const isSmall = Math.abs(length) < 1.5;
  const head = Math.sign(length) * Math.min(6, Math.abs(length));
  return (
    <svg width={2 * half} height={14} aria-hidden="true">
      <line class="axis" x1={half} x2={half} y1={0} y2={14} />
      {!isSmall && (
        <g stroke={length > 0 ? "var(--accent)" : "var(--text)"} fill={length > 0 ? "var(--accent)" : "var(--text)"}>
          <line x1={half} x2={tip - head} y1={7} y2={7} stroke-width={2.5} />
          <path d={`M${tip},7 l${-head},-4.5 v9 z`} stroke="none" />
        </g>
      )}
    </svg>
  );
}

/** Points with error bars by group size, one row of points for each kind. */
export function Errors({
  title,
  sizes,
  series,
}: {
  readonly title: string;
  readonly sizes: readonly number[];
  readonly series: readonly {
    readonly name: string;
    readonly kind: "truth" | "judge";
    readonly points: readonly { readonly mean: number; readonly deviation: number }[];
  }[];
}) {
  const { ref, width } = useWidth();
  const height = 260;
  const [left, right, top, bottom] = [40, 14, 14, 36];
  const low = Math.min(0, ...series.flatMap(({ points }) => points.map(({ mean, deviation }) => mean - deviation)));
  const x = (at: number) => left + ((at + 0.5) / sizes.length) * (width - left - right);
  const y = (value: number) => top + ((1 - value) / (1 - low)) * (height - top - bottom);
  const words = series.map(({ name, points }) => `${name}: ${points.map(({ mean }) => written(mean)).join(", ")}`);
  return (
    <div ref={ref}>
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={`${title}, for groups of ${sizes.join(", ")} lists. ${words.join("; ")}`}
      >
        {ticksOf(low, 1, 4).map((tick) => (
          <g key={tick}>
            <line class="axis" x1={left} x2={width - right} y1={y(tick)} y2={y(tick)} />
            <text x={left - 6} y={y(tick) + 4} text-anchor="end">
              {written(tick, 1)}
            </text>
          </g>
        ))}
        {sizes.map((size, at) => (
          <text key={size} x={x(at)} y={height - 18} text-anchor="middle">
            {at === sizes.length - 1 ? `G = ${size}` : size}
          </text>
        ))}
        {series.map(({ name, kind, points }, of) => (
          <g
            key={name}
            stroke={kind === "truth" ? "var(--text)" : "var(--accent)"}
            fill={kind === "truth" ? "var(--text)" : "var(--accent)"}
          >
            {points.map(({ mean, deviation }, at) => {
              const place = x(at) + (of - (series.length - 1) / 2) * 12;
              return (
                <g key={sizes[at]}>
                  <line
                    x1={place}
                    x2={place}
                    y1={y(mean - deviation)}
                    y2={y(Math.min(1, mean + deviation))}
                    stroke-width={1.5}
                  />
                  <circle cx={place} cy={y(mean)} r={4} stroke="none" />
                </g>
              );
            })}
          </g>
        ))}
      </svg>
      <Legend>
        {series.map(({ name, kind }) => (
          <span key={name} class={`is-box${kind === "truth" ? " plain" : ""}`}>
            {name}
          </span>
        ))}
      </Legend>
    </div>
  );
}

export function Legend({ children }: { readonly children: ComponentChildren }) {
  return <p class="legend">{children}</p>;
}
