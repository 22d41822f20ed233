/** A page loads a ranker and ranks as Node does: with and without threads, under a strict policy, and with WebGPU. */
import { createServer, type OutgoingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Ranker } from "../../src/ranker/ranker.ts";
import { type RankedList, RankRequestError } from "../../src/ranker/requests.ts";
import { launchBrowser, WEBGPU_SWITCHES } from "../chromium.ts";
import { smallRanker, smallRequests } from "../small-ranker.ts";
import type { PageReport } from "./browser-page.ts";

const requests = [...smallRequests(), { candidates: ["no such item"] }];
const bytes = await smallRanker();

/** What a page may be sent with, by its path. */
const PAGES: Readonly<Record<string, OutgoingHttpHeaders>> = {
  "/plain": {},
  "/isolated": { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" },
  "/strict": {
    "content-security-policy":
      "default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src data:",
  },
};

async function bundlePage(): Promise<string> {
  const built = await build({
    entryPoints: ["test/package/browser-page.ts"],
    alias: { goalrank: "./src/browser.ts", "#webgpu": "./src/kernels/webgpu/no-package.ts" },
    bundle: true,
    format: "esm",
    platform: "browser",
    write: false,
    logLevel: "error",
  });
  return built.outputFiles[0].text;
}

/** Serves the pages, their script, the ranker and the requests. */
async function startServer(): Promise<Server> {
  const files: Readonly<Record<string, { readonly type: string; readonly content: string | Uint8Array }>> = {
    "/page.js": { type: "text/javascript", content: await bundlePage() },
    "/ranker.safetensors": { type: "application/octet-stream", content: bytes },
    "/short.safetensors": { type: "application/octet-stream", content: bytes.subarray(0, 5000) },
    "/requests.json": { type: "application/json", content: JSON.stringify(requests) },
  };
  const server = createServer(({ url = "" }, response) => {
    const [path] = url.split("?");
    const headers = PAGES[path];
    if (headers !== undefined) {
      response.writeHead(200, { "content-type": "text/html", ...headers });
      response.end(
        '<!doctype html><link rel="icon" href="data:,"><body><script type="module" src="/page.js"></script>',
      );
      return;
    }
    const file = files[path];
    response.writeHead(file === undefined ? 404 : 200, { "content-type": file?.type ?? "text/plain" });
    response.end(file?.content);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return server;
}

/** What a page wrote, and what its console showed. */
async function visit(browser: Browser, address: string): Promise<{ outcome: PageReport | string; console: string[] }> {
  const page = await browser.newPage();
  const shown: string[] = [];
  page.on("console", (message) => shown.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => shown.push(`error: ${error.message}`));
  await page.goto(address);
  const text = page.locator("body").filter({ hasText: /[{"]/ });
  const outcome = JSON.parse(await text.innerText({ timeout: 60_000 }));
  await page.close();
  return { outcome, console: shown };
}

const test = suite("browser");
const launched = await launchBrowser(WEBGPU_SWITCHES);
if ("reason" in launched) {
  test.skip(`no pages: ${launched.reason}`, () => {});
} else {
  const server = await startServer();
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  test.after(async () => {
    await launched.close();
    server.close();
  });
  const ranker = await Ranker.create(bytes, { threads: 1 });
  const expected = await ranker.rankMany(requests);

  const ranksAsNode = async (path: string, tolerance: number): Promise<PageReport> => {
    const { outcome, console } = await visit(launched, origin + path);
    if (typeof outcome === "string") throw new Error(`${path}: ${outcome}`);
    assert.equal(console, [], path);
    assert.is(outcome.answers.length, expected.length);
    outcome.answers.forEach((answer, n) => {
      const own = expected[n];
      if (own instanceof RankRequestError) assert.is(answer, own.message);
      else assertClose(answer as RankedList, own, tolerance);
    });
    assert.equal(outcome.gradient, [2, 4, 6]);
    return outcome;
  };

  test("a page without shared memory ranks as Node does", async () => {
    assert.not.ok((await ranksAsNode("/plain", 1e-5)).isIsolated);
  });

  test("a page with shared memory, and threads, ranks as Node does", async () => {
    assert.ok((await ranksAsNode("/isolated", 1e-5)).isIsolated);
  });

  test("a page that forbids code made of text ranks as Node does", async () => {
    await ranksAsNode("/strict", 1e-5);
  });

  test("a page with WebGPU ranks as Node does", async () => {
    await ranksAsNode("/plain?device=webgpu", 1e-4);
  });

  test("a page that leaves the choice does not choose a GPU that is none", async () => {
    await ranksAsNode("/plain?device=auto", 1e-5);
  });

  test("a file that is missing or cut short is an error that names it", async () => {
    for (const [file, reason] of [
      ["/none.safetensors", /^RankerFileError: \/none.safetensors: .*status 404/],
      ["/short.safetensors", /^RankerFileError: .*cut short/],
    ] as const) {
      const { outcome } = await visit(launched, `${origin}/plain?file=${file}`);
      assert.match(String(outcome), reason);
    }
  });
}

function assertClose(actual: RankedList, expected: RankedList, tolerance: number): void {
  assert.equal(actual.items, expected.items);
  const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < tolerance, `${a}, expected ${b}`);
  actual.scores.forEach((score, n) => {
    close(score, expected.scores[n]);
  });
  close(actual.logProbability, expected.logProbability);
  assert.is(actual.unknownHistory, expected.unknownHistory);
}

test.run();
