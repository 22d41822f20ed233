/** `goalrank lab`: the interactive explainer, served to this machine's own browser. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { openedGroup } from "../../lab/opened-group.ts";
import { writeFragment } from "../../lab/url.ts";
import { readRun } from "../../report/read-run.ts";
import { signalExitCode } from "../interruption.ts";
import { onLauncherGone } from "../launcher.ts";
import { UsageError } from "../usage-error.ts";

interface LabOptions {
  readonly port: number;
  readonly request: number;
  /** False for `--no-open`. */
  readonly open: boolean;
}

const EXAMPLES = `
Examples:
  $ goalrank lab                          # see a list-wise ranker learn, and touch every number
  $ goalrank lab runs/first --request 2   # with the second group of a run's report

The page computes everything itself. dist/lab of the package is the same page for any static host.`;

export function labCommand(): Command {
  return new Command("lab")
    .argument("[run]", "folder of a run, of which a group is opened")
    .option("--request <number>", "which request of the run's report", wholeNumber(1), 1)
    .option("--port <number>", "port; 0 takes any free one", wholeNumber(0), 0)
    .option("--no-open", "print the address only, and open no browser")
    .addHelpText("after", EXAMPLES)
    .action(showLab);
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= 65_535) return value;
    throw new InvalidArgumentError(`expected a whole number from ${least} to 65535.`);
  };
}

async function showLab(run: string | undefined, { port, request, open }: LabOptions): Promise<void> {
  const fragment = run === undefined ? "" : fragmentOf(run, request);
  const server = await servePage(findPage(), port);
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${fragment}`;
  console.log(address);
  if (open) openBrowser(address);
  process.exitCode = await signal();
  server.closeAllConnections();
  server.close();
}

/** The part of the address that opens a run's group. */
function fragmentOf(run: string, request: number): string {
  const { anatomy } = readRun(run);
  if (anatomy === undefined) {
    throw new UsageError(`${run}: the run has no anatomy.json, which training writes at its end`);
  }
  if (request > anatomy.requests.length) {
    throw new UsageError(`--request ${request}: the run's report has ${anatomy.requests.length} requests`);
  }
  return writeFragment(openedGroup(anatomy, request));
}

/** The folder of the built page, beside the built program or in the sources' dist. */
function findPage(): string {
  const places = ["../../lab/", "../../../dist/lab/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = places.find((place) => existsSync(join(place, "index.html")));
  if (found === undefined) throw new UsageError("the lab's page is not built yet; run: npm run build");
  return found;
}

/** All that the page is made of, by its path. */
const FILES: Readonly<Record<string, readonly [name: string, type: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/index.html": ["index.html", "text/html; charset=utf-8"],
  "/lab.js": ["lab.js", "text/javascript; charset=utf-8"],
  "/lab.css": ["lab.css", "text/css; charset=utf-8"],
};

/** Serves the page's files to this machine alone. */
export async function servePage(folder: string, port: number): Promise<Server> {
  const server = createServer(async ({ url = "/" }, response) => {
    const file = FILES[url.split("?")[0]];
    if (file === undefined) {
      response.writeHead(404, { "content-type": "text/plain" }).end("There is no such file.\n");
      return;
    }
    const [name, type] = file;
    response.writeHead(200, { "content-type": type, "x-content-type-options": "nosniff" });
    response.end(await readFile(join(folder, name)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
}

/** What opens an address on this system. */
const OPENERS: Readonly<Record<string, readonly string[]>> = { darwin: ["open"], win32: ["cmd", "/c", "start", ""] };

/** Opens the machine's browser where there is a screen; nothing is said where that fails, the address stands there. */
function openBrowser(address: string): void {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  const onScreen = DISPLAY !== undefined || WAYLAND_DISPLAY !== undefined;
  const [program, ...words] = OPENERS[process.platform] ?? (onScreen ? ["xdg-open"] : []);
  if (program === undefined) return;
  const child = spawn(program, [...words, address], { detached: true, stdio: "ignore" });
  child.on("error", () => {});
  child.unref();
}

/** Waits for Ctrl-C, or for the launcher to end; gives the exit code. */
function signal(): Promise<number> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve(signalExitCode("SIGINT")));
    process.once("SIGTERM", () => resolve(0));
    onLauncherGone(() => resolve(0));
  });
}
