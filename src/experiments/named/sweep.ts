/** What experiments that change one number show: the table of their rows, and the main metric against the number. */
import type { Presentation } from "../experiment.ts";
import { type Axis, drawLines, type Picture } from "../pictures.ts";
import { mainMetric, metricName, type RankingTableOptions, rankingTable } from "../ranking-table.ts";
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

export interface Sweep extends Omit<RankingTableOptions, "rows"> {
  readonly axis: Pick<Axis, "label" | "type">;
  readonly lines: readonly SweptLine[];
  /** A method whose value is a line across, where it was measured. */
  readonly level: string;
  /** Rows under those of the lines. */
  readonly others?: readonly Row[];
}

export function presentSweep(results: Results, sweep: Sweep): Presentation {
  const rows = sweep.lines.flatMap(({ points }) => points.map(({ row }) => row));
  return {
    tables: [rankingTable(results, { ...sweep, rows: [...rows, ...(sweep.others ?? [])] })],
    pictures: [sweepPicture(results, sweep)],
  };
}

function sweepPicture(results: Results, { name, caption, axis, lines, level }: Sweep): Picture {
  const metric = mainMetric(results);
  const meanOf = (row: Row) => seedMean(row, metric)?.mean;
  const drawn = lines.map((line) => ({
    name: line.name,
    points: line.points.flatMap(({ x, row }) => {
      const value = meanOf(row);
      return value === undefined ? [] : [{ x, value }];
    }),
  }));
  return drawLines({
    name,
    caption: `${caption} Means over seeds.`,
    description: caption,
    x: { ...axis, ticks: lines.slice(0, 1).flatMap(({ points }) => points.map(({ x }) => x)) },
    y: { label: metricName(metric) },
    lines: drawn.filter(({ points }) => points.length > 0),
    levels: results.rowsOf([level]).flatMap((row) => {
      const value = meanOf(row);
      return value === undefined ? [] : [{ name: level, value }];
    }),
  });
}
