/** A process that is killed (SIGKILL) at random moments and started again ends with the bits of one that was not. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/tensor/index.ts";
import { withFolder } from "./interruptions.ts";
import { killAndResume, runChild } from "./kill-and-resume.ts";

const test = suite("killed");

test("three kills: the same final weights and the same lines of metrics", () =>
  withFolder(async (path) => {
    const settings = { path, device: "cpu", epochs: 20 };
    const { result: expected } = await runChild({ ...settings, path: `${path}-uninterrupted` });
    const random = new Random({ seed: 1, stream: "kills", step: 0 });
    const { result, killedAfter } = await killAndResume(settings, 3, random);
    assert.is(killedAfter.length, 3, killedAfter.join("; "));
    assert.equal(result, expected);
  }));

test.run();
