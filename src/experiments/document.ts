/** The document of results: every experiment that ran, what it shows, and how to run it again. */
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { fileName, writeWhole } from "../files/write-whole.ts";
import type { Presentation } from "./experiment.ts";
import { EXPERIMENTS } from "./named/index.ts";
import { Results, seedMean } from "./results.ts";
import { type RunRecord, readRuns } from "./run-log.ts";
import { SHARED } from "./shared-work.ts";
import { StoredResults, type TrialResult } from "./stored-results.ts";
import { type Cell, type Table, toMarkdown } from "./tables.ts";

const HEAD = `# Results

<!-- Written by \`goalrank experiment report\`; changes by hand are lost. -->

Every table and figure here is drawn from the results of the command beside it. Intervals after ± are 95% confidence
intervals: of means over seeds by Student's t, of differences over all requests. CPU seconds are those of one core.
[The comparison](comparison.md#what-came-out) says in words what came out.

Unless a table says otherwise, models have the width and the few epochs of src/experiments/datasets.ts, for minutes on two
cores; the paper's have width 128, and its program trains them for 200 epochs. On datasets that say \`injected\`, candidates
are the exposed items and the retriever's best others, as in the paper: such figures mostly tell how well a method separates
exposed from retrieved items.
`;

/** Where the pictures lie, beside the document. */
const IMAGES = join("images", "results");

/**
 * Writes `results.md` into the folder `documents`, with its pictures.
 *
 * @returns the files
 * @throws RangeError where no experiment has results, so that no document is lost for nothing
 */
export function writeDocument(root: string, documents: string): string[] {
  const files: string[] = [];
  const sections = EXPERIMENTS.flatMap((experiment) => {
    const folder = join(root, experiment.name);
    if (!existsSync(folder)) return [];
    const table = StoredResults.open(folder);
    const parts = datasetsOf(table).map((dataset) => {
      const shown = experiment.present(new Results(table, dataset));
      const images = writePictures(join(documents, IMAGES), dataset, shown);
      files.push(...images.values());
      const runs = readRuns(folder).filter((run) => run.dataset === dataset);
      return section({ table, dataset, shown, runs, images, documents });
    });
    if (parts.length === 0) return [];
    const notes = experiment.notes.map((note) => `- ${note}\n`).join("");
    return [`## ${experiment.title}\n\n${notes}\n${parts.join("\n")}`];
  });
  if (sections.length === 0) {
    throw new RangeError(
      `experiment: there are no results in ${root}; run an experiment first, or name their folder with --out`,
    );
  }
  const text = [HEAD, ...sharedSection(root), ...sections].join("\n");
  const file = join(documents, "results.md");
  writeWhole(file, text);
  return [file, ...files];
}

function datasetsOf(table: StoredResults): string[] {
  return [...new Set(table.trials.map(({ dataset }) => dataset))];
}

/** The datasets, and how good everyone's judge is on each. */
function sharedSection(root: string): string[] {
  if (!existsSync(join(root, SHARED))) return [];
  const table = StoredResults.open(join(root, SHARED));
  const rows = datasetsOf(table).flatMap((dataset) =>
    new Results(table, dataset).rows.map((row): Cell[] => [
      row.variant === "" ? dataset : `${dataset}; ${row.variant}`,
      row.trials.length,
      ...["trainingLists", "testRequests", "judgeCorrelation", "judgeTrueCorrelation", "cpuSeconds"].map(
        (metric) => {
          const found = seedMean(row, metric);
          return found && { mean: found.mean };
        },
      ),
    ]),
  );
  const caption = "What all methods of a dataset and seed share: the lists, and the judge. Means over seeds.";
  const columns = [
    { title: "dataset" },
    { title: "seeds", digits: 0 },
    { title: "training lists", digits: 0 },
    { title: "test requests", digits: 0 },
    { title: "correlation of the judge with held-out feedback" },
    { title: "with the truth" },
    { title: "CPU s", digits: 0 },
  ];
  const shared: Table = { name: SHARED, caption, columns, rows };
  return rows.length === 0 ? [] : [`## Data\n\n${caption}\n\n${toMarkdown(shared)}`];
}

interface SectionContent {
  readonly table: StoredResults;
  readonly dataset: string;
  readonly shown: Presentation;
  readonly runs: readonly RunRecord[];
  /** Files of pictures, by the name of the picture. */
  readonly images: ReadonlyMap<string, string>;
  readonly documents: string;
}

/** One experiment on one dataset. */
function section({ table, dataset, shown, runs, images, documents }: SectionContent): string {
  const trials = table.trials.filter((trial) => trial.dataset === dataset);
  const parts = [
    ...(dataset === "" ? [] : [`### ${dataset}`]),
    ...(runs.length === 0 ? [] : [`\`\`\`sh\n${commandsOf(runs).join("\n")}\n\`\`\``]),
    provenance(trials, runs),
    ...shown.tables.map((own) => `${own.caption}\n\n${toMarkdown(own).trimEnd()}`),
    ...shown.pictures.map(({ name, caption }) => {
      const file = relative(documents, images.get(name) ?? "").replaceAll("\\", "/");
      return `![${caption}](${file})\n\n${caption}`;
    }),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The commands, each once; those that went on after an interruption say nothing new. */
function commandsOf(runs: readonly RunRecord[]): string[] {
  return [...new Set(runs.map(({ command }) => command))];
}

/** Seeds, machine and time. */
function provenance(trials: readonly TrialResult[], runs: readonly RunRecord[]): string {
  const seeds = [...new Set(trials.map(({ seed }) => seed))].sort((a, b) => a - b);
  const cpuSeconds = trials.reduce((sum, { metrics }) => sum + (metrics.cpuSeconds ?? 0), 0);
  const wall = runs.reduce((sum, { seconds }) => sum + seconds, 0);
  const unknown = trials.filter(({ metrics }) => metrics.cpuSeconds === undefined).length;
  const machines = [...new Set(runs.map(({ machine, jobs }) => `${machine}, ${jobs} at a time`))];
  const parts = [
    `${seeds.length === 1 ? "Seed" : "Seeds"} ${seeds.join(", ")}; ${trials.length} trials of ${timeText(cpuSeconds)} on ` +
      `one core in all${unknown === 0 ? "" : `, without ${unknown} that went on from a checkpoint`}`,
    ...(runs.length === 0 ? [] : [`${timeText(wall)} by the clock, those of other tables not run again`]),
    ...machines,
  ];
  return `${parts.join("; ")}.`;
}

function timeText(seconds: number): string {
  return seconds < 120 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;
}

function writePictures(folder: string, dataset: string, { pictures }: Presentation): Map<string, string> {
  return new Map(
    pictures.map(({ name, draw }) => {
      const file = join(folder, `${fileName(dataset, name)}.svg`);
      writeWhole(file, draw());
      return [name, file];
    }),
  );
}
