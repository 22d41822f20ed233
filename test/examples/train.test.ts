/** examples/train.ts, whose loop is its own, comes to what the library's does, and stays a page or two. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/kernels/index.ts";
import { runSchema, TRAININGS } from "../../src/run/settings.ts";
import { type Ended, goalrank } from "../cli/command.ts";
import { runExample } from "./run-example.ts";

const test = suite("examples/train.ts");
const folder = mkdtempSync(join(tmpdir(), "goalrank-example-"));
test.after(() => rmSync(folder, { recursive: true }));

/** What is printed but for the seconds. */
function results({ code, output, errors }: Ended): string {
  assert.is(code, 0, errors);
  assert.match(output, /\n\d+\.\d s$/);
  return output.replace(/\n\d+\.\d s$/, "");
}

const example = (words: readonly string[]) => results(runExample("train.ts", ...words, "--device", "cpu"));
const program = async (words: readonly string[]) => results(await goalrank(folder, "train", "all", ...words));

/** Ratings of 80 of 150 items by each of 60 users, who like every third item. */
function ratings(separator: string): string {
  const random = new Random({ seed: 1, stream: "ratings", step: 0 });
  const rows = Array.from({ length: 60 }, (_, user) =>
    [...random.permutation(150).subarray(0, 80)].map((item, time) => {
      const rating = (item + user) % 3 === 0 ? 5 : 1 + random.integer(3);
      return [`u${user}`, `i${item}`, rating, 1000 + time].join(separator);
    }),
  );
  return `${rows.flat().join("\n")}\n`;
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test("it has at most 200 lines, and the loop is in them", () => {
  const text = readFileSync("examples/train.ts", "utf8");
  assert.ok(text.trimEnd().split("\n").length <= 200);
  const steps = ["scoreGroups(", "groupObjective(", ".backward()", "clipScale(", "optimiser.step("];
  const places = steps.map((step) => text.indexOf(step));
  assert.equal(
    places,
    places.toSorted((a, b) => a - b),
  );
  assert.not.ok(places.includes(-1));
});

test("of a world it prints what goalrank train all does, to the digit", async () => {
  const words = ["--scenario", "tiny", "--requests", "160", "--seed", "4", "--max-lists", "200"];
  const own = example(words);
  assert.match(own, /^method +true reward +regret/);
  assert.is(own, await program(words));
});

test("of a log it prints what goalrank train all does with the paper's settings, whatever its format", async () => {
  const header = "user_id,item_id,rating,timestamp\n";
  const films = file("ratings.dat", ratings("::"));
  const table = file("ratings.csv", header + ratings(","));
  const options = ["--max-lists", "60", "--epochs", "1"];
  const own = example(["--data", films, ...options]);
  assert.not.match(own, /true reward/);
  const usual = runSchema.parse({});
  const budgets = TRAININGS.map((training) => [training, { ...usual[training], leastSteps: 1 }]);
  const experiment = { ...usual, ...Object.fromEntries(budgets), policyRequests: "all" };
  const plain = file("plain.json", JSON.stringify({ experiment }));
  assert.is(own, await program(["--data", films, "--config", plain, ...options]));
  assert.is(example(["--data", table, "--format", "csv", ...options]), own);
});

test("--help lists its flags, and says where the others are", () => {
  const { code, output } = runExample("train.ts", "--help");
  assert.is(code, 0);
  for (const flag of ["--seed", "--scenario", "--data", "--format", "--max-lists", "--requests", "--epochs"])
    assert.match(output, flag);
  assert.match(output, /--out, --resume, --config .* npx goalrank train all/);
});

test("mistakes end with what is wrong and exit code 2, before anything is trained", () => {
  const cases: [string[], RegExp][] = [
    [["--out", "runs/first"], /Unknown option '--out'.*npx goalrank train all/],
    [["surplus"], /Unexpected argument 'surplus'/],
    [["--seed", "one"], /--seed: expected an integer of at least 0, got "one"/],
    [["--epochs", "0"], /--epochs: expected an integer of at least 1, got "0"/],
    [["--device", "abacus"], /there is no device "abacus"/],
    [["--device", "cpu", "--scenario", "large"], /no scenario "large"; expected one of default/],
    [["--device", "cpu", "--data", join(folder, "none.dat")], /none.dat: there is no such file/],
    [["--device", "cpu", "--data", "a.xml", "--format", "xml"], /no format "xml"; expected one of movielens/],
  ];
  for (const [words, message] of cases) {
    const { code, output, errors } = runExample("train.ts", ...words);
    assert.is(code, 2, `${words}: ${errors}`);
    assert.is(output, "");
    assert.match(errors.replace(/^device:.*\n/, ""), message);
    assert.not.match(errors, /\n +at /);
  }
});

test.run();
