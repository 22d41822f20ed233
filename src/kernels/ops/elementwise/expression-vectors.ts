/** Elementwise expressions on four elements at a time: what `expression.ts` makes loops of, in WebAssembly. */
import type { KernelWriter } from "../../wasm/kernel.ts";
import { exp, log, tanh } from "../../wasm/mathematics.ts";
import { F32x4, type Floats, I32x4 } from "../../wasm/values.ts";
import { type Expression, parseExpression } from "./expression-tree.ts";

/** A number that is known when the kernel is written, floats, or integers (masks, and conditions). */
export type Quantity = number | F32x4 | I32x4;

/**
 * The value of an expression, given those of its names. What occurs more than once is computed once.
 * @throws TypeError for powers other than those of `hasVectorPower`
 */
export function vectorExpression(
  write: KernelWriter,
  text: string,
  names: Readonly<Record<string, Quantity>>,
): Quantity {
  const known = new Map<string, Quantity>();
  const evaluate = (expression: Expression): Quantity => {
    if (expression.kind === "number") return expression.value;
    if (expression.kind === "name") {
      const value = names[expression.name];
      if (value === undefined) throw new TypeError(`expression: ${expression.name} has no value`);
      return value;
    }
    const key = JSON.stringify(expression);
    const before = known.get(key);
    if (before !== undefined) return before;
    const result = operate(write, expression.operation, expression.operands.map(evaluate));
    const kept = typeof result === "number" ? result : write.let(result);
    known.set(key, kept);
    return kept;
  };
  return evaluate(parseExpression(text));
}

function operate(write: KernelWriter, name: string, operands: readonly Quantity[]): Quantity {
  const [a, b, condition] = operands;
  if (name in COMPARE) return compare(name as keyof typeof COMPARE, a, b);
  if (name in ARITHMETIC) return calculate(name as keyof typeof ARITHMETIC, a, b);
  if (name in MATHEMATICS) return MATHEMATICS[name as keyof typeof MATHEMATICS](write, floatsOf(a));
  switch (name) {
    case "negate":
      return typeof a === "number" ? -a : floatsOf(a).negate();
    case "sqrt":
    case "abs":
      return floatsOf(a)[name]();
    case "max":
      return typeof b === "number" ? floatsOf(a).atLeast(b) : floatsOf(a).max(floatsOf(b));
    case "min":
      return typeof b === "number" ? floatsOf(a).atMost(b) : floatsOf(a).min(floatsOf(b));
    case "pow":
      return power(floatsOf(a), b);
    case "select":
      if (!(condition instanceof I32x4)) throw new TypeError("expression: select takes a comparison");
      return condition.select(floatsOrNumber(b), floatsOrNumber(a));
    default:
      throw new TypeError(`expression: ${name} has no form for vectors`);
  }
}

/** Operators by the names of the vectors' methods. */
const COMPARE = {
  "==": "equals",
  "!=": "notEquals",
  "<": "less",
  "<=": "lessOrEqual",
  ">": "greater",
  ">=": "greaterOrEqual",
} as const;

const MATHEMATICS = { exp, log, tanh } as const;

const ARITHMETIC = { "+": "add", "-": "sub", "*": "mul", "/": "div" } as const;

function compare(operator: keyof typeof COMPARE, a: Quantity, b: Quantity): I32x4 {
  const method = COMPARE[operator];
  if (a instanceof I32x4 && !(b instanceof F32x4)) return a[method](b);
  return floatsOf(a)[method](floatsOf(b));
}

function calculate(operator: keyof typeof ARITHMETIC, a: Quantity, b: Quantity): Quantity {
  if (typeof a !== "number" || typeof b !== "number") return floatsOf(a)[ARITHMETIC[operator]](floatsOf(b));
  if (operator === "+") return a + b;
  if (operator === "-") return a - b;
  return operator === "*" ? a * b : a / b;
}

function floatsOf(value: Quantity): F32x4 {
  if (value instanceof F32x4) return value;
  return typeof value === "number" ? F32x4.splat(value) : value.toFloats();
}

function floatsOrNumber(value: Quantity): Floats {
  return value instanceof I32x4 ? value.toFloats() : value;
}

/** The root that is a power: infinity of minus infinity (IEEE 754-2019, section 9.2.1). */
const root = (x: F32x4) => x.equals(Number.NEGATIVE_INFINITY).select(Number.POSITIVE_INFINITY, x.sqrt());

/** Powers of few operations, by their exponent. */
const POWERS: ReadonlyMap<Quantity, (x: F32x4) => F32x4> = new Map([
  [-3, (x: F32x4) => F32x4.splat(1).div(x.mul(x).mul(x))],
  [-2, (x: F32x4) => F32x4.splat(1).div(x.mul(x))],
  [-1.5, (x: F32x4) => F32x4.splat(1).div(x.mul(root(x)))],
  [-1, (x: F32x4) => F32x4.splat(1).div(x)],
  [-0.5, (x: F32x4) => F32x4.splat(1).div(root(x))],
  [0, () => F32x4.splat(1)],
  [0.5, root],
  [1, (x: F32x4) => x],
  [2, (x: F32x4) => x.mul(x)],
  [3, (x: F32x4) => x.mul(x).mul(x)],
]);

function power(x: F32x4, exponent: Quantity): F32x4 {
  const compute = POWERS.get(exponent);
  if (compute === undefined) throw new TypeError(`expression: no vector form of the power ${exponent}`);
  return compute(x);
}

/** Whether powers with this exponent have a form for vectors, and their gradients, whose exponent is 1 less. */
export function hasVectorPower(exponent: number): boolean {
  return POWERS.has(exponent) && POWERS.has(exponent - 1);
}
