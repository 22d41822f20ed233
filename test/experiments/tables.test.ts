/** Tables in three formats, and pictures. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { drawLines, drawPanels, markOf } from "../../src/experiments/pictures.ts";
import { type Table, toCsv, toLatex, toMarkdown } from "../../src/experiments/tables.ts";

const table: Table = {
  name: "example",
  caption: "A & B, 95% ± 1",
  columns: [{ title: "method|kind" }, { title: "H_6", isPercent: true }, { title: "p" }, { title: "n", digits: 0 }],
  rows: [
    ['one, "two"', { mean: 0.12345, halfWidth: 0.01, isBest: true }, "< 0.001", 12],
    ["three", { mean: 0.1 }, undefined, undefined],
  ],
};

test("Markdown rounds, marks the best, and escapes what ends a cell", () => {
  assert.is(
    toMarkdown(table),
    [
      "| method\\|kind | H_6 % | p | n |",
      "| --- | ---: | ---: | ---: |",
      '| one, "two" | **12.3** ± 1.0 | < 0.001 | 12 |',
      "| three | 10.0 |  |  |",
      "",
    ].join("\n"),
  );
});

test("CSV does not round, gives intervals a column, and quotes", () => {
  assert.is(
    toCsv(table),
    ["method|kind,H_6,H_6 ± 95%,p,n", '"one, ""two""",0.12345,0.01,< 0.001,12', "three,0.1,,,", ""].join("\n"),
  );
});

test("LaTeX escapes what it reads as commands", () => {
  const text = toLatex(table);
  assert.ok(text.includes("\\caption{A \\& B, 95\\% $\\pm$ 1}"));
  assert.ok(text.includes("method|kind & H\\_6 \\% & p & n \\\\"));
  assert.ok(text.includes('one, "two" & \\textbf{12.3} $\\pm$ 1.0 & $<$ 0.001 & 12 \\\\'));
  assert.ok(text.includes("\\begin{tabular}{lrrr}"));
});

test("a picture of lines stands alone and names everything that it shows", () => {
  const lines = [
    {
      name: "first",
      points: [
        { x: 1, value: 0.5, low: 0.4, high: 0.6 },
        { x: 10, value: 0.7, low: 0.6, high: 0.8 },
      ],
    },
    {
      name: "second <b>",
      points: [
        { x: 1, value: 0.4 },
        { x: 10, value: 0.5 },
      ],
    },
  ];
  const chart = {
    name: "two",
    caption: "Two",
    description: "Two lines",
    x: { label: "lists", type: "log" },
    y: { label: "reward" },
    lines,
  } as const;
  const { svg } = drawLines({ ...chart, levels: [{ name: "the level", value: 0.9 }] });
  assert.ok(svg.startsWith("<svg ") && svg.includes('xmlns="http://www.w3.org/2000/svg"'));
  for (const text of ["Two lines", "lists", "reward", "first", "second &lt;b&gt;", "the level"]) {
    assert.ok(svg.includes(text), text);
  }
  assert.is(drawLines(chart).svg, drawLines(chart).svg, "the same numbers give the same picture");
});

test("a picture of intervals has a dot and a name for each", () => {
  const bars = [
    { name: "one", ...markOf({ mean: 0.001, halfWidth: 0.01 }, 100), isMarked: true },
    { name: "two", value: -0.1 },
  ];
  const chart = { name: "differences", caption: "Differences", description: "Differences", x: { label: "difference" } };
  const { svg } = drawPanels({ ...chart, panels: [{ bars }] });
  assert.is(svg.match(/<circle/g)?.length, 2);
  for (const text of ["one", "two", "difference"]) assert.ok(svg.includes(text), text);
  const { svg: panels } = drawPanels({
    ...chart,
    panels: [
      { name: "left", bars },
      { name: "right", bars: bars.slice(1) },
    ],
  });
  assert.is(panels.match(/<circle/g)?.length, 3);
  for (const text of ["left", "right"]) assert.ok(panels.includes(text), text);
});

test.run();
