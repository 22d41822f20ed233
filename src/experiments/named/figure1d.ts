/**
 * Figure 1d of the paper: what a generator-evaluator gains from more lists, and a multi-generator-evaluator from more
 * generators, beside GoalRank, which proposes nothing.
 */
import { compareWithBest } from "../best-baseline.ts";
import { contenderTitle, GOAL_RANK, tableMethods } from "../contenders.ts";
import type { Experiment } from "../experiment.ts";
import { drawLines, type Line } from "../pictures.ts";
import { estimateText, mainMetric, metricName, rankingTable } from "../ranking-table.ts";
import { rankingTrial } from "../ranking-work.ts";
import { type Results, type Row, rowName, seedMean } from "../results.ts";
import { injectedCandidates, SMALLER_MODELS } from "./deviations.ts";
import { landmarkTrials } from "./landmark-trials.ts";

const LISTS = [1, 3, 10, 30, 100, 300, 1000];
const EVALUATOR = "generator-evaluator";
/** The multi-generator-evaluators of Table 1, with their number of generators. */
const FLEETS = tableMethods().flatMap((contender) => {
  const [, size] = (contender.name === "method" && /^mg-e-(\d+)$/.exec(contender.method)) || [];
  return size === undefined ? [] : [{ contender, size: Number(size) }];
});

const variantOf = (lists: number) => `${lists} ${lists === 1 ? "list" : "lists"}`;

/** What was measured, by the number of lists or generators. */
function measured(results: Results): {
  readonly evaluators: [number, Row][];
  readonly fleets: [number, Row][];
} {
  const pairs = <Key>(keys: readonly Key[], size: (key: Key) => number, row: (key: Key) => Row | undefined) =>
    keys.flatMap((key): [number, Row][] => {
      const found = row(key);
      return found === undefined ? [] : [[size(key), found]];
    });
  return {
    evaluators: pairs(
      LISTS,
      (lists) => lists,
      (lists) => results.row(EVALUATOR, variantOf(lists)),
    ),
    fleets: pairs(
      FLEETS,
      ({ size }) => size,
      ({ contender }) => results.row(contenderTitle(contender)),
    ),
  };
}

function findings(results: Results): string[] {
  const main = mainMetric(results);
  const { evaluators } = measured(results);
  const meanAt = (lists: number) => {
    const row = evaluators.find(([size]) => size === lists)?.[1];
    return row && seedMean(row, main)?.mean;
  };
  const gains = [1, 10, 100].flatMap((from) => {
    const [before, after] = [meanAt(from), meanAt(10 * from)];
    return before === undefined || after === undefined
      ? []
      : [`${(after - before).toFixed(3)} from ${from} to ${10 * from}`];
  });
  const own = results.row(GOAL_RANK);
  const value = own && seedMean(own, main);
  const last = evaluators.at(-1);
  const most = last && seedMean(last[1], main);
  return [
    `By ${metricName(main)} the generator-evaluator gains ${gains.join(", ")} lists.`,
    ...(value && most && last
      ? [
          `GoalRank has ${estimateText(value)}, ${Math.abs(value.mean - most.mean).toFixed(3)} ` +
            `${value.mean >= most.mean ? "above" : "below"} the generator-evaluator with ${last[0]} lists.`,
        ]
      : []),
  ];
}

export const figure1d: Experiment = {
  name: "figure1d",
  title: "Figure 1d: more lists, more generators",
  summary: "saturation of generator-evaluators with 1 to 1000 lists, beside GoalRank",
  usesData: true,
  trials: ({ seeds, dataset }) =>
    seeds.flatMap((seed) => {
      const label = { experiment: "figure1d", seed };
      return [
        ...landmarkTrials("figure1d", dataset, seed),
        rankingTrial({ ...label, method: GOAL_RANK }, dataset, { name: "goalrank", policy: dataset.policy }),
        ...LISTS.map((lists) =>
          rankingTrial({ ...label, method: EVALUATOR, variant: variantOf(lists) }, dataset, {
            name: "generator-evaluator",
            lists,
          }),
        ),
        ...FLEETS.map(({ contender }) =>
          rankingTrial({ ...label, method: contenderTitle(contender) }, dataset, contender),
        ),
      ];
    }),
  present(results) {
    const main = mainMetric(results);
    const { evaluators, fleets } = measured(results);
    const own = results.row(GOAL_RANK);
    const level = own && seedMean(own, main);
    const rows = [
      ...evaluators.map(([, row]) => ({ title: rowName(row), row })),
      ...fleets.map(([, row]) => ({ title: row.method, row })),
      ...(own ? [{ title: GOAL_RANK, row: own }] : []),
    ];
    const comparison = compareWithBest(results, main, ({ method }) => method === EVALUATOR);
    const line = (name: string, pairs: readonly [number, Row][]): Line => ({
      name,
      points: pairs.flatMap(([x, row]) => {
        const y = seedMean(row, main)?.mean;
        return y === undefined ? [] : [{ x, y }];
      }),
    });
    const caption =
      `Generator-evaluators on ${results.dataset} by the number of lists that they choose from, seeds ` +
      `${results.seeds.join(", ")}.`;
    return {
      findings: findings(results),
      deviations: [
        SMALLER_MODELS,
        "Lists are drawn from the pointwise ranker without replacement, at the temperature of five that wins the judge's " +
          "favour on 256 training requests.",
        ...injectedCandidates(results.dataset),
      ],
      tables: [rankingTable(results, { name: "figure1d", caption, rows, comparison })],
      pictures: [
        {
          name: "figure1d",
          caption: `${caption} Means over seeds.`,
          draw: () =>
            drawLines({
              description: `Quality of generator-evaluators against the number of lists on ${results.dataset}`,
              x: { label: "lists or generators", type: "log", ticks: [1, 10, 100, 1000] },
              y: { label: metricName(main) },
              lines: [line("generator-evaluator", evaluators), line("MG-E", fleets)].filter(
                ({ points }) => points.length > 0,
              ),
              levels: level === undefined ? [] : [{ name: GOAL_RANK, y: level.mean }],
            }),
        },
      ],
    };
  },
};
