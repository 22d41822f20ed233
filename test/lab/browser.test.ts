/**
 * The lab in a real browser: three sizes, light and dark, by keyboard alone, with reduced motion; nothing on the console,
 * nothing beyond the edge, nothing that axe-core complains of, and numbers as Node computes them.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { servePage } from "../../src/cli/commands/lab.ts";
import { buildLab } from "../../src/lab/build.ts";
import { EXERCISES } from "../../src/lab/exercises.ts";
import { EXHIBITS } from "../../src/lab/exhibits.ts";
import { viewGroup } from "../../src/lab/objective.ts";
import { FIRST_STATE, type LabState, TABS } from "../../src/lab/state.ts";
import { scored, Training } from "../../src/lab/training.ts";
import { writeFragment } from "../../src/lab/url.ts";
import { launchBrowser } from "../chromium.ts";

const test = suite("lab in a browser");
const launched = await launchBrowser();

/** What lies beyond the edge; figures may scroll inside themselves. It runs in the page. */
const FIND_OVERFLOW = `(() => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  const wide = document.documentElement.scrollWidth - innerWidth;
  const beyond = [...document.querySelectorAll("h2, h3, p, td, th, li, a, button, label, input, dd, svg")].filter((own) => {
    const { right, width } = own.getBoundingClientRect();
    return width > 0 && right > innerWidth + 1 && own.closest(".code ol, .unseen, thead") === null;
  });
  return [...(wide > 0 ? ["the page is " + wide + " too wide"] : []), ...beyond.map((own) => own.outerHTML.slice(0, 90))];
})()`;

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds, as "rule: element". */
const FIND_VIOLATIONS = `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html.slice(0, 120))))`;

/** Numbers of the page by their names, in the order of the page. */
const READ_NUMBERS = `[...document.querySelectorAll(".num")].map((own) => [own.dataset.name, Number(own.dataset.value)])`;

/** Two frames, after which what was asked for is drawn. */
const settled = (page: Page) =>
  page.evaluate(
    "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))",
  );

async function toTab(page: Page, tab: string): Promise<void> {
  await page
    .locator(".tabs a")
    .nth(TABS.indexOf(tab as never))
    .click();
  await settled(page);
}

if ("reason" in launched) {
  test.skip(launched.reason, () => {});
} else {
  const folder = mkdtempSync(join(tmpdir(), "goalrank-lab-page-"));
  await buildLab(folder);
  const server = await servePage(folder, 0);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  test.after(async () => {
    await launched.close();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  /** A page of its own, with what its console says. */
  const open = async (width: number, options: object = {}, fragment = "") => {
    const context = await launched.newContext({ viewport: { width, height: 900 }, ...options });
    const page = await context.newPage();
    const messages: string[] = [];
    page.on("console", (message) => messages.push(message.text()));
    page.on("pageerror", (error) => messages.push(error.message));
    await page.goto(origin + fragment);
    await page.locator("h2").waitFor();
    return { page, messages };
  };

  const looks = [
    { name: "desktop, light", width: 1440, options: { colorScheme: "light" }, isChecked: true },
    { name: "tablet, dark", width: 820, options: { colorScheme: "dark" }, isChecked: false },
    {
      name: "phone, dark, reduced motion",
      width: 390,
      options: { colorScheme: "dark", reducedMotion: "reduce" },
      isChecked: true,
    },
  ] as const;
  for (const { name, width, options, isChecked } of looks) {
    test(`every panel fits, ${name}`, async () => {
      const { page, messages } = await open(width, options);
      if (isChecked) await page.evaluate(AXE);
      for (const tab of TABS) {
        await toTab(page, tab);
        assert.equal(await page.evaluate(FIND_OVERFLOW), [], `${tab}, ${name}`);
        if (isChecked) assert.equal(await page.evaluate(FIND_VIOLATIONS), [], `${tab}, ${name}`);
      }
      assert.equal(messages, []);
      if (width === 390) {
        await toTab(page, "group");
        assert.is(await page.evaluate(`getComputedStyle(document.querySelector(".bar i")).transitionDuration`), "0s");
      }
      await page.context().close();
    });
  }

  test("exhibits open with a click each, and exercises are solved by their key", async () => {
    const { page, messages } = await open(820, {}, "#1&tab=failures");
    for (let at = 0; at < EXHIBITS.length; at++) {
      await page.locator(".picks a").nth(at).click();
      await settled(page);
      assert.is(await page.locator(".card h3").first().innerText(), EXHIBITS[at].name);
      assert.equal(await page.evaluate(FIND_OVERFLOW), [], EXHIBITS[at].name);
    }
    await toTab(page, "exercises");
    // The fifth and the sixth train for seconds; Node's tests solve them.
    for (const number of [1, 2, 3, 4, 7, 8, 9]) {
      await page
        .locator(".picks a")
        .nth(number - 1)
        .click();
      await page.evaluate(`for (const fold of document.querySelectorAll("details")) fold.open = true`);
      await page.getByRole("button", { name: "Set the lab to the key" }).click();
      await page.getByRole("button", { name: "Check" }).click();
      await page.getByText(/^Solved\./).waitFor({ timeout: 20_000 });
      assert.is(await page.locator(".card h3").first().innerText(), `${number}. ${EXERCISES[number - 1].name}`);
    }
    assert.equal(messages, []);
    await page.context().close();
  });

  test("the numbers on the page are Node's, for states that come through the address", async () => {
    const states: readonly Partial<LabState>[] = [
      { seed: 7, temperature: 0.3, fatigue: 1 },
      { seed: 12, normalisation: "batch", loudness: 4, members: 3, pessimism: 1, step: 3 },
      { taste: [-1, 2, 0.5], judge: "truth", counts: [2, 1, 1, 1, 1, 1, 1, 1], objective: "grpo", drags: { 0: 2.5 } },
    ];
    const { page, messages } = await open(1440);
    for (const change of states) {
      const state: LabState = { ...FIRST_STATE, ...change, tab: "group" };
      await page.evaluate(`location.hash = ${JSON.stringify(writeFragment(state))}`);
      await settled(page);
      await page.waitForTimeout(200);
      const shown = (await page.evaluate(READ_NUMBERS)) as [string, number][];
      const training = new Training(state);
      const { group, rewards, logs } = training.moment(state.step);
      const lists = scored(group, rewards, logs).map((list, at) => ({
        ...list,
        reward: state.drags[at] ?? list.reward,
      }));
      const view = viewGroup(
        lists,
        state,
        group.map(({ index }) => training.start.logs[index]),
      );
      training.dispose();
      const expected = [
        ...view.rows.flatMap(({ reward, z, reference, policy, push }) => [reward, z, reference, policy, push]),
        view.mean,
        view.deviation,
        view.spread,
        view.loss,
        view.divergence,
      ];
      assert.is(shown.length, expected.length);
      shown.forEach(([name, value], at) => {
        assert.ok(Math.abs(value - expected[at]) < 1e-6, `${name} is ${value}, expected ${expected[at]}`);
      });
    }
    assert.equal(messages, []);
    await page.context().close();
  });

  test("the keyboard alone goes to a panel, moves a reward, reads a formula and steps", async () => {
    const { page, messages } = await open(1440);
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await page.keyboard.press(key);
      await settled(page);
    };
    const focused = (what: string) => page.evaluate(`document.activeElement.${what}`);
    // Start anew, theme, World, Judge, Group.
    await press("Tab", "Tab", "Tab", "Tab", "Tab");
    assert.match(String(await focused("textContent")), /^Group/);
    await press("Enter");
    for (let n = 0; n < 20 && (await focused("type")) !== "range"; n++) await press("Tab");
    const before = Number(await focused("value"));
    await press("ArrowRight", "ArrowRight");
    assert.ok(Math.abs(Number(await focused("value")) - before - 0.02) < 1e-6);
    await press("Tab");
    assert.match(await page.locator(".formula").innerText(), /^Reward r̂/);
    await press("ArrowRight");
    assert.match(await page.locator(".formula").innerText(), /^Standardised reward z = .*mean/);
    await press("ArrowDown");
    assert.match(String(await page.evaluate("location.hash")), /drags=0:/);
    assert.equal(messages, []);
    await page.context().close();
  });

  test("an address that is not whole is said so, and changes nothing", async () => {
    const { page, messages } = await open(820, {}, "#1&temperature=hot");
    assert.match(await page.getByRole("alert").innerText(), /could not be read \(temperature/);
    assert.is(await page.locator("h2").innerText(), "What the user likes");
    assert.equal(messages, []);
    await page.context().close();
  });
}

test.run();
