/** The worker that ranks with a trained ranker: the entry of its process. */
import { chooseDevice } from "../../kernels/index.ts";
import { Ranker } from "../../ranker/ranker.ts";
import { runWorker } from "./run-worker.ts";
import { DEVICE_VARIABLE } from "./worker-messages.ts";

/** The server has counted already, within limits of its own. */
const NO_LIMITS = { candidates: Number.POSITIVE_INFINITY, history: Number.POSITIVE_INFINITY };

await runWorker(async (file) => {
  const { device } = await chooseDevice(process.env[DEVICE_VARIABLE] ?? "cpu");
  const ranker = await Ranker.create(file, { device, limits: NO_LIMITS });
  const candidates = ranker.items.slice(0, ranker.description.candidateCount);
  return {
    description: { ...ranker.description },
    probe: { candidates: candidates.map((item) => ({ item, score: 0 })) },
    rankMany: (requests) => ranker.rankMany(requests),
  };
});
