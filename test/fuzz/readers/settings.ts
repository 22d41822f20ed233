/** What people write: requests in JSON, and configurations in YAML. */
import fc from "fast-check";
import * as assert from "uvu/assert";
import { stringify } from "yaml";
import { ConfigurationError } from "../../../src/cli/configuration/configuration-error.ts";
import { parseConfiguration } from "../../../src/cli/configuration/configuration-file.ts";
import { resolveConfiguration } from "../../../src/cli/configuration/resolve-configuration.ts";
import { parseRankRequest } from "../../../src/ranker/request-schema.ts";
import { RankRequestError } from "../../../src/ranker/requests.ts";
import type { FuzzReader } from "../fuzz.ts";
import { nearlyValid, nearlyValidJson } from "../mutations.ts";

const requests = [
  {
    user: "ann",
    history: ["film-1", { item: "film-2", feedback: 0 }],
    candidates: ["film-3", { item: "film-4", score: 0.5 }, "𝄞"],
    length: 2,
    constraints: {
      exclude: ["film-9"],
      pins: [{ item: "film-3", position: 0 }],
      categories: { of: { "film-3": "war", "film-4": "drama" }, limit: 1 },
    },
  },
  { candidates: ["a"] },
];

const JSON_WORDS = ["{", "}", "[", "]", ",", ":", '"', "null", '"\\ud800"', '"__proto__":', "1e999", "[".repeat(3000)];

const asJson = (value: unknown) => Uint8Array.from(Buffer.from(JSON.stringify(value) ?? ""));

/** A body that is no JSON never gets as far as the ranker. */
class NoJson extends Error {}

export function requestReader(): FuzzReader {
  return {
    name: "request",
    inputs: fc.oneof(
      { weight: 3, arbitrary: nearlyValidJson(requests).map(asJson) },
      { weight: 1, arbitrary: nearlyValid(requests.map(asJson), JSON_WORDS) },
    ),
    async read(input) {
      let value: unknown;
      try {
        value = JSON.parse(Buffer.from(input).toString());
      } catch {
        throw new NoJson("this is no JSON");
      }
      const request = parseRankRequest(value);
      assert.ok(request.candidates === undefined || request.candidates.length > 0);
      assert.equal(parseRankRequest(JSON.parse(JSON.stringify(request))), request);
    },
    refusals: [RankRequestError, NoJson],
  };
}

const configurations = [
  {
    data: {
      file: "log.csv.gz",
      format: "csv",
      columns: { user: "uid", feedback: [{ column: "click", weight: 1 }] },
      core: 5,
      listLength: 6,
    },
    seed: 7,
  },
  {
    data: { scenario: "default" },
    experiment: { width: 32, groups: { set: [{ source: "policy", count: 12, temperature: 1 }], spaced: 16 } },
  },
];

const YAML_WORDS = [
  ": ",
  "- ",
  "\n",
  "\n  ",
  "\t",
  "#",
  "&a ",
  "*a",
  "!!binary ",
  "|\n",
  ">-\n",
  "---\n",
  "...\n",
  "{",
  "}",
  "[",
  "? ",
  "<<: *a\n",
  '"',
  "'",
  "\0",
  "\uFEFF",
  "data:\n",
  "experiment:\n",
  "seed: 1\n",
  "[".repeat(300),
];

export function configurationReader(): FuzzReader {
  const samples = configurations.map((value) => Uint8Array.from(Buffer.from(stringify(value))));
  return {
    name: "configuration",
    inputs: fc.oneof(
      { weight: 1, arbitrary: nearlyValid(samples, YAML_WORDS) },
      { weight: 1, arbitrary: nearlyValidJson(configurations).map(asJson) },
    ),
    async read(input) {
      const layer = parseConfiguration(Buffer.from(input).toString(), "goalrank.yaml");
      const configuration = resolveConfiguration([layer]);
      assert.type(configuration.data, "object");
      // What is resolved is a configuration too, and says the same.
      const again = parseConfiguration(JSON.stringify(configuration), "goalrank.yaml");
      assert.equal(resolveConfiguration([again]), configuration);
    },
    refusals: [ConfigurationError],
  };
}
