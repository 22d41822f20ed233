/** From interactions in memory to a ranker at work, in Node or in a page: a whole run without a folder. */
import { type EventColumns, type InteractionEvent, logOfEvents } from "../data/events.ts";
import type { InteractionLog } from "../data/interactions.ts";
import { type PreparedRequests, prepareRequests } from "../data/prepare-requests.ts";
import { type PreparedQueries, prepareQueries } from "../data/queries/prepare-queries.ts";
import type { QueryReport } from "../data/queries/query-report.ts";
import { type GradedQuery, tableOfQueries } from "../data/queries/query-table.ts";
import type { DataReport } from "../data/report/data-report-schema.ts";
import { DEFAULT_LOG, type LogOptions, logSchema } from "../data/settings.ts";
import { chooseDevice, type Device, type DeviceName } from "../kernels/index.ts";
import { namedSharedModels } from "../methods/shared-models.ts";
import { Ranker } from "../ranker/ranker.ts";
import { encodeRanker } from "../ranker/ranker-file.ts";
import { checkSettings } from "../settings/check-settings.ts";
import { isRecord } from "../settings/json-schema.ts";
import { defaultDevice, setDefaultDevice } from "../tensor/index.ts";
import { nearestName } from "../text/nearest-name.ts";
import type { StepMetrics, TrainingListener } from "../training/listener.ts";
import type { TrainingContext } from "../training/trainer.ts";
import { type FinishedRun, type RunResult, run } from "./compare.ts";
import { logData } from "./data.ts";
import { logRun, PAPER_SETTINGS, QUERY_SETTINGS, type RunSettings } from "./settings.ts";

/** How a ranker is trained: settings of a log and of a run (docs/configuration.md), the usual ones unless given. */
export type TrainRankerOptions = Omit<LogOptions, "userFeatures" | "itemFeatures"> &
  NestedPartial<RunSettings> & {
    /** Where to train and to rank; "cpu" unless given. */
    readonly device?: DeviceName | Device;
  };

type NestedPartial<Settings> = {
  readonly [Name in keyof Settings]?: Settings[Name] extends readonly unknown[]
    ? Settings[Name]
    : Settings[Name] extends object
      ? Partial<Settings[Name]>
      : Settings[Name];
};

/** A model after one of its steps. */
export interface TrainingProgress {
  /** Such as "DNN", "reward model" and "GoalRank". */
  readonly stage: string;
  /** Steps made, of so many. */
  readonly step: number;
  readonly totalSteps: number;
  readonly metrics: StepMetrics;
}

/** Who follows a training, and may end it. */
export interface TrainRankerContext {
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Ends the training with a `TrainingInterrupted`. */
  readonly signal?: AbortSignal;
}

/** What came out. */
export interface TrainedRanker<Report = DataReport> {
  readonly ranker: Ranker;
  /** The bytes of its file, for `loadRanker`. */
  readonly file: Uint8Array;
  readonly report: {
    /** What is left of the events at each stage, and what their lists look like; or what the queries are made of. */
    readonly data: Report;
    /** All methods that were trained, compared on held-out lists. */
    readonly result: RunResult;
  };
}

/** Nothing that was trained is fit to be deployed; `report.result.verdict` says why. */
export class NothingToDeployError extends Error {
  override readonly name = "NothingToDeployError";

  constructor(readonly report: TrainedRanker<DataReport | QueryReport>["report"]) {
    const { text, choice } = report.result.verdict;
    const names = choice.methods.map(({ name }) => name).join(", ") || "dnn, retriever";
    super(`trainRanker: ${text} The option deploy overrules it: ${names}`);
  }
}

/**
 * Trains a ranker: cuts the events into lists, trains the models that are needed, compares them on held-out lists, and
 * gives the one that the verdict of this comparison names, or `deploy` where that is given.
 *
 * Feedback of at least `positiveThreshold` is a positive: 3 unless given, or 1 where no event has more. With enough
 * events, `retrieverFraction: 0.5` lets the models learn from candidates that are scored as later ones will be.
 * @throws NothingToDeployError with the report, where the verdict names none and neither does `deploy`
 * @throws RangeError for events or options that are wrong, and where too few events are left
 * @example
 * const { ranker, report } = await trainRanker(events, { core: 5, listLength: 4, candidateCount: 20 });
 * const { items } = await ranker.rank({ user: "ann" });
 */
export function trainRanker(
  events: readonly InteractionEvent[] | EventColumns,
  options?: TrainRankerOptions,
  context?: TrainRankerContext,
): Promise<TrainedRanker>;
/**
 * Trains a ranker of queries whose candidates carry features and grades, or clicks as grades of 1: its defaults, and what
 * of the options is of queries, are those of docs/data.md. Requests then bring their features along.
 * @throws as above
 * @example
 * const { ranker } = await trainRanker(queries, { methods: ["list-net"] });
 * const { places } = await ranker.rank({ features: [0.2, 0.9], candidates: [{ features: [3.1] }, { features: [2.4] }], length: 1 });
 */
export function trainRanker(
  queries: readonly GradedQuery[],
  options?: TrainRankerOptions,
  context?: TrainRankerContext,
): Promise<TrainedRanker<QueryReport>>;
export async function trainRanker(
  source: readonly InteractionEvent[] | EventColumns | readonly GradedQuery[],
  { device = "cpu", ...options }: TrainRankerOptions = {},
  context: TrainRankerContext = {},
): Promise<TrainedRanker<DataReport | QueryReport>> {
  const { protocol = DEFAULT_LOG.protocol, preset } = options;
  const usual = areQueries(source) ? QUERY_SETTINGS : logRun(protocol);
  const { log, settings } = splitOptions(options, preset === undefined ? usual : PAPER_SETTINGS);
  const before = defaultDevice();
  const chosen = typeof device === "string" ? (await chooseDevice(device)).device : device;
  setDefaultDevice(chosen);
  try {
    const training = { listener: followSteps(context), signal: context.signal };
    const data: PreparedData = areQueries(source)
      ? prepareQueries({ training: tableOfQueries(source) }, { ...log, seed: settings.seed })
      : await prepareLog(source, log, settings.seed, training);
    const finished = await run(logData(data), settings, training);
    const file = await encodeDeployed(finished, settings, data);
    disposeModels(finished);
    const report = { data: "queries" in data ? data.queries : data.report, result: finished.result };
    if (file === undefined) throw new NothingToDeployError(report);
    const ranker = await Ranker.create(file, { device: chosen });
    return { ranker, file, report };
  } finally {
    setDefaultDevice(before);
  }
}

type PreparedData = PreparedRequests | PreparedQueries;

function areQueries(
  source: readonly InteractionEvent[] | EventColumns | readonly GradedQuery[],
): source is readonly GradedQuery[] {
  return !("users" in source) && source.length > 0 && "candidates" in source[0];
}

function prepareLog(
  events: readonly InteractionEvent[] | EventColumns,
  options: LogOptions,
  seed: number,
  training: TrainingContext,
): Promise<PreparedRequests> {
  const log = logOfEvents(events);
  return prepareRequests(
    log,
    { positiveThreshold: usualThreshold(log), ...options, seed },
    { name: "the events" },
    training,
  );
}

/** The options of the log, and the settings of the run. @throws RangeError for an unknown or wrong one */
function splitOptions(options: Omit<TrainRankerOptions, "device">, usualRun: RunSettings) {
  const known = [...Object.keys(logSchema.shape), ...Object.keys(usualRun), "deploy", "preset"];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(
      `trainRanker: there is no option "${unknown}"; did you mean "${nearestName(unknown, known)}"?`,
    );
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const log: LogOptions = Object.fromEntries(given.filter(([name]) => name in logSchema.shape));
  checkSettings("trainRanker", logSchema, log);
  const ofRun = given.filter(([name]) => !(name in logSchema.shape));
  const changes = ofRun.map(([name, value]) => {
    const usual: unknown = usualRun[name as keyof RunSettings];
    return [name, isRecord(usual) && isRecord(value) ? { ...usual, ...value } : value];
  });
  return { log, settings: { ...usualRun, ...Object.fromEntries(changes) } as RunSettings };
}

/** Ratings have a middle; what is only there or not counts when it is there. */
function usualThreshold({ feedback }: InteractionLog): number {
  return feedback.some((value) => value > 1) ? 3 : 1;
}

function followSteps({ onProgress }: TrainRankerContext): TrainingListener {
  let totalSteps = 0;
  return {
    begin(_stage, total) {
      totalSteps = total;
    },
    step(stage, step, metrics) {
      onProgress?.({ stage, step: step + 1, totalSteps, metrics });
    },
    end() {},
  };
}

/** Undefined where nothing is deployed. */
async function encodeDeployed(
  { models, methods, result }: FinishedRun,
  settings: RunSettings,
  data: PreparedData,
): Promise<Uint8Array | undefined> {
  const name = result.verdict.served;
  if (name === null) return undefined;
  const deployed = methods.find(({ method }) => method.name === name);
  if (deployed === undefined) throw new Error(`trainRanker: ${name} was not trained`);
  const training = { seed: settings.seed, candidates: data.protocols.candidates.training };
  const { retriever, pasts } = "retriever" in data ? data : { retriever: undefined, pasts: undefined };
  return encodeRanker({ ...deployed, models, retriever, pasts, training });
}

function disposeModels({ models, methods }: FinishedRun): void {
  for (const [, model] of namedSharedModels(models)) model.dispose();
  for (const { instance } of methods) for (const model of Object.values(instance.models)) model.dispose();
}
