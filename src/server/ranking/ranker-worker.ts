/** The worker that ranks with a trained ranker: the entry of its process. */
import { chooseDevice } from "../../kernels/index.ts";
import { Ranker } from "../../ranker/ranker.ts";
import { probeRequest } from "./probe-request.ts";
import { runWorker } from "./run-worker.ts";
import { DEVICE_VARIABLE } from "./worker-messages.ts";

/** The server has counted already, within limits of its own. */
const NO_LIMITS = { candidates: Number.POSITIVE_INFINITY, history: Number.POSITIVE_INFINITY };

await runWorker(async (file) => {
  const { device } = await chooseDevice(process.env[DEVICE_VARIABLE] ?? "cpu");
  const ranker = await Ranker.create(file, { device, limits: NO_LIMITS });
  return {
    description: { ...ranker.description },
    probe: probeRequest(ranker),
    rankMany: (requests) => ranker.rankMany(requests),
  };
});
