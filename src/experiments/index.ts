/** The comparison: experiments by name, their grids of trials, and what is shown of their results. */
export { chooseDataset, DATASET_NAMES, type DatasetWishes, describeDatasets } from "./datasets.ts";
export { writeDocument } from "./document.ts";
export type { Experiment, ExperimentRequest, Presentation } from "./experiment.ts";
export { NotRunError } from "./job-grid.ts";
export { EXPERIMENTS, findExperiment } from "./named/index.ts";
export { GridDisplay } from "./progress.ts";
export { type ExperimentRun, type RunOptions, runExperiment } from "./run-experiment.ts";
export { toMarkdown } from "./tables.ts";
