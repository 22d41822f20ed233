/**
 * Does the list around an item tell anything of its feedback, in each dataset? Exposed items of held-out lists, foreseen by
 * themselves, in their whole list, and read from the top down.
 */
import { join } from "node:path";
import { mean } from "../../evaluation/statistics.ts";
import { FittedWorld } from "../../world/fitted-world.ts";
import { type DataSettings, loadData } from "../datasets.ts";
import type { Experiment, Surroundings } from "../experiment.ts";
import { measureListEffects, READINGS, type Reading } from "../list-context.ts";
import { estimateOf, type Results, seedMean } from "../results.ts";
import { type Table, tableOf } from "../tables.ts";
import { type TrialOutcome, type Work, workKey } from "../trial.ts";

interface ListEffectsWork extends Work {
  readonly kind: "list-effects";
  readonly data: DataSettings;
}

const EXPERIMENT = "list-effects";

async function runListEffects(work: ListEffectsWork, surroundings: Surroundings): Promise<TrialOutcome> {
  const { root, dataFolder, context } = surroundings;
  const data = await loadData(work.data, join(root, "shared", workKey(work)), dataFolder, context);
  const { training, test, catalogue, world } = data;
  const results = measureListEffects({ training, held: test }, catalogue, { seed: work.data.seed });
  const metrics = READINGS.flatMap((reading): [string, number][] =>
    Object.entries(results[reading]).map(([name, value]) => [`${reading} ${name}`, value]),
  );
  return {
    metrics: { ...Object.fromEntries(metrics), lists: test.size, isFitted: world instanceof FittedWorld ? 1 : 0 },
  };
}

function effectsTable(results: Results): Table {
  const [row] = results.rows;
  const { trials } = row;
  const values = (reading: Reading, what: string) => trials.map(({ metrics }) => metrics[`${reading} ${what}`]);
  const caption =
    `Log-loss of exposed items of ${trials[0].metrics.lists} held-out lists, ${results.place}: with and without the ` +
    "items around them. Gain: how much lower it is than that of the item alone, mean over seeds, ± the 95% interval over " +
    "lists of one seed, averaged. p: the largest over seeds of a test in which other lists' items stand in.";
  return tableOf(EXPERIMENT, caption, READINGS, [
    { title: "read", of: (reading) => reading },
    { title: "log-loss", digits: 4, of: (reading) => seedMean(row, `${reading} logLoss`) },
    {
      title: "gain",
      digits: 4,
      of: (reading) =>
        reading === "item alone"
          ? undefined
          : {
              ...estimateOf(values(reading, "gain")),
              mean: mean(values(reading, "gain")),
              halfWidth: mean(values(reading, "halfWidth")),
            },
    },
    { title: "p", of: (reading) => (reading === "item alone" ? undefined : Math.max(...values(reading, "pValue"))) },
  ]);
}

export const listEffects: Experiment = {
  name: EXPERIMENT,
  title: "List effects: does the list around an item tell anything?",
  summary: "held-out log-loss of exposed items alone, in their whole list, and read top-down, with a permutation test",
  data: "any",
  trials: ({ seeds, dataset }) =>
    seeds.map((seed) => {
      const work: ListEffectsWork = { kind: EXPERIMENT, data: { ...dataset.settings, seed } };
      return { experiment: EXPERIMENT, dataset: dataset.label, method: "log-bilinear", seed, variant: "", work };
    }),
  works: { [EXPERIMENT]: runListEffects },
  notes: [
    "The model is small, so that a list effect of another form than a sum over pairs of items may escape it; a log whose " +
      "lists were chosen by their feedback, as where lists without a positive are left out, may show one that users do not " +
      "have. A rating that was given before lists were cut cannot depend on them.",
  ],
  present: (results) =>
    results.rows.length === 0 ? { tables: [], pictures: [] } : { tables: [effectsTable(results)], pictures: [] },
};
