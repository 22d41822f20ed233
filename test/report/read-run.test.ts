/** Reading a run's folder: what may be missing, what must not be damaged, and long files made short. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { axisOf, smooth, thin } from "../../src/report/curves.ts";
import { ReportError, readRun } from "../../src/report/read-run.ts";
import { files, type RunFiles, writeRun } from "./sample-run.ts";

const test = suite("reading a run");
const folder = mkdtempSync(join(tmpdir(), "goalrank-report-"));
let made = 0;

function write(contents: RunFiles): string {
  const run = join(folder, `run-${made++}`);
  writeRun(run, contents);
  return run;
}

function refuses(contents: RunFiles, message: RegExp): void {
  const run = write(contents);
  try {
    readRun(run);
  } catch (error) {
    assert.instance(error, ReportError);
    const words = (error as Error).message;
    assert.ok(words.startsWith(run) && !words.includes("\n"), words);
    assert.match(words, message);
    return;
  }
  assert.unreachable(`expected an error that matches ${message}`);
}

test("a folder that holds no run is named", () => {
  refuses({}, /: this is no folder of a run, it has no config\.json$/);
  assert.throws(() => readRun(join(folder, "nowhere")), /nowhere: this is no folder of a run/);
});

test("a damaged file is named, with what is wrong", () => {
  for (const name of ["config.json", "run.json", "data-report.json", "anatomy.json", "result.json"]) {
    const file = name.replace(".", "\\.");
    refuses({ ...files, [name]: '{"rows": [' }, new RegExp(`/${file}: not JSON \\(`));
    refuses({ ...files, [name]: "[]" }, new RegExp(`/${file}: not of the form that a run writes, at the top: `));
  }
  const rows = [{ method: 3 }];
  refuses({ ...files, "result.json": { rows } }, /result\.json: not of the form .*, at rows\.0\.method: /);
});

test("a damaged line of metrics is named; half a line at the end is still being written", () => {
  const metrics = '{"stage":"DNN","step":0,"loss":1}\n';
  refuses({ ...files, "metrics.jsonl": `${metrics}{"stage"\n${metrics}` }, /metrics\.jsonl:2: not JSON/);
  refuses({ ...files, "metrics.jsonl": `${metrics}null\n` }, /metrics\.jsonl:2: expected a JSON object/);
  refuses({ ...files, "metrics.jsonl": '{"stage":"DNN"}\n' }, /metrics\.jsonl:1: expected a JSON object/);
  const run = readRun(write({ ...files, "metrics.jsonl": `${metrics}{"stage":"DNN","step":1,"lo` }));
  const training = [{ name: "loss", steps: [0], values: [1] }];
  assert.equal(run.stages, [{ stage: "DNN", training, validation: [] }]);
});

test("series keep their steps, stage by stage; what is no number is left out", () => {
  const lines = [
    { stage: "a", step: 0, loss: 3, other: null },
    { stage: "b", step: 0, loss: 5 },
    { stage: "a", step: 1, loss: 2, other: 7 },
    { stage: "a", step: 1, validation: { hit: 0.5 } },
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const { stages } = readRun(write({ ...files, "metrics.jsonl": text }));
  assert.equal(stages, [
    {
      stage: "a",
      training: [
        { name: "loss", steps: [0, 1], values: [3, 2] },
        { name: "other", steps: [1], values: [7] },
      ],
      validation: [{ name: "hit", steps: [1], values: [0.5] }],
    },
    { stage: "b", training: [{ name: "loss", steps: [0], values: [5] }], validation: [] },
  ]);
});

const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 900 });
const seriesOf = (numbers: readonly number[]) => ({
  name: "loss",
  steps: numbers.map((_, i) => 3 * i),
  values: numbers,
});

test("thinning keeps the order, the extremes and true points, and is short", () => {
  const check = (numbers: readonly number[]) => {
    const points = thin(seriesOf(numbers), 100);
    assert.ok(points.length <= 100);
    points.forEach(({ step, value }, i) => {
      assert.is(numbers[step / 3], value);
      assert.ok(i === 0 || step > points[i - 1].step);
    });
    const kept = points.map(({ value }) => value);
    assert.is(Math.min(...kept), Math.min(...numbers));
    assert.is(Math.max(...kept), Math.max(...numbers));
  };
  fc.assert(fc.property(values, check), { numRuns: 100 });
});

test("a smoothed series is of means: constant for a constant, inside the range of any other", () => {
  assert.is(smooth(seriesOf([1, 2, 3])), undefined);
  const constant = smooth(seriesOf(new Array(400).fill(0.25)));
  assert.ok(constant?.values.every((value) => Math.abs(value - 0.25) < 1e-12));
  const line = smooth(seriesOf(Array.from({ length: 400 }, (_, i) => i)));
  for (let i = 0; i < 300; i++) assert.ok(Math.abs((line?.values[i] ?? 0) - i) < 1e-9);
  const check = (numbers: readonly number[]) => {
    const means = smooth(seriesOf(numbers))?.values ?? [];
    const room = 1e-3;
    for (const mean of means) {
      assert.ok(mean >= Math.min(...numbers) - room && mean <= Math.max(...numbers) + room);
    }
  };
  fc.assert(fc.property(values, check), { numRuns: 100 });
});

test("axes: orders of magnitude are logarithmic, a constant has room around it", () => {
  assert.is(axisOf([0.1, 1, 10]).type, "log");
  assert.is(axisOf([0, 1, 10]).type, "linear");
  assert.is(axisOf([0.1, 1, 10], false).type, "linear");
  const check = (numbers: readonly number[]) => {
    const { domain } = axisOf(numbers);
    const [low, high] = domain;
    assert.ok(low < high || Math.max(...numbers.map(Math.abs)) < 1e-300);
    assert.ok(low <= Math.min(...numbers) && high >= Math.max(...numbers));
  };
  fc.assert(fc.property(values, check), { numRuns: 100 });
});

test.after(() => rmSync(folder, { recursive: true }));

test.run();
