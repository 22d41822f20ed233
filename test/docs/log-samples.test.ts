/** Every format of logs in docs/data.md has a sample there, which its flags read into the interactions that are meant. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { interactionSource } from "../../src/cli/configuration/library-options.ts";
import { isShown } from "../../src/data/exposures.ts";
import { readInteractions } from "../../src/data/readers/read-interactions.ts";
import { configure } from "../cli/configurations.ts";
import { rowsOf } from "../data/logs.ts";

const PAGE = "docs/data.md";
const folder = mkdtempSync(join(tmpdir(), "goalrank-samples-"));
test.after(() => rmSync(folder, { recursive: true }));

const text = readFileSync(PAGE, "utf8");
const [, section = ""] = /\n### Formats\n(.*?)\n##/s.exec(text) ?? [];
/** Flags by the name of the log. */
const flags = new Map(
  [...section.matchAll(/^\| (.+?) \| `(--.+)` \|$/gm)].map(([, name, words]) => [name, words.replaceAll("\\|", "|")]),
);
/** Samples by the name of the log. */
const samples = new Map(
  [...section.matchAll(/^(\S[^\n]*):\n\n```text\n(.*?)```$/gms)].map(([, name, own]) => [name, own]),
);

/** The words of a command line, of which some are quoted. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}

/** Rows in the order of the log: user, item, feedback, time; a candidate that was not shown ends with a minus. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  "MovieLens-1M, `ratings.dat`": ["1 1193 5 978300760", "1 661 3 978302109"],
  "MovieLens-100K, `u.data`": ["196 242 3 881250949", "186 302 3 891717742"],
  "MovieLens-32M, `ratings.csv`": ["1 17 4 944249077", "1 25 1 944250228"],
  "Amazon, `ratings_*.csv` of 2014": ["A2EFCYXHNK06IS 5555991584 5 978480000", "A1WR23ER5HMAA9 5555991584 4 953424000"],
  "Amazon, ratings of 2018": ["A1GKTP7OMYBZZE 0449819906 5 1477785600", "A2KYYLRTNUKMOW 0449819906 4 1477699200"],
  "Amazon, reviews of 2014 and 2018": [
    "A3NHUQ33CFH3VM B00005N7P0 5 1404259200",
    "A3SK6VNBQDNBJE B00005N7P0 4 1383868800",
  ],
  "Amazon, reviews of 2023": ["AGKHLEW2SOWHNMFQIJGBECAF7INQ B00YQ6X8EO 5 1588687728923"],
  "Taobao, `UserBehavior.csv`": ["1 2268318 1 1511544070", "1 2333346 5 1511561733"],
  "Gowalla, `Gowalla_totalCheckins.txt`": ["0 420315 1 1287440263", "0 22847 1 1287532527"],
  "LastFM-2K, `user_artists.dat`": ["2 51 13883 0", "2 52 11690 1"],
  "LastFM-1K": ["user_000001 Underworld 1 1241445250", "user_000001 Deep Dish 1 1241478537"],
  "Netflix, `combined_data_*.txt`": ["1488844 1 3 1125964800", "822109 1 5 1115942400", "822109 2 4 1125878400"],
  "MIND, `behaviors.tsv`": [
    "U13740 N55189 1 0",
    "U13740 N42782 1 0",
    "U13740 N55689 1 1573463158",
    "U13740 N35729 0 1573463158",
    "U13740 N20678 0 1573582290",
    "U13740 N39317 1 1573582290",
  ],
  "Open Bandit": ["#1 25 0 1574553617.004101", "#2 7 1 1574553623.364214"],
  "RecBole, `.inter`": ["196 242 3 881250949", "186 302 3 891717742"],
  "RecBole, sequences": ["1 7 1 0", "1 12 1 1", "1 31 1 2", "1 8 1 3"],
  ReChorus: ["1 7 1 1526688000", "1 12 1 1526774400"],
  "LightGCN, `train.txt`": ["0 31 1 0", "0 8 1 1", "0 15 1 2", "1 8 1 3"],
  "events in JSON": ["ann lamp 1 1769848200", "ann lamp 5 1769848260"],
  "requests in JSON": ["ann lamp 0 1769848200", "ann sofa 1 1769848200", "ann rug 0 1769848200 -"],
  "requests in JSON, an object for each item": ["7 lamp 1 5", "7 sofa 0 5"],
  "a spreadsheet's export": ["7 lamp; white 4.5 0", "8 sofa 3 1"],
  "fields between bars": ["ann lamp 1 0", "ann sofa 1 1"],
  "fields between any blanks": ["ann lamp 4 0", "bob sofa 2 1"],
};

/** Formats whose samples are of another test. */
const ELSEWHERE: readonly string[] = [];

test("every format has a sample, and every sample is read by a test", () => {
  assert.ok(flags.size > 20);
  assert.equal([...samples.keys()], [...flags.keys()]);
  assert.equal([...Object.keys(EXPECTED), ...ELSEWHERE].sort(), [...flags.keys()].sort());
});

for (const [name, expected] of Object.entries(EXPECTED)) {
  test(`the sample is what its flags make of it: ${name}`, async () => {
    const file = join(folder, "log");
    writeFileSync(file, samples.get(name) ?? "");
    const source = interactionSource(file, configure("{}", ["--data", file, ...wordsOf(flags.get(name) ?? "")]));
    const log = await readInteractions(source);
    const rows = rowsOf(log).map((row, place) => `${row.join(" ")}${isShown(log, place) ? "" : " -"}`);
    assert.equal(rows, expected);
  });
}

test.run();
