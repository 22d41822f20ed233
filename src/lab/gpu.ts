/** The kernel's WGSL on the GPU of the machine that shows the page, beside the TypeScript. */
import { chooseDevice } from "../kernels/index.ts";
import { groupCrossEntropy, tensor } from "../tensor/index.ts";
import type { ScoredList } from "./objective.ts";
import type { LabState } from "./state.ts";

/** What came out, or why nothing could, in words. */
export async function compareOnGpu(
  lists: readonly ScoredList[],
  { temperature, normalisation, minimumSpread }: LabState,
): Promise<string> {
  try {
    const { device } = await chooseDevice("webgpu");
    const results = await Promise.all(
      [device, undefined].map(async (own) => {
        const options = own === undefined ? {} : { device: own };
        const row = (pick: (list: ScoredList) => number) =>
          tensor(Float32Array.from(lists, pick), [1, lists.length], options);
        const mask = tensor(
          Int32Array.from(lists, ({ isDistinct }) => Number(isDistinct)),
          [1, lists.length],
          options,
        );
        const { loss, referencePolicy } = groupCrossEntropy(
          row(({ reward }) => reward),
          row(({ logProbability }) => logProbability),
          { temperature, minimumSpread, mask, normalisation: normalisation === "batch" ? "group" : normalisation },
        );
        return [...(await loss.data()), ...(await referencePolicy.data())];
      }),
    );
    const difference = Math.max(...results[0].map((value, at) => Math.abs(value - results[1][at])));
    return `Done on ${device.name}: loss ${results[0][0].toFixed(5)}, at most ${difference.toExponential(1)} from the TypeScript.`;
  } catch (error) {
    return `No GPU could be used: ${(error as Error).message}`;
  }
}
