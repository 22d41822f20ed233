/** A real browser for tests: a Chromium of the machine, or the one that `@sparticuz/chromium` carries for Linux. */
import { existsSync } from "node:fs";
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as launcher } from "playwright-core";

/** The browser, or why there is none. */
export async function launchBrowser(): Promise<Browser | { readonly reason: string }> {
  const installed = [process.env.CHROME_PATH, "/usr/bin/chromium"].find(
    (path) => path !== undefined && existsSync(path),
  );
  if (installed !== undefined) {
    return launcher.launch({ executablePath: installed, args: ["--no-sandbox"] });
  }
  if (process.platform !== "linux" || process.arch !== "x64") {
    return { reason: "no Chromium; name one with CHROME_PATH" };
  }
  chromium.setGraphicsMode = false;
  return launcher.launch({ executablePath: await chromium.executablePath(), args: chromium.args });
}
