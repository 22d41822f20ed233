/** A run as a page: from the files in its folder to one HTML file. */
export { renderReport } from "./page.ts";
export { ReportError, readRun } from "./read-run.ts";
export type { ReportInput } from "./run-input.ts";
