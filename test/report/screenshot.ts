/**
 * A picture of a run's report, as a browser shows it.
 *
 *   npx tsx test/report/screenshot.ts RUN docs/images/report.png
 *   npx tsx test/report/screenshot.ts RUN phone-dark.png --width 360 --dark --whole
 */
import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { renderReport } from "../../src/report/page.ts";
import { readRun } from "../../src/report/read-run.ts";
import { launchBrowser } from "../chromium.ts";

const program = new Command("screenshot")
  .argument("<run>", "folder of a run")
  .argument("<image>", "PNG to write")
  .option("--width <pixels>", "of the window", Number, 1280)
  .option("--height <pixels>", "of the window, and of the picture", Number, 1600)
  .option("--from <selector>", "scroll to the first element that matches")
  .option("--dark", "in dark colours")
  .option("--whole", "the whole page, however long")
  .option("--unfold", "with every fold open")
  .parse();
const [run, image] = program.args;
interface Options {
  readonly width: number;
  readonly height: number;
  readonly from?: string;
  readonly dark?: boolean;
  readonly whole?: boolean;
  readonly unfold?: boolean;
}
const { width, height, from, dark = false, whole = false, unfold = false } = program.opts<Options>();

const browser = await launchBrowser();
if ("reason" in browser) throw new Error(browser.reason);
const page = await browser.newPage({ viewport: { width, height }, colorScheme: dark ? "dark" : "light" });
await page.setContent(renderReport(readRun(run)));
if (unfold) await page.evaluate('document.querySelectorAll("details").forEach((fold) => { fold.open = true; })');
if (from !== undefined) await page.locator(from).first().evaluate("element => element.scrollIntoView()");
writeFileSync(image, await page.screenshot({ fullPage: whole }));
await browser.close();
