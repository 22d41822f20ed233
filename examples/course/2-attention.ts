/**
 * Lecture 2: attention, and the kernel that computes it on a GPU. A query asks every key how well it fits, turns the
 * answers into shares, and takes that mixture of the values.
 *
 *   npx tsx examples/course/2-attention.ts
 */
import { createNodeGpu } from "goalrank/kernels";
import { attention, gradcheck, matmul, randomTensor, setSeed, type Tensor, tensor } from "goalrank/tensor";

setSeed(1);
const [queries, keys, width] = [3, 5, 4];
const [q, k, v] = [queries, keys, keys].map((rows) => randomTensor("normal", [rows, width]));

// 1. In loops, one query at a time. Exponentials overflow in f32 from 89 on, so the largest score is taken off first: that
//    changes no share, since it takes the same factor off above and below the line.
function attend(
  query: ArrayLike<number>,
  isKept: (key: number) => boolean,
  k: Float32Array,
  v: Float32Array,
): number[] {
  const scores = Array.from({ length: keys }, (_, key) => {
    let score = 0;
    for (let d = 0; d < width; d++) score += query[d] * k[key * width + d];
    return isKept(key) ? score / Math.sqrt(width) : Number.NEGATIVE_INFINITY;
  });
  const largest = Math.max(...scores);
  const exponentials = scores.map((score) => Math.exp(score - largest));
  const total = exponentials.reduce((sum, exponential) => sum + exponential);
  const mixed = (d: number) => exponentials.reduce((sum, share, key) => sum + (share / total) * v[key * width + d], 0);
  return Array.from({ length: width }, (_, d) => mixed(d));
}

// 2. In tensors, all queries at once. A mask says which keys a query may see: here query i sees keys 0 to i, as a decoder
//    that writes a list must not see what it has yet to write.
function attendAll(q: Tensor, k: Tensor, v: Tensor, mask?: Tensor): Tensor {
  const scores = matmul(q, k.transpose()).mul(1 / Math.sqrt(width)); // [Q, K]
  return matmul(scores.softmax(mask), v);
}
const causal = tensor(
  Int32Array.from({ length: queries * keys }, (_, at) => Number(at % keys <= Math.floor(at / keys))),
  [queries, keys],
);
const [qData, kData, vData] = await Promise.all([q, k, v].map((part) => part.data()));
const rows = Array.from({ length: queries }, (_, row) => qData.subarray(row * width, (row + 1) * width));
const byLoops = rows.flatMap((query, row) => attend(query, (key) => key <= row, kData, vData));
const difference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]))).toExponential(0);
console.log(
  `tensors against loops:         ${difference(await attendAll(q, k, v, causal).data(), byLoops)}, the largest difference`,
);

// 3. In the library it is one operation, with its own gradient and with heads: parts of the width that attend by themselves.
console.log(`the operation against loops:   ${difference(await attention(q, k, v, 1, causal).data(), byLoops)}`);
const inDouble = [q, k, v].map((part) => part.cast("f64"));
gradcheck((q, k, v) => attention(q, k, v, 2, causal), inDouble);
console.log("gradcheck: attention of two heads is differentiated rightly");

// 4. On a GPU: the loops of 1, one invocation for each query. WGSL knows no infinity, so what is hidden has no exponential at
//    all. The library's own program (src/kernels/ops/attention) is faster, since invocations share work; this is to read.
const kernel = `
@group(0) @binding(0) var<storage, read> q: array<f32>;
@group(0) @binding(1) var<storage, read> k: array<f32>;
@group(0) @binding(2) var<storage, read> v: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
const queries = ${queries}u; const keys = ${keys}u; const width = ${width}u;
@compute @workgroup_size(64)
fn attend(@builtin(global_invocation_id) id: vec3u) {
  let query = id.x; if (query >= queries) { return; } // 64 invocations start, whatever there is to do
  var shares: array<f32, keys>;
  var largest = -3.4e38;
  for (var key = 0u; key <= min(query, keys - 1u); key++) {
    for (var d = 0u; d < width; d++) { shares[key] += q[query * width + d] * k[key * width + d]; }
    shares[key] /= sqrt(f32(width));
    largest = max(largest, shares[key]);
  }
  var total = 0.0;
  for (var key = 0u; key < keys; key++) {
    shares[key] = select(0.0, exp(shares[key] - largest), key <= query);
    total += shares[key];
  }
  for (var d = 0u; d < width; d++) {
    for (var key = 0u; key < keys; key++) { y[query * width + d] += shares[key] / total * v[key * width + d]; }
  }
}`;
const gpu = await createNodeGpu().catch(() => undefined);
const device = await (await gpu?.requestAdapter())?.requestDevice();
if (device === undefined) {
  console.log("the kernel was not run: there is no GPU adapter here");
} else {
  const { STORAGE, COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
  const inputs = [qData, kData, vData].map((data) => {
    const buffer = device.createBuffer({ size: data.byteLength, usage: STORAGE | COPY_DST });
    device.queue.writeBuffer(buffer, 0, data.slice());
    return buffer;
  });
  const y = device.createBuffer({ size: qData.byteLength, usage: STORAGE | COPY_SRC }); // begins as zeros
  const compute = { module: device.createShaderModule({ code: kernel }), entryPoint: "attend" };
  const pipeline = device.createComputePipeline({ layout: "auto", compute });
  const entries = [...inputs, y].map((buffer, binding) => ({ binding, resource: { buffer } }));
  const bindGroup = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(Math.ceil(queries / 64));
  pass.end();
  const copy = device.createBuffer({ size: y.size, usage: MAP_READ | COPY_DST });
  encoder.copyBufferToBuffer(y, 0, copy, 0, y.size);
  device.queue.submit([encoder.finish()]);
  await copy.mapAsync(GPUMapMode.READ);
  console.log(`the kernel against loops:      ${difference(new Float32Array(copy.getMappedRange()), byLoops)}`);
  device.destroy();
}

// Exercises (solutions: test/examples/course/2-attention.test.ts)
//   a. Leave out the division by sqrt(width). What becomes of the largest share at width 64, and of the softmax's gradient?
//   b. Write the gradient of a softmax row from that of its shares p: with above g, it is p * (g - sum of p * g). Check it.
//   c. Let a workgroup serve a query, an invocation for each key. Which steps need all of them, and what stands between?
//   d. What should a query get that may see no key at all? Ask the operation, and say why not NaN.
