/** A data report as lines for people. */

import { formatPreparation } from "../prepare.ts";
import { SPLITS } from "../protocols.ts";
import type { DataReport, SplitReport, TimeSpan } from "./data-report.ts";

/** The report in lines; the checks come last, those that failed in capitals. */
export function formatDataReport(report: DataReport): string {
  const { lists, listsPerUser: own, preparation } = report;
  const lines = [
    `protocol ${report.split}: ${number(report.users)} users, ${number(report.items)} items, ` +
      `${number(report.interactions)} interactions, of which the retriever learned from ${number(report.learned)}`,
    ...(preparation === undefined ? [] : formatPreparation(preparation).split("\n")),
    ...leftOut(lists.straddling, "lists lie on both sides of a cut in time"),
    ...leftOut(lists.later, "lists come after their user's test list"),
    ...leftOut(lists.tooShort, "logged lists are too short"),
    `lists per user: minimum ${own.minimum}, quartiles ${own.lowerQuartile}, ${own.median}, ${own.upperQuartile}, ` +
      `maximum ${own.maximum}`,
    `interactions with an item met before: ${percent(report.repeatedShare)}`,
    ...SPLITS.map((split) => formatSplit(split, report.splits[split])),
    `the retriever has ${percent(report.recallAt50)} of the test lists' positives in its top 50, and learned nothing ` +
      `of ${number(report.unknownTestUsers)} of ${number(lists.test)} test users`,
  ];
  if (report.excludedByFuture !== undefined) {
    lines.push(
      `known property of injection: a training list's candidates leave out ${report.excludedByFuture.toFixed(1)} items ` +
        "on average only because the user meets them later",
    );
  }
  const { liked, others } = report.passedOver;
  lines.push(
    `of the test lists' candidates, ${percent(liked)} of the liked and ${percent(others)} of the others counted 0 in a ` +
      "training list of the same user",
  );
  for (const { name, passed, count } of report.checks) {
    lines.push(passed ? `pass: ${name}` : `FAIL: ${name} (${number(count)} do not hold)`);
  }
  return lines.join("\n");
}

function formatSplit(name: string, split: SplitReport): string {
  if (split.span === undefined) return `${name}: no lists`;
  const area =
    split.scoreToExposure === undefined
      ? ""
      : `; the retriever's score tells exposed candidates with an AUC of ${split.scoreToExposure.toFixed(3)}`;
  return (
    `${name}: ${number(split.lists)} lists, candidates ${split.candidates}, ${formatSpan(split.span)}; positives by ` +
    `position ${split.positiveRate.map(percent).join(" ")}${area}`
  );
}

function formatSpan({ first, last, firstDate, lastDate }: TimeSpan): string {
  return `from ${firstDate ?? first} to ${lastDate ?? last}`;
}

function leftOut(count: number | undefined, what: string): string[] {
  return count === undefined || count === 0 ? [] : [`left out: ${number(count)} ${what}`];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** 1234567 as 1,234,567, whatever the machine's language. */
function number(value: number): string {
  return value.toLocaleString("en-US");
}
