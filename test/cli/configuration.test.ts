/** What a configuration may say, and how a mistake in it is told. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ConfigurationError } from "../../src/cli/configuration/configuration-error.ts";
import { parseConfiguration, readConfigurationFile } from "../../src/cli/configuration/configuration-file.ts";
import { publishedSchema } from "../../src/cli/configuration/configuration-schema.ts";
import { prepareOptions, runSettings } from "../../src/cli/configuration/library-options.ts";
import { resolveConfiguration } from "../../src/cli/configuration/resolve-configuration.ts";
import { DEFAULT_RUN, LOG_RUN, logRun, PAPER_SETTINGS, TRAINABLE } from "../../src/run/settings.ts";
import { DEFAULT_SERVE } from "../../src/server/settings.ts";
import { listSettings, valueAt } from "../../src/settings/json-schema.ts";
import { configure, flagsLayer, problemsIn } from "./configurations.ts";

const test = suite("configuration");

const SETTINGS = listSettings(publishedSchema);

/** `{ a: { b: value } }` for the path a, b. */
function nested(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => Object.fromEntries([[key, inner]]), value);
}

/** All keys that lie beside the one at `path`. */
function siblings(path: readonly string[]): string[] {
  const parent = path.slice(0, -1);
  return SETTINGS.filter((own) => own.path.slice(0, -1).join() === parent.join()).map(
    (own) => own.path[own.path.length - 1],
  );
}

/** A word with one letter left out, added, replaced, or swapped with the next. */
const misspelling = (word: string) =>
  fc
    .record({ kind: fc.nat(3), at: fc.nat(word.length - 1), letter: fc.constantFrom(..."abcxyz") })
    .map(({ kind, at, letter }) => {
      const [before, after] = [word.slice(0, at), word.slice(at + 1)];
      switch (kind) {
        case 0:
          return before + after;
        case 1:
          return before + letter + word.slice(at);
        case 2:
          return before + letter + after;
        default:
          return before + after.slice(0, 1) + word[at] + after.slice(1);
      }
    });

/** Whether one letter's change makes a word of the other. */
function isOneLetterOff(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  const [shorter, longer] = a.length <= b.length ? [a, b] : [b, a];
  const rest = longer.slice(start + 1);
  return a.length === b.length ? a.slice(start + 1) === rest : shorter.slice(start) === rest;
}

test("every key, misspelt by one letter, is reported with its line and the right name", () => {
  const known = new Set(SETTINGS.map(({ path }) => path[path.length - 1]));
  const misspelt = fc
    .constantFrom(...SETTINGS)
    .chain(({ path }) => misspelling(path[path.length - 1]).map((wrong) => ({ path, wrong })));
  let reported = 0;
  fc.assert(
    fc.property(misspelt, ({ path, wrong }) => {
      const key = path[path.length - 1];
      const isAmbiguous = siblings(path).some((own) => own !== key && isOneLetterOff(wrong, own));
      if (wrong === "" || known.has(wrong) || isAmbiguous) return;
      // What was swapped is two letters off, and may be nearer to another key.
      if (!isOneLetterOff(wrong, key)) return;
      const wrongPath = [...path.slice(0, -1), wrong];
      const text = `{ "seed": 1,\n${JSON.stringify(nested(wrongPath, 1)).slice(1)}\n`;
      const problems = problemsIn(text);
      const expected = `goalrank.yaml:2: ${wrongPath.join(".")}: unknown key; did you mean ${key}?`;
      assert.ok(
        problems.some((problem) => problem.startsWith(expected)),
        `${problems}; expected ${expected}`,
      );
      reported++;
    }),
    { numRuns: 1000 },
  );
  assert.ok(reported > 300, `${reported} misspellings`);
});

test("a wrong value is told with its line, what was expected and what was probably meant", () => {
  const text = [
    "data:",
    "  core: 0",
    "  split: last-lst",
    "experiment:",
    "  methods: [prm, imitaton]",
    "  groups:",
    "    set:",
    "      - { source: policy, count: 4 }",
    "      - source: tree",
    "        count: 2",
    "        step: 2",
    "seed: one",
  ].join("\n");
  assert.equal(problemsIn(text), [
    "goalrank.yaml:2: data.core: expected an integer of at least 1, got 0",
    'goalrank.yaml:3: data.split: expected one of last-list, global-time, got "last-lst"; did you mean "last-list"?',
    `goalrank.yaml:5: experiment.methods[1]: expected one of ${TRAINABLE.join(", ")}, got "imitaton"; did you mean "imitation"?`,
    "goalrank.yaml:11: experiment.groups.set[1].step: unknown key; did you mean steps?; the keys here are source, count, steps, branches",
    'goalrank.yaml:12: seed: expected an integer of at least 0, got "one"',
  ]);
});

test("a key at the wrong level is told where it belongs", () => {
  assert.match(problemsIn("core: 5")[0], "goalrank.yaml:1: core: unknown key; did you mean data.core?");
});

test("what is no configuration is told with its line", () => {
  const cases: [string, RegExp][] = [
    ["data:\n  core: [1\n", /^goalrank.yaml:\d: /],
    ["seed: 1\nseed: 2\n", /^goalrank.yaml:2: Map keys must be unique/],
    ["- 1\n", /^goalrank.yaml:1: expected keys and values/],
    ["seed: *missing\n", /^goalrank.yaml: Unresolved alias/],
    ["data: &a { core: *a }\n", /^goalrank.yaml: Converting circular structure/],
    [`seed: ${"[".repeat(20_000)}`, /^goalrank.yaml:1: Maximum call stack/],
    ["seed: .inf\n", /^goalrank.yaml:1: seed: expected an integer of at least 0, got Infinity/],
    ["seed: !!js/function x\n", /^goalrank.yaml:1: Unresolved tag/],
    ["seed: 1\n---\nseed: 2\n", /^goalrank.yaml:2: /],
    ['__proto__: { "seed": 1 }\n', /^goalrank.yaml:1: __proto__: unknown key/],
  ];
  for (const [text, message] of cases) {
    const problems = problemsIn(text);
    assert.match(problems[0] ?? "", message);
    assert.not.match(problems[0], "\n");
  }
});

test("keys and lists that lie too deeply inside of each other are told, however deep", () => {
  for (const text of ["[".repeat(60) + "]".repeat(60), "data: ".repeat(20_000), "- ".repeat(100_000)]) {
    assert.throws(
      () => parseConfiguration(text, "deep.yaml"),
      (error: unknown) => error instanceof ConfigurationError && /^deep\.yaml/.test(error.message),
    );
  }
  assert.match(
    problemsIn(`a: ${"[".repeat(60)}${"]".repeat(60)}`).join(),
    /goalrank\.yaml: keys and lists lie too deeply inside of each other$/,
  );
});

test("settings that do not go together are told at the key to change", () => {
  const cases: [string, string][] = [
    ["data: { file: a.csv, scenario: tiny }", "data.scenario: there is a log already"],
    ["data: { scenario: tiny, core: 5 }", "data.core: this is of a log, and there is none"],
    ["data: { file: a.dat, columns: { user: u } }", 'data.columns: "u" is none of the columns of movielens'],
    [
      "data: { file: a.csv, header: false, columns: { user: 1, item: sku } }",
      'data.columns: "sku" is a name, and the log',
    ],
    ["data: { file: a.csv, columns: { user: 1 } }", "data.columns: which column holds the item?"],
    ["data: { file: a.tsv, delimiter: ';' }", "data.delimiter: only the format csv has one"],
    ["data: { file: a.csv, columns: { position: p } }", "data.columns.position: places in lists need columns.list"],
    ["data: { file: a.csv, protocol: logged }", "data.protocol: logged candidates need a log that carries lists"],
    ["data: { file: a.csv, candidateCount: 5 }", "data.candidateCount: a list of 6 needs as many candidates"],
    ["data: { file: a.csv, retrieverFraction: 0.9 }", "data.retrieverFraction: training lists come after this part"],
    ["data: { file: a.unknown }", "data.file: the ending of"],
    ["experiment: { width: 30, heads: 4 }", "experiment.width: must be a multiple of the 4 heads"],
    ["experiment: { groups: { spaced: 99 } }", "experiment.groups.spaced: at most the 16 lists drawn"],
    [
      "experiment: { rewardTraining: { earlyStopping: { metric: hits, better: higher, patience: 1 } } }",
      "experiment.rewardTraining.earlyStopping.metric: expected one of meanSquaredError, pearson",
    ],
  ];
  for (const [text, expected] of cases) {
    const [problem = ""] = problemsIn(`seed: 1\n${text}\n`);
    assert.ok(problem.startsWith(`goalrank.yaml:2: ${expected}`), `${problem}; expected ${expected}`);
  }
});

test("mistakes in flags name the flag", () => {
  const cases: [string[], string][] = [
    [["--data.core", "x"], '--data.core: expected an integer of at least 1, got "x"'],
    [["--epochs", "0"], "--epochs: expected an integer of at least 1, got 0"],
    [["--columns", "usr=u"], "--columns: data.columns.usr: unknown key; did you mean user?"],
    [["--experiment.methods", "prm"], `--experiment.methods: expected a list of ${TRAINABLE.join(", ")}, got "prm"`],
    [
      ["--experiment.reward", '{"member":2}'],
      "--experiment.reward: experiment.reward.member: unknown key; did you mean members?",
    ],
  ];
  for (const [words, expected] of cases) assert.equal(problemsIn("", words), [expected]);
  assert.throws(() => flagsLayer(["--experiment.methods", "[prm"]), /--experiment.methods: this is not JSON/);
});

test("every setting that has a flag says the same there as in a file", () => {
  const root = publishedSchema as unknown;
  for (const { path, schema } of SETTINGS) {
    if (path[0] === "$schema" || (path.length === 1 && schema.type === "object")) continue;
    assert.ok(
      valueAt(
        path.flatMap((key) => ["properties", key]),
        root,
      ),
    );
    const value = sampleOf(schema);
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const layer = flagsLayer([`--${path.join(".")}`, text], false);
    assert.equal(layer.values, nested(path, value), path.join("."));
    assert.is(layer.place(path), `--${path.join(".")}`);
  }
});

function sampleOf({ type, enum: choices, anyOf }: (typeof SETTINGS)[number]["schema"]): unknown {
  if (choices !== undefined) return choices[choices.length - 1];
  if (anyOf !== undefined) return sampleOf(anyOf[0]);
  if (type === "integer" || type === "number") return 3;
  if (type === "array") return ["a", "b"];
  return type === "object" ? { a: 1 } : "some text";
}

test("flags go over the environment, that over the file, and the file over the defaults", () => {
  const text = "device: webgpu\ndata: { file: a.csv, core: 7, listLength: 4 }\n";
  const given = configure(text, ["--core", "5", "--data.core", "6", "--columns", "user=uid,item=sku"]);
  assert.is(given.data.core, 6);
  assert.is(given.data.listLength, 4);
  assert.is(given.data.candidateCount, 50);
  assert.equal(given.data.columns, { user: "uid", item: "sku" });
  assert.is(given.device, "webgpu");
  const environment = { values: { device: "cpu" }, place: () => "GOALRANK_DEVICE" };
  const layers = [parseConfiguration(text, "goalrank.yaml"), environment];
  assert.is(resolveConfiguration(layers).device, "cpu");
  assert.is(resolveConfiguration([...layers, flagsLayer(["--device", "auto"])]).device, "auto");
});

test("--data FILE and --data.core live side by side, and --epochs sets every training", () => {
  const { data, experiment } = configure("", ["--data", "a.dat", "--data.core", "3", "--epochs", "4"]);
  assert.is(data.file, "a.dat");
  assert.is(data.core, 3);
  assert.is(data.format, "movielens");
  assert.is(experiment.policyTraining.epochs, 4);
  assert.is(experiment.feedbackTraining.epochs, 4);
});

test("a flag that names another source of data replaces the file's", () => {
  const log = configure("data: { scenario: tiny, maxLists: 9 }", ["--data", "a.csv"]);
  assert.is(log.data.scenario, undefined);
  assert.is(log.data.maxLists, 9);
  const world = configure("data: { file: a.csv, core: 5, maxLists: 9 }", ["--scenario", "tiny"]);
  assert.is(world.data.file, undefined);
  assert.is(world.data.maxLists, 9);
});

test("paths are relative to the file's folder; blank keys say nothing", () => {
  const layer = parseConfiguration("data: { file: log.csv, prepared: /tmp/p, core: }\noutput:\n", "some/goalrank.yaml");
  const { data, output } = resolveConfiguration([layer]);
  assert.is(data.file, "some/log.csv");
  assert.is(data.prepared, "/tmp/p");
  assert.is(data.core, 20);
  assert.is(output, undefined);
  assert.is(
    prepareOptions("some/log.csv", configure("data: { file: a.csv, itemFeatures: { file: t.csv, key: id } }"))
      .itemFeatures?.file,
    "some/t.csv",
  );
});

test("the defaults are the library's", () => {
  assert.equal(runSettings(configure("")), DEFAULT_RUN);
  assert.equal(configure("").serve, DEFAULT_SERVE);
  assert.equal(runSettings(configure("data: { file: a.csv }")), LOG_RUN);
  const retrieved = "data: { file: a.csv, protocol: retrieved }\nexperiment: { feedbackTraining: { epochs: 9 } }";
  const { feedbackTraining } = logRun("retrieved");
  assert.equal(runSettings(configure(retrieved)), {
    ...logRun("retrieved"),
    feedbackTraining: { ...feedbackTraining, epochs: 9 },
  });
});

test("the paper's preset stands under what is set, and in place of what a log has", () => {
  const file = "data: { file: a.csv }\nexperiment: { preset: paper, policyTraining: { epochs: 3 } }";
  const { preset, ...settings } = runSettings(configure(file));
  assert.is(preset, "paper");
  assert.equal(settings, { ...PAPER_SETTINGS, policyTraining: { ...PAPER_SETTINGS.policyTraining, epochs: 3 } });
  const world = runSettings(configure("data: { scenario: tiny }\nexperiment: { preset: paper, width: 16 }"));
  assert.is(world.width, 16);
  assert.is(world.reward.loss, "appendix-b");
  assert.is(world.groups.referenceTemperature, 1);
  assert.is(PAPER_SETTINGS.policyTraining.learningRate, 1e-4);
});

test("JSON is YAML, with tabs too; the examples are configurations", () => {
  assert.is(configure('{\n\t"seed": 3,\n\t"data": {\n\t\t"core": 2, "file": "a.csv"\n\t}\n}').data.core, 2);
  const folder = "examples/configurations";
  for (const name of readdirSync(folder)) {
    const layer = readConfigurationFile(`${folder}/${name}`);
    assert.equal(layer.values, JSON.parse(readFileSync(`${folder}/${name}`, "utf8")));
    const flags = flagsLayer(["--data", "log.csv"]);
    const { experiment } = resolveConfiguration([layer, flags]);
    assert.equal(
      Object.keys(layer.values.experiment ?? {}),
      [...(name === "paper.json" ? ["preset"] : []), "methods", "generatorEvaluatorLists"],
      "all else is the default, or the preset's",
    );
    assert.equal(experiment.methods, ["prm", "imitation", "goalrank"]);
  }
});

test("whatever a file holds, it is a configuration or a ConfigurationError of one line", () => {
  const pieces = [
    "data",
    "seed",
    ":",
    " ",
    "\n",
    "-",
    "[",
    "]",
    "{",
    "}",
    "&a",
    "*a",
    "?",
    "|",
    '"',
    "1",
    "core",
    "\t",
  ];
  const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 24 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(texts, (text) => {
      try {
        configure(text);
      } catch (error) {
        assert.instance(error, ConfigurationError, `${error}`);
        assert.not.match((error as Error).message, "\n");
      }
    }),
    { numRuns: 1000 },
  );
});

test.run();
