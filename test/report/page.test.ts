/** What the page says: the numbers of the run's files, escaped text, and what is missing. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parseHTML } from "linkedom";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderReport } from "../../src/report/page.ts";
import { readRun } from "../../src/report/read-run.ts";
import type { ReportInput } from "../../src/report/run-input.ts";
import { COLOURS } from "../../src/report/style.ts";
import type { RequestAnatomy } from "../../src/run/anatomy-schema.ts";
import { anatomy, dataReport, files, type RunFiles, result, writeRun } from "./sample-run.ts";

const test = suite("report page");
const folder = mkdtempSync(join(tmpdir(), "goalrank-report-"));
let made = 0;

function read(contents: RunFiles = files): ReportInput {
  const run = join(folder, `run-${made++}`);
  writeRun(run, contents);
  return readRun(run);
}

const whole = read();
const page = renderReport(whole);
const { document } = parseHTML(page);
/** The text of what a selector finds, with single blanks. */
const textOf = (selector: string, from = document): string[] =>
  [...from.querySelectorAll(selector)].map(({ textContent }) => (textContent ?? "").replace(/\s+/g, " ").trim());

test("the table of results holds every number of result.json, with its interval", () => {
  const rows = [...document.querySelectorAll("#results table")[0].querySelectorAll("tbody tr")];
  assert.is(rows.length, result.rows.length);
  rows.forEach((row, i) => {
    const { method, halfWidths: half, ...means } = result.rows[i];
    assert.is(row.querySelector("th")?.textContent, method);
    const cells = [...row.querySelectorAll("td")].map((cell) => (cell.textContent ?? "").replace(" (best)", ""));
    const reward = (mean: number, width: number) => `${mean.toFixed(3)}±${width.toFixed(3)}`.replace("-", "−");
    const share = (mean: number, width: number) => `${(100 * mean).toFixed(1)}±${(100 * width).toFixed(1)}`;
    assert.equal(cells, [
      reward(means.trueReward, half.trueReward),
      reward(means.regret, half.regret),
      reward(means.predictedReward, half.predictedReward),
      share(means.hit, half.hit),
      share(means.ndcg, half.ndcg),
      share(means.map, half.map),
      share(means.f1, half.f1),
      share(means.auc, half.auc),
    ]);
  });
});

test("the best method of each column is marked, random and oracle left out", () => {
  const best = [...document.querySelectorAll("#results tbody tr")]
    .filter((row) => row.querySelector(".best") !== null)
    .map((row) => [row.querySelector("th")?.textContent, row.querySelectorAll(".best").length]);
  assert.equal(best, [
    ["logging policy", 1],
    ["GoalRank", 6],
  ]);
});

/** The page of the sample run with a verdict that differs so. */
function pageWith(changes: object, more: object = {}): typeof document {
  const verdict = { ...result.verdict, ...changes };
  return parseHTML(renderReport(read({ ...files, "result.json": { ...result, ...more, verdict } }))).document;
}

test("the page begins with the verdict: what to deploy, how sure that is, what to watch, the next step", () => {
  assert.equal(textOf("h1"), ["Deploy GoalRank"]);
  assert.match(
    document.querySelector("title")?.textContent ?? "",
    /^Deploy GoalRank · embedded world “default” · GoalRank$/,
  );
  assert.match(textOf(".lead")[0], "GoalRank: writes a list item by item");
  const [answer] = textOf(".answer");
  for (const words of [
    "GoalRank came out first on 480 validation lists",
    "Against a random order: better, by +1.45 to +1.55 liked items a list (95% interval, p\u00a0<\u00a00.001).",
    "imitation-evaluator, 100 lists cannot be told apart from it; the simplest is taken.",
    "A close race. GoalRank and another cannot be told apart.",
    "A small test. Only 120 test lists hold a positive.",
    "GoalRank is worth it on this data",
  ]) {
    assert.ok(answer.includes(words.replaceAll("\u00a0", " ")), words);
  }
  assert.match(textOf(".answer pre")[0], /^goalrank serve run-\d+$/);
});

test("everything else is folded, and says what is inside", () => {
  const sections = [...document.querySelectorAll("main > section")];
  assert.ok(
    sections.every((section) => section.querySelector(":scope > details:not([open]) > summary > .hint") !== null),
  );
});

test("a verdict to deploy nothing, to keep the retriever, or that is overruled, says so first", () => {
  const gate = { name: "measures-injection", figure: 0.009, text: "AUC 0.009", blocks: true };
  const nothing = pageWith({ deploy: null, served: null, gates: [gate] });
  assert.equal(textOf("h1.blocked", nothing), ["Deploy nothing yet"]);
  assert.match(textOf(".lead", nothing)[0], "they say nothing of real requests");
  assert.equal(textOf(".gates .blocks", nothing), ["The test measures itself. AUC 0.009."]);
  assert.match(textOf(".answer", nothing)[0], "this trains again on candidates like those that a server gets");
  const retriever = pageWith({ deploy: "retriever", served: "retriever" });
  assert.equal(textOf("h1", retriever), ["Keep the retriever"]);
  const overruled = pageWith({ deploy: null, served: "goalrank", gates: [gate] });
  assert.match(
    textOf(".answer .warning", overruled)[0],
    "GoalRank is served all the same: the setting deploy overrules",
  );
});

test("figures of a log are never shown without how its candidates were chosen", () => {
  const candidates = { training: "retrieved", validation: "retrieved", test: "retrieved" };
  const choice = {
    ...result.verdict.choice,
    measure: "ndcg",
    methods: result.verdict.choice.methods.map((own) => ({ ...own, mean: own.mean / 4 })),
  };
  const log = pageWith({ choice }, { protocols: { split: "global-time", candidates } });
  assert.match(textOf(".answer", log)[0], "480 validation lists of retrieved candidates");
  assert.match(
    textOf(".answer .note", log)[1],
    "The test lists of retrieved candidates, which took no part in the choice, say by NDCG@6: GoalRank 4.1%",
  );
  assert.match(textOf(".answer figcaption", log)[0], "NDCG@6 on 480 validation lists, retrieved candidates");
  assert.match(
    textOf("#results caption", log)[0],
    /^Candidates: retrieved\. Means over the 412 of 500 test lists that hold a liked candidate/,
  );
});

test("methods are explained, and every word of the glossary", () => {
  const [glossary] = textOf("#glossary");
  for (const words of [
    "GoalRank Writes a list item by item",
    "imitation-evaluator, 100 lists Draws 100 lists",
    "20-core",
    "AUC",
    "NDCG@6",
  ]) {
    assert.ok(glossary.includes(words) || glossary.replace(/ /g, "").includes(words.replace(/ /g, "")), words);
  }
});

test("a value far off does not flatten the others: it is told, and an arrow stands for it", () => {
  const methods = result.verdict.choice.methods.map((own) => (own.name === "dnn" ? { ...own, mean: -40 } : own));
  const [picture] = pageWith({ choice: { ...result.verdict.choice, methods } }).querySelectorAll(".answer figure");
  const texts = [...picture.querySelectorAll("text")].map(({ textContent }) => textContent);
  assert.ok(texts.includes("◂") && texts.includes("−40.000"));
  assert.match(textOf(".note", picture as unknown as typeof document)[0], "too far off");
  assert.not.ok([...document.querySelectorAll(".answer svg text")].some(({ textContent }) => textContent === "◂"));
});

test("GoalRank's leads and losses differ in colour, and what may be chance from both", () => {
  const advantages = result.advantages.map((own, i) => ({ ...own, mean: [0.5, -0.5, 0.01][i % 3], halfWidth: 0.1 }));
  const { document: shown } = parseHTML(renderReport(read({ ...files, "result.json": { ...result, advantages } })));
  const dots = [...shown.querySelectorAll("#results figure circle")].map((dot) => dot.getAttribute("fill"));
  for (const colour of ["accent", "warm", "muted"]) assert.ok(dots.includes(`var(--${colour})`), colour);
});

test("the anatomy of each group is there: every list with its reward, z and both policies", () => {
  const articles = [...document.querySelectorAll("#groups article")];
  assert.is(articles.length, anatomy.requests.length);
  articles.forEach((article, i) => {
    const rows = [...article.querySelectorAll("tbody tr")];
    const { lists } = anatomy.requests[i].group;
    assert.is(rows.length, lists.length);
    rows.forEach((row, rank) => {
      const { source, reward, z, reference, policy } = lists[rank];
      const cells = [...row.querySelectorAll("td")].map((cell) => (cell.textContent ?? "").trim());
      const number = (value: number) => value.toFixed(2).replace("-", "−");
      assert.equal(cells.slice(1), [
        source,
        `${number(reward)}truly ${number(reward + 0.1)}`,
        number(z),
        `${(100 * reference).toFixed(1)}%`,
        `${(100 * policy).toFixed(1)}%`,
      ]);
    });
  });
});

test("ranked lists show titles, names where there is none, and what was liked in words", () => {
  const [first] = document.querySelectorAll("#lists article");
  const [shown, , own] = [...first.querySelectorAll(".list")].map((list) => textOf("li", list));
  assert.is(shown[0], "Professional, The (a.k.a. Leon: The Professional) (1994)");
  assert.is(shown[1], "✓ liked: مغامرات الأمير أحمد");
  assert.is(own[1], "Title of item 9 (1919)69%");
  assert.ok(textOf("#lists li").some((text) => text.includes("item i8")));
});

test("the data report tells counts, and a check that fails before those that pass", () => {
  const [data] = textOf("#data");
  for (const value of ["1,000,209", "126,219", "229.3", "22.0%"]) assert.ok(data.includes(value), value);
  assert.match(data, "1 of 2 checks for leakage fail.");
  assert.match(textOf(".checks li")[0], "test: the candidates of a list are distinct (17 do not hold)");
  assert.match(data, `${dataReport.checks[0].name}`);
});

test("configuration and provenance are told, and how to run it again", () => {
  const [provenance] = textOf("#provenance");
  assert.match(provenance, "scenario: default");
  for (const value of ["linux x64", "cpu, 2 threads", "2026-01-02 03:04 UTC", "after 60 s", "0123456789abcdef"]) {
    assert.ok(provenance.includes(value), value);
  }
  assert.match(provenance, /goalrank train all --config run-\d+\/config.json --out run-\d+-again/);
});

test("curves are drawn for every stage, and validations", () => {
  const [learning] = textOf("#learning");
  for (const words of [
    "DNN · 20 steps",
    "Reward model · 1,200 steps",
    "GoalRank · 300 steps",
    "Norm of the gradient, logarithmic",
  ]) {
    assert.ok(learning.includes(words), words);
  }
  assert.not.match(learning, "Validation: ranking metrics, logarithmic");
});

test("the page asks for nothing: no script, no style but its own, no address but its sections", () => {
  assert.is(document.querySelectorAll("script, link, img, iframe, object, form, [style], [src], [onload]").length, 0);
  assert.is(document.querySelectorAll("style").length, 1);
  const hash = createHash("sha256")
    .update(document.querySelector("style")?.textContent ?? "")
    .digest("base64");
  const policy = document.querySelector("meta[http-equiv]")?.getAttribute("content") ?? "";
  assert.is(policy, `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`);
  for (const link of document.querySelectorAll("[href]")) {
    const target = link.getAttribute("href") ?? "";
    assert.ok(document.querySelector(target) !== null, target);
  }
  assert.not.match(document.querySelector("style")?.textContent ?? "", /url\(|@import/);
});

test("every picture says in words what it shows, every table has a caption, and headings do not skip a level", () => {
  for (const picture of document.querySelectorAll("svg:not([aria-hidden])")) {
    assert.ok((picture.getAttribute("aria-label") ?? "").length > 10);
    assert.is(picture.getAttribute("role"), "img");
  }
  for (const own of document.querySelectorAll("table")) assert.ok(own.querySelector("caption") !== null);
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map(({ tagName }) => Number(tagName[1]));
  const skipped = levels.filter((level, i) => level > (levels[i - 1] ?? 0) + 1);
  assert.equal(skipped, []);
  assert.is(document.documentElement.getAttribute("lang"), "en");
});

test("the same run gives the same page", () => {
  assert.is(renderReport(whole), page);
});

/** Text that would be more than text if it were not escaped. */
const HOSTILE = [
  "</title><script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "' onload='alert(1)",
  "</svg><style>*{display:none}</style>",
  "<!--",
  "]]>",
  "&lt;b&gt;",
  "2020-01-01",
  "__proto__",
  "",
];

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom("<", ">", "&", '"', "'", "`", "/", "=", "$", "{", "script", "--", "\u202e") }),
);

/** A request with few lists, of a user. */
function shortRequest(request: RequestAnatomy, user: string): RequestAnatomy {
  const { candidates, group } = request;
  return { ...request, user, candidates: candidates.slice(0, 3), group: { ...group, lists: group.lists.slice(0, 8) } };
}

/** A run in which everything that comes from outside is `word`. */
function runOf(word: string): ReportInput {
  const items = Object.fromEntries(
    Object.keys(anatomy.items).map((item) => [item, { id: `${word}${item}`, title: `t${word}` }]),
  );
  return {
    ...whole,
    name: `n${word}`,
    configuration: { [`k${word}`]: `v${word}` },
    run: { command: `c${word}`, started: `s${word}`, finished: `f${word}`, [`o${word}`]: { [word]: [word] } },
    stages: [{ stage: word, training: [{ name: `m${word}`, steps: [0, 1], values: [1, 2] }], validation: [] }],
    dataReport: whole.dataReport && {
      ...whole.dataReport,
      checks: [
        { name: word, passed: true, count: 0 },
        { name: word, passed: false, count: 1 },
      ],
    },
    result: whole.result && {
      ...whole.result,
      rows: whole.result.rows.map((row, i) => ({ ...row, method: `${i} ${word}` })),
      verdict: whole.result.verdict && {
        ...whole.result.verdict,
        gates: [{ name: `g${word}`, figure: 1, text: `t${word}`, blocks: false }],
        next: `n${word}`,
        choice: {
          ...whole.result.verdict.choice,
          methods: whole.result.verdict.choice.methods.map((own, i) => ({ ...own, method: `${i} ${word}` })),
        },
      },
      advantages: whole.result.advantages.map((advantage, i) => ({ ...advantage, over: `${i} ${word}` })),
    },
    anatomy: whole.anatomy && {
      ...whole.anatomy,
      items,
      requests: [shortRequest(whole.anatomy.requests[0], `u${word}`)],
    },
  };
}

/** Every element of a page, without what depends on how long a text is. */
function structure(run: ReportInput): string[] {
  const parsed = parseHTML(renderReport(run)).document;
  return [...parsed.querySelectorAll("*")].map(({ tagName, attributes }) =>
    [tagName, ...[...attributes].map(({ name }) => name).sort()].join(" "),
  );
}

test("whatever a title, a name or a setting holds, it is only text", () => {
  const expected = structure(runOf("word"));
  const check = (word: string) => {
    // A picture breaks a label into lines where the text does.
    const label = word.replace(/[\r\n\u2028\u2029]/g, " ");
    assert.equal(structure(runOf(label)), expected);
  };
  for (const word of HOSTILE) check(word);
  fc.assert(fc.property(text, check), { numRuns: 20 });
  const { document: shown } = parseHTML(renderReport(runOf("<b>&amp;</b>")));
  assert.is(shown.querySelector("h1")?.textContent, "Deploy 3 <b>&amp;</b>");
  assert.is(shown.querySelector("#lists bdi")?.textContent, "t<b>&amp;</b>");
});

test("each part that is missing is said so in its place, and the others stay", () => {
  const notices: Readonly<Record<string, readonly [section: string, notice: RegExp]>> = {
    "run.json": ["provenance", /no run\.json/],
    "data-report.json": ["data", /embedded world/],
    "metrics.jsonl": ["learning", /Nothing was logged yet/],
    "anatomy.json": ["groups", /no anatomy\.json/],
    "result.json": ["results", /No method has been judged yet/],
  };
  for (const [missing, [section, notice]] of Object.entries(notices)) {
    const rest = Object.fromEntries(Object.entries(files).filter(([name]) => name !== missing));
    const { document: partial } = parseHTML(renderReport(read(rest)));
    assert.match(textOf(`#${section} .absent`, partial).join(" "), notice);
    assert.is(partial.querySelectorAll("main > section").length, 8, missing);
  }
  const bare = renderReport(read({ "config.json": {} }));
  assert.is(parseHTML(bare).document.querySelectorAll("main .absent, .answer .absent").length, 8);
  for (const words of [page, bare]) assert.not.match(words, /undefined|NaN|\[object/);
});

test("numbers that could not be computed are dashes", () => {
  const rows = result.rows.map((row) => ({ ...row, auc: undefined, ndcg: null, halfWidths: undefined }));
  const judge = { ...result.judge, pearson: null, rSquared: null, calibration: [], orderAccuracy: [] };
  const flat = anatomy.requests.map((request) => {
    const lists = request.group.lists.map((list) => ({ ...list, reward: 1, z: 0, reference: 0 }));
    return { ...request, group: { ...request.group, rewardDeviation: 0, lists } };
  });
  const odd = renderReport(
    read({
      ...files,
      "result.json": { rows, judge },
      "anatomy.json": { ...anatomy, requests: flat },
      "metrics.jsonl": '{"stage":"DNN","step":0,"loss":1}\n{"stage":"DNN","step":1,"loss":null}\n',
    }),
  );
  assert.not.match(odd, /undefined|NaN|Infinity|\[object/);
  assert.match(odd, "training learns nothing from this group");
});

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test("every colour of text and lines stands out from its background, in light and dark", () => {
  const { page: background, surface, wash, line: _, track: __, ...inks } = COLOURS;
  for (const theme of [0, 1] as const) {
    for (const behind of [background[theme], surface[theme], wash[theme]]) {
      for (const [name, { [theme]: ink }] of Object.entries(inks)) {
        const [low, high] = [luminance(ink), luminance(behind)].sort((a, b) => a - b);
        assert.ok((high + 0.05) / (low + 0.05) >= 4.5, `${name} ${ink} on ${behind}`);
      }
    }
  }
});

test.after(() => rmSync(folder, { recursive: true }));

test.run();
