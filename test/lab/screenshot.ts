/**
 * A picture of the lab, as a browser shows it.
 *
 *   npx tsx test/lab/screenshot.ts docs/images/lab.png --at "#1&tab=group&lesson=3"
 *   npx tsx test/lab/screenshot.ts phone-dark.png --width 390 --dark --whole
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { servePage } from "../../src/cli/commands/lab.ts";
import { buildLab } from "../../src/lab/build.ts";
import { launchBrowser } from "../chromium.ts";

const program = new Command("screenshot")
  .argument("<image>", "PNG to write")
  .option("--at <fragment>", "what the lab shows, as its address says it", "")
  .option("--width <pixels>", "of the window", Number, 1440)
  .option("--height <pixels>", "of the window, and of the picture", Number, 980)
  .option("--dark", "in dark colours")
  .option("--whole", "the whole page, however long")
  .option("--wait <milliseconds>", "until the picture is taken", Number, 2000)
  .parse();
interface Options {
  readonly at: string;
  readonly width: number;
  readonly height: number;
  readonly dark?: boolean;
  readonly whole?: boolean;
  readonly wait: number;
}
const { at, width, height, dark = false, whole = false, wait } = program.opts<Options>();

const folder = mkdtempSync(join(tmpdir(), "goalrank-lab-picture-"));
await buildLab(folder);
const server = await servePage(folder, 0);
const browser = await launchBrowser();
if ("reason" in browser) throw new Error(browser.reason);
const page = await browser.newPage({ viewport: { width, height }, colorScheme: dark ? "dark" : "light" });
await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${at}`);
await page.waitForTimeout(wait);
writeFileSync(program.args[0], await page.screenshot({ fullPage: whole }));
await browser.close();
server.closeAllConnections();
server.close();
rmSync(folder, { recursive: true });
