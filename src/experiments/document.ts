/** The document of results: every experiment that ran, what it shows, and how to run it again. */
import { join } from "node:path";
import { fileName, writeWhole } from "../files/write-whole.ts";
import { EXPERIMENTS } from "./named/index.ts";
import type { Picture } from "./pictures.ts";
import { meanColumn } from "./ranking-table.ts";
import { Results } from "./results.ts";
import type { RunRecord } from "./run-log.ts";
import { SavedResults, saveResults } from "./saved-results.ts";
import { SEARCH } from "./search.ts";
import { SHARED } from "./shared-work.ts";
import { type Table, tableOf, toMarkdown } from "./tables.ts";

const HEAD = `# Results

<!-- Written by \`goalrank experiment report\`; changes by hand are lost. -->

Every table and figure here is drawn from the results of the command beside it. Intervals after ± are 95% confidence
intervals: of means over seeds by Student's t, of differences over seeds and requests. CPU seconds are those of one core.
[The comparison](comparison.md#what-came-out) says in words what came out.

Unless a table says otherwise, models have the width and the few epochs of src/experiments/datasets.ts, for minutes on two
cores; the paper's have width 128, and its program trains them for 200 epochs. On datasets that say \`injected\`, candidates
are the exposed items and the retriever's best others, as in the paper: such figures mostly tell how well a method separates
exposed from retrieved items.
`;

/** Where the pictures lie, beside the document; links have forward slashes everywhere. */
const IMAGES = "images/results";

/** Where results are saved, beside the document. */
const SAVED = "results";

/**
 * Saves what the runs under `root` found in the folder `results` of `documents`, and writes `results.md` beside it, with
 * its pictures, of all that was saved: without runs it gives the same document again.
 *
 * @returns the documents and pictures
 * @throws RangeError where nothing has results, so that no document is lost for nothing
 */
export function writeDocument(root: string, documents: string): string[] {
  const saved = join(documents, SAVED);
  saveResults(root, saved);
  const pictures = new Map<string, Picture>();
  const sections = EXPERIMENTS.flatMap((experiment) => {
    const { runs: allRuns } = SavedResults.read(saved, experiment.name);
    const parts = resultsIn(saved, experiment.name).map((results) => {
      const { dataset } = results;
      const shown = experiment.present(results);
      const images = shown.pictures.map((picture) => {
        const file = `${IMAGES}/${fileName(dataset, picture.name)}.svg`;
        pictures.set(file, picture);
        return `![${picture.caption}](${file})\n\n${picture.caption}`;
      });
      const runs = allRuns.filter((run) => run.dataset === dataset);
      const commands = [...new Set(runs.map(({ command }) => command))];
      const blocks = [
        ...(dataset === "" ? [] : [`### ${dataset}`]),
        ...(commands.length === 0 ? [] : [`\`\`\`sh\n${commands.join("\n")}\n\`\`\``]),
        ...[provenance(results, runs), ...shown.tables.map(tableText), ...images],
      ];
      return `${blocks.join("\n\n")}\n`;
    });
    const notes = experiment.notes.map((note) => `- ${note}\n`).join("");
    return parts.length === 0 ? [] : [`## ${experiment.title}\n\n${notes}\n${parts.join("\n")}`];
  });
  if (sections.length === 0) {
    throw new RangeError(
      `experiment: there are no results in ${root} or ${saved}; run an experiment first, or name their folder with --out`,
    );
  }
  const document = join(documents, "results.md");
  for (const [file, { svg }] of pictures) writeWhole(join(documents, file), svg);
  writeWhole(document, [HEAD, ...sharedSection(saved), ...sections].join("\n"));
  return [document, ...[...pictures.keys()].map((file) => join(documents, file))];
}

/** What was saved of an experiment, by dataset. */
function resultsIn(saved: string, experiment: string): Results[] {
  const stored = SavedResults.read(saved, experiment);
  const searches = SavedResults.read(saved, SEARCH);
  const datasets = new Set(stored.trials.map(({ dataset }) => dataset));
  return [...datasets].map((dataset) => new Results(stored, dataset, searches));
}

function tableText(table: Table): string {
  return `${table.caption}\n\n${toMarkdown(table).trimEnd()}`;
}

/** The datasets, and how good everyone's judge is on each. */
function sharedSection(saved: string): string[] {
  const rows = resultsIn(saved, SHARED)
    .flatMap((results) => results.rows)
    .filter(({ variant }) => variant !== SEARCH);
  const caption = "What all methods of a dataset and seed share: the lists, and the judge. Means over seeds.";
  const shared = tableOf(SHARED, caption, rows, [
    {
      title: "dataset",
      of: ({ trials: [{ dataset }], variant }) => [dataset, variant].filter((part) => part !== "").join("; "),
    },
    { title: "seeds", digits: 0, of: ({ trials }) => trials.length },
    meanColumn("trainingLists", "training lists", { digits: 0 }),
    meanColumn("testRequests", "test requests", { digits: 0 }),
    meanColumn("judgeCorrelation", "correlation of the judge with held-out feedback"),
    meanColumn("judgeTrueCorrelation", "with the truth"),
    meanColumn("cpuSeconds", "CPU s", { digits: 0 }),
  ]);
  return rows.length === 0 ? [] : [`## Data\n\n${tableText(shared)}\n`];
}

/** Seeds, machine and time. */
function provenance({ seeds, rows }: Results, runs: readonly RunRecord[]): string {
  const trials = rows.flatMap((row) => row.trials);
  const cpuSeconds = trials.reduce((sum, { metrics }) => sum + (metrics.cpuSeconds ?? 0), 0);
  const wall = runs.reduce((sum, { seconds }) => sum + seconds, 0);
  const unknown = trials.filter(({ metrics }) => metrics.cpuSeconds === undefined).length;
  const parts = [
    `${seeds.length === 1 ? "Seed" : "Seeds"} ${seeds.join(", ")}; ${trials.length} trials of ${timeText(cpuSeconds)} on ` +
      `one core in all${unknown === 0 ? "" : `, without ${unknown} that went on from a checkpoint`}`,
    ...(runs.length === 0 ? [] : [`${timeText(wall)} by the clock, those of other tables not run again`]),
    ...new Set(runs.map(({ machine, jobs }) => `${machine}, ${jobs} at a time`)),
  ];
  return `${parts.join("; ")}.`;
}

function timeText(seconds: number): string {
  return seconds < 120 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;
}
