/**
 * The lab's page: what it weighs, how soon it is seen, and how long a step of training takes in a browser.
 *
 *   npx tsx bench/lab.ts [--json]
 *
 * The first frame is the median of five loads with an empty cache; a step is one of 120 at N = 6, L = 3, with all that the
 * page computes of it.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { servePage } from "../src/cli/commands/lab.ts";
import { percentile } from "../src/evaluation/index.ts";
import { buildLab } from "../src/lab/build.ts";
import { launchBrowser } from "../test/chromium.ts";

const LOADS = 5;
const STEPS = 120;

const folder = mkdtempSync(join(tmpdir(), "goalrank-lab-bench-"));
await buildLab(folder);
const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
const compressed = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
const bytes = files.reduce((sum, file) => sum + file.length, 0);

const server = await servePage(folder, 0);
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
const browser = await launchBrowser();
if ("reason" in browser) throw new Error(browser.reason);

/** When the page was first drawn, in milliseconds after it was asked for. */
async function firstFrame(): Promise<number> {
  if ("reason" in browser) throw new Error(browser.reason);
  const page = await browser.newPage();
  await page.goto(origin);
  await page.locator("h2").waitFor();
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  // The application's own mark: the panel is in the page, and the frame that shows it has begun.
  const shown = Number(await page.evaluate('performance.getEntriesByName("lab shown")[0].startTime'));
  await page.close();
  return shown;
}

/** Milliseconds of each step while the page plays, as the page measured them. */
async function stepTimes(): Promise<number[]> {
  if ("reason" in browser) throw new Error(browser.reason);
  const page = await browser.newPage();
  await page.goto(`${origin}#1&tab=time&step=${STEPS}`);
  const measured = `performance.getEntriesByName("lab step").map(({ duration }) => duration)`;
  await page.waitForFunction(`performance.getEntriesByName("lab step").length >= ${STEPS}`, undefined, {
    timeout: 120_000,
  });
  const times = (await page.evaluate(measured)) as number[];
  await page.close();
  return times;
}

const frames: number[] = [];
for (let load = 0; load < LOADS; load++) frames.push(await firstFrame());
const steps = await stepTimes();
await browser.close();
server.closeAllConnections();
server.close();
rmSync(folder, { recursive: true });

const result = {
  bytes,
  compressedBytes: compressed,
  firstFrameMilliseconds: percentile(frames, 0.5),
  stepMilliseconds: { median: percentile(steps, 0.5), p95: percentile(steps, 0.95) },
};
if (process.argv.includes("--json")) {
  console.log(JSON.stringify(result, null, 2));
} else {
  const { firstFrameMilliseconds, stepMilliseconds } = result;
  console.log(`${(compressed / 1000).toFixed(1)} kB compressed, ${(bytes / 1000).toFixed(1)} kB in all`);
  console.log(`first frame after ${firstFrameMilliseconds.toFixed(0)} ms`);
  console.log(`a step takes ${stepMilliseconds.median.toFixed(1)} ms, 95% under ${stepMilliseconds.p95.toFixed(1)} ms`);
}
