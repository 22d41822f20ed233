/** Whether a device computes what it should, and how fast. */
import type { Device } from "../../kernels/index.ts";
import { scope, type Tensor, tensor } from "../../tensor/index.ts";

export interface SelfTest {
  /** What came out wrong; undefined where all is right. */
  readonly problem: string | undefined;
  /** Billions of multiplications and additions a second, in products of matrices of 512 x 512. */
  readonly gflops: number;
}

/** @param seconds how long to measure the speed, at least */
export async function selfTest(device: Device, seconds: number): Promise<SelfTest> {
  const problem = (await checkProduct(device)) ?? (await checkSoftmax(device));
  return { problem, gflops: await measureSpeed(device, seconds) };
}

const SIZE = 64;

/** A product of small integers, which every device gives exactly. */
async function checkProduct(device: Device): Promise<string | undefined> {
  const a = integers((row, column) => ((3 * row + 5 * column) % 7) - 3);
  const b = integers((row, column) => ((2 * row + column) % 5) - 2);
  using _ = scope();
  const product = await tensor(a, [SIZE, SIZE], { device })
    .matmul(tensor(b, [SIZE, SIZE], { device }))
    .data();
  for (let row = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++) {
      let sum = 0;
      for (let k = 0; k < SIZE; k++) sum += a[row * SIZE + k] * b[k * SIZE + column];
      const found = product[row * SIZE + column];
      if (found !== sum) return `a matrix product holds ${found} in place of ${sum}`;
    }
  }
  return undefined;
}

function integers(value: (row: number, column: number) => number): Float32Array {
  return Float32Array.from({ length: SIZE * SIZE }, (_, n) => value(Math.floor(n / SIZE), n % SIZE));
}

/** e^x / (e + e^2 + e^3) for x = 1, 2, 3. */
const SOFTMAX_OF_1_2_3 = [0.09003057317, 0.2447284711, 0.6652409558];
const TOLERANCE = 1e-6;

async function checkSoftmax(device: Device): Promise<string | undefined> {
  using _ = scope();
  const found = await tensor([1, 2, 3], [1, 3], { device }).softmax().data();
  const isRight = SOFTMAX_OF_1_2_3.every((value, n) => Math.abs(found[n] - value) < TOLERANCE);
  return isRight ? undefined : `softmax of 1, 2, 3 is ${found.join(", ")}; expected ${SOFTMAX_OF_1_2_3.join(", ")}`;
}

const WIDTH = 512;
/** Products between two readings, so that a GPU is not measured by its readings. */
const PRODUCTS = 8;

async function measureSpeed(device: Device, seconds: number): Promise<number> {
  using _ = scope();
  const a = tensor(new Float32Array(WIDTH * WIDTH).fill(0.01), [WIDTH, WIDTH], { device });
  await multiply(a);
  const started = performance.now();
  let products = 0;
  while (performance.now() - started < 1000 * seconds) {
    await multiply(a);
    products += PRODUCTS;
  }
  return (products * 2 * WIDTH ** 3) / (performance.now() - started) / 1e6;
}

async function multiply(a: Tensor): Promise<void> {
  using _ = scope();
  let product = a;
  for (let n = 0; n < PRODUCTS; n++) product = product.matmul(a);
  await product.sum().data();
}
