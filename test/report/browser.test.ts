/** The report in a real browser: nothing is asked of the network, nothing is said on the console, nothing overflows. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderReport } from "../../src/report/page.ts";
import { readRun } from "../../src/report/read-run.ts";
import { launchBrowser } from "../chromium.ts";
import { files, type RunFiles, writeRun } from "./sample-run.ts";

const test = suite("report in a browser");
const launched = await launchBrowser();
const folder = mkdtempSync(join(tmpdir(), "goalrank-report-"));

const { "config.json": configuration, "metrics.jsonl": metrics } = files;
const runs: Readonly<Record<string, RunFiles>> = {
  whole: files,
  unfinished: { "config.json": configuration, "metrics.jsonl": metrics },
};

/** Writes the page of a run to a file. */
function makePage(name: string, contents: RunFiles): URL {
  writeRun(join(folder, name), contents);
  const file = join(folder, `${name}.html`);
  writeFileSync(file, renderReport(readRun(join(folder, name))));
  return pathToFileURL(file);
}

/** What is wrong with a page as the browser shows it, everything unfolded. It runs in the browser. */
const FIND_PROBLEMS = `(() => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  const problems = [];
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) problems.push("the page is " + scrollWidth + " wide in " + innerWidth);
  for (const svg of document.querySelectorAll("svg")) {
    const box = svg.getBoundingClientRect();
    const name = svg.getAttribute("aria-label") ?? svg.getAttribute("class");
    if (!(box.width > 0 && box.height > 0)) problems.push("no size: " + name);
    if (box.right > innerWidth && svg.closest(".scroll") === null) problems.push("beyond the edge: " + name);
    const texts = [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
    for (const [text, own] of texts) {
      const isInside = own.left >= box.left - 1 && own.right <= box.right + 1 &&
        own.top >= box.top - 1 && own.bottom <= box.bottom + 1;
      if (!isInside) problems.push('"' + text + '" is cut off: ' + name);
    }
    texts.forEach(([text, own], i) => {
      for (const [other, its] of texts.slice(i + 1)) {
        const across = Math.min(own.right, its.right) - Math.max(own.left, its.left);
        const down = Math.min(own.bottom, its.bottom) - Math.max(own.top, its.top);
        if (across > 1 && down > 4) problems.push('"' + text + '" lies over "' + other + '": ' + name);
      }
    });
  }
  for (const element of document.querySelectorAll("h1, h2, h3, h4, p, li, dt, dd, figcaption, summary")) {
    if (element.closest(".scroll, .unseen") !== null) continue;
    const { right, width } = element.getBoundingClientRect();
    if (width > 0 && right > innerWidth + 1) problems.push("beyond the edge: " + element.textContent.slice(0, 60));
  }
  return problems;
})()`;

async function openPage(browser: Browser, url: URL, width: number, scheme: "light" | "dark") {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: scheme });
  const page = await context.newPage();
  const messages: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => messages.push(message.text()));
  page.on("pageerror", (error) => messages.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(url.href);
  return { page, messages, requests };
}

const background = (page: Page): Promise<string> => page.evaluate("getComputedStyle(document.body).backgroundColor");

if ("reason" in launched) {
  test.skip(launched.reason, () => {});
} else {
  for (const [name, contents] of Object.entries(runs)) {
    const url = makePage(name, contents);
    const backgrounds = new Set<string>();
    for (const width of [1280, 360]) {
      for (const scheme of ["light", "dark"] as const) {
        test(`a ${name} run, ${width} pixels wide, ${scheme}`, async () => {
          const { page, messages, requests } = await openPage(launched, url, width, scheme);
          assert.equal(await page.evaluate(FIND_PROBLEMS), []);
          assert.equal(messages, []);
          assert.equal(requests, [url.href]);
          backgrounds.add(await background(page));
          const picture = await page.screenshot();
          assert.ok(picture.length > 10_000, "there is something to see");
          writeFileSync(join(folder, `${name}-${width}-${scheme}.png`), picture);
        });
      }
    }
    test(`light and dark differ in a ${name} run`, () => {
      assert.is(backgrounds.size, 2);
    });
  }

  test.after(async () => {
    await launched.close();
    rmSync(folder, { recursive: true });
  });
}

test.run();
