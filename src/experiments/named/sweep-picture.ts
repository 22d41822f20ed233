/** The picture of experiments that change one number: the main metric against it. */
import { drawLines, type Picture } from "../pictures.ts";
import { mainMetric, metricName } from "../ranking-table.ts";
import { type Results, type Row, seedMean } from "../results.ts";

/** A row with the number that was changed for it. */
export interface SweptRow {
  readonly x: number;
  readonly row: Row;
}

/** Rows that make one line, by rising x. */
export interface SweptLine {
  readonly name: string;
  readonly points: readonly SweptRow[];
}

export interface SweepPicture {
  readonly name: string;
  readonly caption: string;
  readonly axis: string;
  readonly type: "linear" | "log";
  readonly lines: readonly SweptLine[];
  /** A method whose value is a line across, where it was measured. */
  readonly level: string;
}

/** What was measured of a line's rows. */
export function sweptLine(
  results: Results,
  name: string,
  places: readonly { readonly x: number; readonly method: string; readonly variant?: string }[],
): SweptLine {
  const points = places.flatMap(({ x, method, variant }) => {
    const row = results.row(method, variant);
    return row === undefined ? [] : [{ x, row }];
  });
  return { name, points };
}

export function sweepPicture(
  results: Results,
  { name, caption, axis, type, lines, level }: SweepPicture,
): Picture {
  const metric = mainMetric(results);
  const across = results.rowsOf([level]).flatMap((row) => seedMean(row, metric) ?? []);
  return {
    name,
    caption: `${caption} Means over seeds.`,
    draw: () =>
      drawLines({
        description: caption,
        x: { label: axis, type, ticks: lines.slice(0, 1).flatMap(({ points }) => points.map(({ x }) => x)) },
        y: { label: metricName(metric) },
        lines: lines
          .map((line) => ({
            name: line.name,
            points: line.points.flatMap(({ x, row }) => {
              const value = seedMean(row, metric)?.mean;
              return value === undefined ? [] : [{ x, value }];
            }),
          }))
          .filter(({ points }) => points.length > 0),
        levels: across.map(({ mean }) => ({ name: level, value: mean })),
      }),
  };
}
