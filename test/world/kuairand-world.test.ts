/** The world fitted on KuaiRand-Pure, where GOALRANK_DATA names a folder that holds it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { spearmanCorrelation } from "../../src/evaluation/statistics.ts";
import { fitKuaiRand, KUAIRAND_FILES } from "../../src/experiments/fitted-world.ts";
import { drawLog } from "../../src/world/logging-policy.ts";
import { worldReport } from "./world-report.ts";

const folder = process.env.GOALRANK_DATA ?? "";
const isThere = Object.values(KUAIRAND_FILES).every((file) => existsSync(join(folder, file)));
const testOnData = isThere ? test : test.skip;

testOnData(
  "the truth foresees rows that nothing was fitted on, and lists of the world are like those of the log",
  async () => {
    const { world, calibration } = await fitKuaiRand(1, folder);
    assert.equal([world.settings.userCount, world.settings.itemCount, calibration.rows], [19_433, 4_820, 102_598]);
    const { logLoss, baseLogLoss, auc, meanProbability, shareLiked } = calibration;
    assert.ok(logLoss < baseLogLoss - 0.05 && auc > 0.7, JSON.stringify(calibration));
    assert.ok(Math.abs(meanProbability - shareLiked) < 0.05, JSON.stringify(calibration));
    const log = drawLog(world, { size: 2000, seed: 1, stream: "training" });
    const shown = new Float64Array(world.settings.itemCount);
    log.exposed.forEach((position, at) => {
      shown[log.candidates[Math.floor(at / log.listLength) * log.candidateCount + position]]++;
    });
    assert.ok((spearmanCorrelation(shown, world.fit.exposures) ?? 0) > 0.5);
    const report = worldReport(world, drawLog(world, { size: 40, seed: 1, stream: "test" }), { width: 20 });
    assert.ok(report.random < report.logging && report.logging < report.loggingGreedy, JSON.stringify(report));
    assert.ok(report.loggingGreedy + 0.1 < report.oracle, JSON.stringify(report));
  },
);

test.run();
