/** The page of examples/browser: it loads the ranker, and ranks anew for what is chosen. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Ranker } from "../../src/ranker/ranker.ts";
import { launchBrowser } from "../chromium.ts";
import { smallRanker } from "../small-ranker.ts";

const test = suite("examples/browser");
const launched = await launchBrowser();
if ("reason" in launched) {
  test.skip(`no pages: ${launched.reason}`, () => {});
} else {
  const folder = mkdtempSync(join(tmpdir(), "goalrank-page-"));
  const bytes = await smallRanker();
  const file = join(folder, "ranker.safetensors");
  writeFileSync(file, bytes);
  const server = spawn(process.execPath, ["--import", "tsx", "examples/browser/serve.ts", file], {
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  test.after(async () => {
    server.kill();
    await launched.close();
    rmSync(folder, { recursive: true });
  });

  test("the page lists what Node does, before and after something is chosen", async () => {
    const [address] = await new Promise<string[]>((resolve) =>
      createInterface(server.stdout).once("line", (line) => resolve([line])),
    );
    const ranker = await Ranker.create(bytes, { threads: 1 });
    const page = await launched.newPage();
    const shown: string[] = [];
    page.on("console", (message) => shown.push(message.text()));
    page.on("pageerror", (error) => shown.push(error.message));
    await page.goto(address);
    await page.locator("li").first().waitFor();
    const list = async () => (await page.locator("li").allInnerTexts()).map((text) => text.replace(/ \(\d+ %\)$/, ""));
    const titles = (items: readonly string[]) => items.map((item) => ranker.titleOf(item) ?? item);
    const before = await ranker.rank({ history: [] });
    assert.equal(await list(), titles(before.items));
    const [liked] = before.items;
    await page.locator("select").selectOption(liked);
    await page.locator("li", { hasText: titles([liked])[0] }).waitFor({ state: "detached" });
    assert.equal(await list(), titles((await ranker.rank({ history: [liked] })).items));
    assert.equal(shown, []);
  });
}

test.run();
