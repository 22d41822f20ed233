/** Experiments that change one setting of GoalRank's training: their trials, their table and their picture. */

import { type Contender, GOAL_RANK } from "../contenders.ts";
import type { DatasetChoice } from "../datasets.ts";
import type { Presentation } from "../experiment.ts";
import { drawLines, type Level } from "../pictures.ts";
import { mainMetric, metricName, rankingTable } from "../ranking-table.ts";
import { rankingTrial } from "../ranking-work.ts";
import { type Results, type Row, seedMean } from "../results.ts";
import type { Trial } from "../trial.ts";
import { landmarkTrials } from "./landmark-trials.ts";

/** GoalRank with one value of the setting. */
export interface SweepPoint {
  readonly x: number;
  /** Of the trial. */
  readonly variant: string;
  readonly contender: Contender;
}

export function sweepTrials(
  experiment: string,
  dataset: DatasetChoice,
  seeds: readonly number[],
  points: readonly SweepPoint[],
): Trial[] {
  return seeds.flatMap((seed) => [
    ...landmarkTrials(experiment, dataset, seed),
    ...points.map(({ variant, contender }) =>
      rankingTrial({ experiment, method: GOAL_RANK, seed, variant }, dataset, contender),
    ),
  ]);
}

/** A point that was measured. */
export interface SweptPoint {
  readonly x: number;
  readonly row: Row;
  /** By the main metric. */
  readonly value: number;
}

/** Points by rising x. */
export function sweptPoints(
  results: Results,
  places: readonly Omit<SweepPoint, "contender">[],
): SweptPoint[] {
  return places.flatMap(({ x, variant }) => {
    const row = results.row(GOAL_RANK, variant);
    const value = row && seedMean(row, mainMetric(results))?.mean;
    return row === undefined || value === undefined ? [] : [{ x, row, value }];
  });
}

/** Points that make one line of the picture. */
export interface SweptLine {
  readonly name: string;
  readonly points: readonly SweptPoint[];
}

/** The table and the picture of a sweep. */
export function showSweep(
  results: Results,
  lines: readonly SweptLine[],
  text: { readonly name: string; readonly caption: string; readonly axis: string; readonly isLog: boolean },
): Pick<Presentation, "tables" | "pictures"> {
  const metric = mainMetric(results);
  const logging = results.row("logging policy");
  const floor = logging && seedMean(logging, metric)?.mean;
  const levels: Level[] = floor === undefined ? [] : [{ name: "logging policy", y: floor }];
  const rows = lines.flatMap(({ points }) => points.map(({ row }) => ({ title: row.variant, row })));
  const ticks = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))];
  return {
    tables: [rankingTable(results, { name: text.name, caption: text.caption, rows, head: "GoalRank with" })],
    pictures: [
      {
        name: text.name,
        caption: `${text.caption} Means over seeds.`,
        draw: () =>
          drawLines({
            description: text.caption,
            x: { label: text.axis, type: text.isLog ? "log" : "linear", ticks },
            y: { label: metricName(metric) },
            lines: lines.map(({ name, points }) => ({
              name,
              points: points.map(({ x, value }) => ({ x, y: value })),
            })),
            levels,
          }),
      },
    ],
  };
}
