/**
 * A picture of what a command prints on a terminal.
 *
 *   npx tsx test/docs/terminal-picture.ts docs/images/terminal.png npx tsx examples/train.ts
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { launchBrowser } from "../chromium.ts";

const STYLE = `
  body { margin: 0; display: inline-block; background: #16181d; color: #e3e5e8; }
  pre { margin: 20px 24px; font: 13px/1.4 "DejaVu Sans Mono", monospace; }
  .prompt { color: #8ab4f8; }
`;

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** Everything that the command printed, as it would stand on the screen. */
function run([command, ...options]: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, options, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, npm_config_loglevel: "silent" },
    });
    let output = "";
    const add = (text: Buffer) => {
      output += text.toString();
    };
    child.stdout.on("data", add);
    child.stderr.on("data", add);
    child.on("error", reject);
    child.on("exit", (code) => (code === 0 ? resolve(output) : reject(new Error(`exit code ${code}:\n${output}`))));
  });
}

const [image, ...command] = process.argv.slice(2);
if (image === undefined || command.length === 0) throw new Error("expected a PNG to write, and a command to run");
const output = await run(command);
const browser = await launchBrowser();
if ("reason" in browser) throw new Error(browser.reason);
const page = await browser.newPage({ deviceScaleFactor: 1.5, viewport: { width: 1200, height: 400 } });
const text = `<span class="prompt">$ ${escapeHtml(command.join(" "))}</span>\n${escapeHtml(output.trimEnd())}`;
await page.setContent(`<style>${STYLE}</style><body><pre>${text}</pre></body>`);
writeFileSync(image, await page.locator("body").screenshot());
await browser.close();
