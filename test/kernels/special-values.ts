/** Zeros of both signs, infinities, what is no number, and numbers around them, through every elementwise operation. */
import { CpuDevice, type Device, type ElementwiseOperation, elementwise } from "../../src/kernels/index.ts";
import { apply, type Tensor, tensor, withDefaultDevice } from "../../src/tensor/index.ts";

/** Whatever comes near the edges of f32, and of the functions: 16 finite ones, and those that a GPU need not know. */
export const FINITE_VALUES = [0, -0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 1.5, -1.5, 20, -20, 90, -90];
export const NON_FINITE_VALUES = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

/** Exponents and other numbers that operations take. */
export const NUMBERS = [0, 1, 2, 3, -1, -2, -3, 0.5, -0.5, 4, 5, -5, 1.5, 2.5, -1.5];

export interface Special {
  readonly name: string;
  readonly operation: ElementwiseOperation;
  readonly inputs: readonly (readonly number[])[];
  readonly s: number | undefined;
}

/** Every operation on every pair of values, and with every number where it takes one. */
export function specialCases(values: readonly number[]): Special[] {
  const cases: Special[] = [];
  for (const [name, operation] of Object.entries(elementwise)) {
    const { operands, expression } = operation.elementwise;
    const numbers = /\bs\b/.test(expression) ? NUMBERS : [undefined];
    const pairs = values.flatMap((a) => values.map((b) => [a, b]));
    const rows = operands.length === 1 ? values.map((a) => [a]) : pairs;
    const inputs = operands.map((operand, k) => {
      if (operand.endsWith("_mask")) return rows.map((_, row) => row % 2);
      return rows.map((row) => row[Math.min(k, row.length - 1)]);
    });
    for (const s of numbers) cases.push({ name: s === undefined ? name : `${name} by ${s}`, operation, inputs, s });
  }
  return cases;
}

export interface Outcome {
  readonly values: readonly number[];
  /** Of the sum of the results, by operand. */
  readonly gradients: readonly (readonly number[])[];
}

/** Results and gradients on a device, in f32. */
export async function outcomeOn(device: Device, { operation, inputs, s }: Special): Promise<Outcome> {
  const { results, operands } = withDefaultDevice(device, () => {
    const masks = operation.elementwise.operands.map((operand) => operand.endsWith("_mask"));
    const operands = inputs.map(
      (values, k): Tensor =>
        masks[k] ? tensor(Int32Array.from(values), [values.length]) : tensor(Float32Array.from(values)).requireGrad(),
    );
    const [results] = apply(operation, operands, s === undefined ? undefined : { s });
    if (operation.gradient !== undefined) results.sum().backward();
    return { results, operands };
  });
  const gradients: number[][] = [];
  for (const { grad } of operands) gradients.push(grad === undefined ? [] : [...(await grad.data())]);
  return { values: [...(await results.data())], gradients };
}

/** The references alone. */
export const reference = new CpuDevice({ simd: false });

/** Where two outcomes differ by more than rounding: what was computed of what; undefined where nowhere. */
export function difference(actual: Outcome, expected: Outcome, { inputs }: Special): string | undefined {
  const parts: [string, readonly number[], readonly number[]][] = [
    ["result", actual.values, expected.values],
    ...expected.gradients.map((own, k): [string, readonly number[], readonly number[]] => [
      `gradient of operand ${k}`,
      actual.gradients[k],
      own,
    ]),
  ];
  for (const [what, left, right] of parts) {
    const at = right.findIndex((value, place) => !isSame(left[place], value));
    if (at >= 0) return `${what} of ${inputs.map((values) => values[at])}: ${left[at]}, expected ${right[at]}`;
  }
  return undefined;
}

/** Of the same kind and, if finite, equal but for rounding; zeros of either sign are equal. */
function isSame(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  return Math.abs(a - b) <= 1e-5 * Math.abs(b) + 1e-6;
}
