/** Every reader of what comes from outside. */
import type { FuzzReader } from "../fuzz.ts";
import {
  csvReader,
  featureReader,
  gzipReader,
  headReader,
  jsonReader,
  movieLensReader,
  publicReader,
  tsvReader,
  whitespaceReader,
  zstandardReader,
} from "./logs.ts";
import { parquetReader } from "./parquet.ts";
import { preparedReader } from "./prepared.ts";
import { configurationReader, requestReader } from "./settings.ts";
import { checkpointReader, rankerReader, safetensorsReader } from "./weights.ts";

export const READERS: Readonly<Record<string, () => FuzzReader | Promise<FuzzReader>>> = {
  csv: csvReader,
  tsv: tsvReader,
  movielens: movieLensReader,
  gzip: gzipReader,
  zstandard: zstandardReader,
  whitespace: whitespaceReader,
  jsonl: jsonReader,
  netflix: publicReader("netflix"),
  mind: publicReader("mind"),
  lightgcn: publicReader("lightgcn"),
  recbole: publicReader("recbole"),
  "open-bandit": publicReader("open-bandit"),
  head: headReader,
  features: featureReader,
  parquet: parquetReader,
  safetensors: safetensorsReader,
  checkpoint: checkpointReader,
  ranker: rankerReader,
  prepared: preparedReader,
  request: requestReader,
  configuration: configurationReader,
};
