/** The comparison: experiments by name, their grids of trials, and what is shown of their results. */
export { chooseDataset, DATASET_NAMES, type DatasetWishes, describeDatasets } from "./datasets.ts";
export { writeDocument } from "./document.ts";
export { type Experiment, type ExperimentRequest, type Presentation, runsOn } from "./experiment.ts";
export { GridDisplay } from "./grid-display.ts";
export { NotRunError } from "./job-grid.ts";
export { EXPERIMENTS, findExperiment } from "./named/index.ts";
export { type ExperimentRun, type RunOptions, runExperiment } from "./run-experiment.ts";
export { toMarkdown } from "./tables.ts";
