/** onnxruntime-node: native matrix products, as the bound for what runs in JavaScript and WebAssembly. */
import type { HostArray } from "../../reference-data.ts";
import type { Contender, PrepareKernel } from "../contender.ts";
import { createMatmulModel } from "../onnx-model.ts";
import { describePackage } from "../packages.ts";

const PACKAGE = "onnxruntime-node";

/** What is used of onnxruntime-node. */
interface Runtime {
  readonly Tensor: new (type: "float32", data: Float32Array, shape: readonly number[]) => object;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: { intraOpNumThreads: number; interOpNumThreads: number },
    ): Promise<{ run(inputs: Record<string, object>): Promise<Record<string, { data: Float32Array }>> }>;
  };
}

export async function open(threads: number): Promise<Contender> {
  const name: string = PACKAGE;
  const { Tensor, InferenceSession } = (await import(name)) as Runtime;
  const multiply: PrepareKernel = async (inputs: readonly HostArray[]) => {
    const [left, right] = inputs;
    const model = createMatmulModel(left.shape, right.shape);
    const session = await InferenceSession.create(model, { intraOpNumThreads: threads, interOpNumThreads: 1 });
    const operands = {
      left: new Tensor("float32", left.data, left.shape),
      right: new Tensor("float32", right.data, right.shape),
    };
    return {
      async run() {
        await session.run(operands);
      },
      read: async () => (await session.run(operands)).product.data,
    };
  };
  return { version: describePackage(PACKAGE), kernels: { matmul: multiply, "batched matmul": multiply } };
}
