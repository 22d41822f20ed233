/** This project, on its CPU device. */
import { readFileSync } from "node:fs";
import { CpuDevice } from "../../../src/kernels/index.ts";
import {
  defaultDevice,
  layerNorm,
  matmul,
  scope,
  setDefaultDevice,
  type Tensor,
  tensor,
} from "../../../src/tensor/index.ts";
import type { HostArray } from "../../reference-data.ts";
import { createTrainingStep } from "../../reference-transformer.ts";
import type { Computation, Contender, PrepareKernel } from "../contender.ts";

/** On the default device. A GPU works on when a function returns, so that a result is there when it is read. */
function kernel(compute: (...inputs: Tensor[]) => Tensor): PrepareKernel {
  return (inputs: readonly HostArray[]): Computation => {
    const tensors = inputs.map(({ data, shape }) => tensor(data, shape));
    const read = async () => {
      using _ = scope();
      return await compute(...tensors).data();
    };
    const run = () => {
      using _ = scope();
      compute(...tensors);
    };
    return { run: defaultDevice() instanceof CpuDevice ? run : async () => void (await read()), read };
  };
}

function prepareTraining(): () => Promise<number> {
  const step = createTrainingStep();
  return async () => {
    const loss = step();
    const value = await loss.item();
    loss.dispose();
    return value;
  };
}

export async function open(threads: number): Promise<Contender> {
  setDefaultDevice(new CpuDevice({ threads }));
  return onDefaultDevice();
}

export function onDefaultDevice(): Contender {
  const description = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  const { name, version } = JSON.parse(description) as { name: string; version: string };
  return {
    version: `${name} ${version}`,
    kernels: {
      matmul: kernel((a, b) => matmul(a, b)),
      "batched matmul": kernel((a, b) => matmul(a, b)),
      softmax: kernel((x) => x.softmax()),
      "log-sum-exp": kernel((x) => x.logSumExp()),
      "layer norm": kernel((x, gain, bias) => layerNorm(x, gain, bias)),
    },
    prepareTraining,
  };
}
