/** `goalrank lab`: the address that it prints, the page behind it, a run's group in it, and what it refuses. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { servePage } from "../../src/cli/commands/lab.ts";
import { openedGroup } from "../../src/lab/opened-group.ts";
import { labSchema } from "../../src/lab/state.ts";
import { readFragment, writeFragment } from "../../src/lab/url.ts";
import { anatomySchema } from "../../src/run/anatomy-schema.ts";
import { goalrank } from "../cli/command.ts";
import { files, writeRun } from "../report/sample-run.ts";

const test = suite("goalrank lab");
const folder = mkdtempSync(join(tmpdir(), "goalrank-lab-"));
test.after(() => rmSync(folder, { recursive: true }));

const { "anatomy.json": written, ...withoutAnatomy } = files;
const anatomy = anatomySchema.parse(typeof written === "string" ? JSON.parse(written) : written);

test("a run's group becomes a state that an address can hold", () => {
  anatomy.requests.forEach((request, at) => {
    const state = openedGroup(anatomy, at + 1);
    assert.equal(labSchema.parse(state), state);
    assert.equal(readFragment(writeFragment(state)), { state });
    assert.is(state.opened.length, Math.min(16, request.group.lists.length));
    assert.ok(Math.abs(state.opened[0].reward - request.group.lists[0].reward) < 1e-4);
  });
  assert.throws(() => openedGroup(anatomy, 99), /there is no request 99/);
});

test("the page's files are served, and nothing else", async () => {
  const place = join(folder, "page");
  mkdirSync(place);
  for (const name of ["index.html", "lab.js", "lab.css"]) writeFileSync(join(place, name), `this is ${name}`);
  const server = await servePage(place, 0);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const [path, text] of [
    ["/", "this is index.html"],
    ["/?x=1", "this is index.html"],
    ["/lab.js", "this is lab.js"],
    ["/lab.css", "this is lab.css"],
  ]) {
    assert.is(await (await fetch(origin + path)).text(), text, path);
  }
  for (const path of ["/../package.json", "/%2e%2e/package.json", "/other"]) {
    assert.is((await fetch(origin + path)).status, 404, path);
  }
  server.closeAllConnections();
  server.close();
});

test("a folder that is no run, or a request that is not there, is a mistake of one line", async () => {
  writeRun(join(folder, "bare"), withoutAnatomy);
  writeRun(join(folder, "run"), files);
  for (const [words, reason] of [
    [["nowhere"], /no config.json/],
    [["bare"], /no anatomy.json/],
    [["run", "--request", "99"], /--request 99/],
    [["run", "--request", "0"], /--request/],
    [["--port", "high"], /--port/],
  ] as const) {
    const { code, errors } = await goalrank(folder, "lab", "--no-open", ...words);
    assert.is(code, 2, errors);
    assert.match(errors, reason);
    assert.is(errors.split("\n").length, 1);
  }
});

test.run();
