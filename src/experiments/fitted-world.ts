/**
 * The world that is fitted on KuaiRand-Pure: read and fitted once, kept in a file, and its lists drawn anew from there,
 * which takes seconds.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Catalogue, CategoryTable } from "../data/dataset.ts";
import {
  catalogueDescriptionSchema,
  catalogueTensors,
  describeCatalogue,
  isCatalogueTensor,
  restoreCatalogue,
} from "../data/features/catalogue-tensors.ts";
import { readCatalogue } from "../data/features/features.ts";
import { kCore } from "../data/k-core.ts";
import { readInteractions } from "../data/readers/read-interactions.ts";
import { restoredTensor, tensorOf } from "../data/retrievers/retriever-tensors.ts";
import { DEFAULT_LOG } from "../data/settings.ts";
import { writeWhole } from "../files/write-whole.ts";
import { decodeSafetensors, encodeSafetensors, type SafetensorsEntry } from "../nn/index.ts";
import { drawWorldData, type RunData } from "../run/data.ts";
import { fitWorld } from "../world/fit-world.ts";
import { FittedWorld, type FittedWorldSettings, type WorldFit } from "../world/fitted-world.ts";
import type { Calibration } from "../world/response-model.ts";

/** What is chosen of the world; `docs/worlds.md` says why. */
export const KUAIRAND_WORLD = {
  candidateCount: 50,
  listLength: 6,
  historyLength: 20,
  positionDecay: 0.95,
  fatigue: 1,
  candidateTemperature: 1,
  policyTemperature: 1,
} as const satisfies Omit<FittedWorldSettings, "seed" | "userCount" | "itemCount">;

/** Where the log and the topics of its items lie in the folder of logs. */
export const KUAIRAND_FILES = {
  log: join("kuairand-pure", "interactions.csv.gz"),
  items: join("kuairand-pure", "video_features_basic_pure.csv"),
} as const;

/** A world and how well its truth foresees what it was not fitted on. */
export interface FittedWorldFile {
  readonly world: FittedWorld;
  readonly calibration: Calibration;
}

/** Lists drawn in the world of the logs in `dataFolder`, which is kept in `folder`. */
export async function fittedWorldData(
  options: { readonly seed: number; readonly trainingLists: number; readonly testRequests: number },
  folder: string,
  dataFolder: string | undefined,
): Promise<RunData & FittedWorldFile> {
  const { world, calibration } = await loadFittedWorld(options.seed, folder, dataFolder);
  return { ...drawWorldData(world, options), world, calibration };
}

/** The world that `folder` holds, or that is fitted now. */
export async function loadFittedWorld(
  seed: number,
  folder: string,
  dataFolder: string | undefined,
): Promise<FittedWorldFile> {
  const file = join(folder, "world.safetensors");
  if (existsSync(file)) return decodeFittedWorld(await readFile(file));
  if (dataFolder === undefined) throw new RangeError("experiment: the fitted world needs the folder of KuaiRand-Pure");
  const fitted = await fitKuaiRand(seed, dataFolder);
  writeWhole(file, encodeFittedWorld(fitted));
  return fitted;
}

/** @throws DataError for a file that is not there, or not as KuaiRand-Pure's is */
export async function fitKuaiRand(seed: number, dataFolder: string): Promise<FittedWorldFile> {
  const { log: file, items } = KUAIRAND_FILES;
  const columns = { feedback: "long_view" };
  const read = await readInteractions({ format: "csv", file: join(dataFolder, file), columns });
  const log = kCore(read, DEFAULT_LOG.core);
  const itemFeatures = {
    file: join(dataFolder, items),
    key: "video_id",
    numeric: ["video_duration"],
    multiple: [{ column: "tag", separator: "," }],
  };
  const catalogue = await readCatalogue(log, { itemFeatures });
  return fitWorld(log, { ...KUAIRAND_WORLD, seed, catalogue, topics: topicsOf(catalogue) });
}

/** The first tag of each item; -1 for one that has none, or only one that no other item has. */
function topicsOf({ itemCount, itemCategories }: Catalogue): Int32Array {
  if (itemCategories === undefined) throw new Error("experiment: the fitted world's items have no tags");
  const { indices, slots, unknown }: CategoryTable = itemCategories;
  // The rare category follows the unknown one.
  const nameless = [unknown[0], unknown[0] + 1];
  return new Int32Array(itemCount).map((_, item) => {
    const tag = indices[item * slots];
    return nameless.includes(tag) ? -1 : tag;
  });
}

const calibrationSchema = z.object({
  rows: z.int(),
  logLoss: z.number(),
  baseLogLoss: z.number(),
  auc: z.number(),
  meanProbability: z.number(),
  shareLiked: z.number(),
});
const count = z.int();
const metadataSchema = z.object({
  settings: z.object({
    seed: count,
    userCount: count,
    itemCount: count,
    candidateCount: count,
    listLength: count,
    historyLength: count,
    positionDecay: z.number(),
    fatigue: z.number(),
    candidateTemperature: z.number(),
    policyTemperature: z.number(),
  }),
  level: z.number(),
  bases: z.object({ truth: z.number(), observed: z.number() }),
  calibration: calibrationSchema,
  catalogue: catalogueDescriptionSchema,
});

/** The world as a safetensors file. */
export function encodeFittedWorld({ world, calibration }: FittedWorldFile): Uint8Array {
  const { settings, fit, catalogue } = world;
  const { truth, observed, level, topics, exposures, pasts } = fit;
  const tensors = new Map<string, SafetensorsEntry>([
    ...catalogueTensors(catalogue),
    ["world.truth.users", tensorOf("F32", truth.userBiases)],
    ["world.truth.items", tensorOf("F32", truth.itemBiases)],
    ["world.observed.users", tensorOf("F32", observed.userBiases)],
    ["world.observed.items", tensorOf("F32", observed.itemBiases)],
    ["world.topics", tensorOf("I32", topics)],
    ["world.exposures", tensorOf("I32", exposures)],
    ["world.past.offsets", tensorOf("I32", pasts.offsets)],
    ["world.past.items", tensorOf("I32", pasts.items)],
    ["world.past.feedback", tensorOf("F32", pasts.feedback)],
  ]);
  const bases = { truth: truth.base, observed: observed.base };
  const metadata = { settings, level, bases, calibration, catalogue: describeCatalogue(catalogue) };
  return encodeSafetensors(tensors, { world: JSON.stringify(metadata) });
}

/** @throws SafetensorsError, ZodError or RangeError for bytes that `encodeFittedWorld` did not write */
export function decodeFittedWorld(bytes: Uint8Array): FittedWorldFile {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { settings, level, bases, calibration, catalogue } = metadataSchema.parse(JSON.parse(metadata.world ?? "{}"));
  const floats = (name: string) => restoredTensor(tensors, `world.${name}`, Float32Array, 1).data;
  const integers = (name: string) => restoredTensor(tensors, `world.${name}`, Int32Array, 1).data;
  const response = (part: "truth" | "observed") => {
    return { base: bases[part], userBiases: floats(`${part}.users`), itemBiases: floats(`${part}.items`) };
  };
  const fit: WorldFit = {
    truth: response("truth"),
    observed: response("observed"),
    level,
    topics: integers("topics"),
    exposures: integers("exposures"),
    pasts: { offsets: integers("past.offsets"), items: integers("past.items"), feedback: floats("past.feedback") },
  };
  const ofCatalogue = new Map([...tensors].filter(([name]) => isCatalogueTensor(name)));
  return { world: new FittedWorld(settings, fit, restoreCatalogue(catalogue, ofCatalogue)), calibration };
}
