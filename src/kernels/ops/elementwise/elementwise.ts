/**
 * Elementwise operations: out[i] = f(x[i], ...) with NumPy broadcasting, from one table of expressions.
 *
 * An entry's gradients are expressions too, over the operands, `y` (the result) and `g` (the gradient of the loss
 * with respect to the result); what was broadcast is summed back.
 */
import type { Draw, ValueRange } from "../../draw.ts";
import {
  checkTypes,
  type ElementwiseRule,
  type GradientContext,
  type Operation,
  type TensorSpec,
  type Value,
} from "../../operation.ts";
import { broadcastShapes, broadcastStrides, forEachRun, type Shape, sizeOf } from "../../shape.ts";
import { indexProgram } from "../../webgpu/program.ts";
import { sumTo } from "../reduce/reduce.ts";
import { compileLater, namesUsed } from "./expression.ts";
import { elementwiseCalls } from "./simd.ts";

interface Entry {
  /** Operand names in the order of the inputs; a name that ends in `_mask` is an i32 operand. */
  readonly operands: readonly string[];
  readonly forward: string;
  /** Gradient expressions by operand; an operand without one is held constant. */
  readonly gradients?: Readonly<Record<string, string>>;
  readonly result?: "float" | "i32";
  /** Where the samples lie, when not from -2 to 2. */
  readonly range?: ValueRange;
  readonly parameterRange?: readonly [number, number];
}

const STABLE_SIGMOID = "1 / (1 + exp(-x))";
/** sqrt(2 / pi), of the tanh form of GELU (Hendrycks and Gimpel 2016). */
const GELU_INNER = "0.7978845608028654 * (x + 0.044715 * x * x * x)";

/** An entry of one operand x. */
const unary = (forward: string, gradient: string, options: Partial<Entry> = {}): Entry => ({
  operands: ["x"],
  forward,
  gradients: { x: gradient },
  ...options,
});

/** An entry of two operands a and b. */
const binary = (forward: string, a: string, b: string, options: Partial<Entry> = {}): Entry => ({
  operands: ["a", "b"],
  forward,
  gradients: { a, b },
  ...options,
});

/** 1 where the operands compare so, 0 elsewhere. */
const comparison = (operator: string): Entry => ({
  operands: ["a", "b"],
  forward: `select(0, 1, a ${operator} b)`,
  result: "i32",
});

const ENTRIES = {
  negate: unary("-x", "-g"),
  exp: unary("exp(x)", "g * y"),
  log: unary("log(x)", "g / x", { range: { minimum: 0.1 } }),
  sqrt: unary("sqrt(x)", "0.5 * g / y", { range: { minimum: 0.1 } }),
  square: unary("x * x", "2 * g * x"),
  abs: unary("abs(x)", "select(-g, g, x > 0)", { range: { avoid: [0] } }),
  relu: unary("max(x, 0)", "select(0, g, x > 0)", { range: { avoid: [0] } }),
  /** Tanh form: 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). */
  gelu: unary(
    `0.5 * x * (1 + tanh(${GELU_INNER}))`,
    `g * (0.5 * (1 + tanh(${GELU_INNER})) + 0.5 * x * (1 - tanh(${GELU_INNER}) * tanh(${GELU_INNER})) ` +
      "* 0.7978845608028654 * (1 + 0.134145 * x * x))",
  ),
  sigmoid: unary(STABLE_SIGMOID, "g * y * (1 - y)"),
  tanh: unary("tanh(x)", "g * (1 - y * y)"),
  /** log(1 + e^x), without overflow. */
  softplus: unary("max(x, 0) + log(1 + exp(-abs(x)))", `g * (${STABLE_SIGMOID})`),
  /** x * s for a number s. */
  scale: unary("x * s", "g * s", { parameterRange: [-2, 2] }),
  /** x / s for a number s: what x * (1 / s) would round twice. */
  quotient: unary("x / s", "g / s", { parameterRange: [1, 3] }),
  /** x + s for a number s. */
  shift: unary("x + s", "g", { parameterRange: [-2, 2] }),
  /** x^s for a number s. */
  power: unary("pow(x, s)", "select(g * s * pow(x, s - 1), 0, s == 0)", {
    range: { minimum: 0.3 },
    parameterRange: [-2, 3],
  }),
  add: binary("a + b", "g", "g"),
  subtract: binary("a - b", "g", "-g"),
  multiply: binary("a * b", "g * b", "g * a"),
  divide: binary("a / b", "g / b", "-g * y / b", { range: { minimum: 0.3 } }),
  maximum: binary("max(a, b)", "select(0, g, a >= b)", "select(0, g, b > a)"),
  minimum: binary("min(a, b)", "select(0, g, a <= b)", "select(0, g, b < a)"),
  /** -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)) of logits x and targets t in [0, 1], without overflow. */
  binaryCrossEntropyWithLogits: unary("max(x, 0) - x * t + log(1 + exp(-abs(x)))", `g * (${STABLE_SIGMOID} - t)`, {
    operands: ["x", "t"],
    range: { minimum: 0, maximum: 1 },
  }),
  equal: comparison("=="),
  less: comparison("<"),
  lessEqual: comparison("<="),
  greater: comparison(">"),
  greaterEqual: comparison(">="),
  /** a where the mask is not 0, b elsewhere. */
  where: binary("select(b, a, c_mask != 0)", "select(0, g, c_mask != 0)", "select(g, 0, c_mask != 0)", {
    operands: ["c_mask", "a", "b"],
  }),
};

/** `s` of the entries that take a number; undefined for the others. */
export type ElementwiseAttributes = { readonly s: number } | undefined;

/** An operation whose results depend on the operands' elements at their place alone. */
export type ElementwiseOperation = Operation<ElementwiseAttributes> & { readonly elementwise: ElementwiseRule };

const broadcastAll = (name: string, inputs: readonly TensorSpec[]): Shape =>
  broadcastShapes(name, ...inputs.map(({ shape }) => shape));

const floatTypeOf = (inputs: readonly TensorSpec[]) => inputs.find(({ dtype }) => dtype !== "i32")?.dtype;

/** Gradient expression as an operation over the operands that it names, all broadcast to the result's shape. */
function gradientOperation(name: string, expression: string, operands: readonly string[]) {
  const outputs = (inputs: readonly TensorSpec[]): TensorSpec[] => [
    { shape: broadcastAll(name, inputs), dtype: floatTypeOf(inputs) ?? "f32" },
  ];
  return { name, ...evaluationOf(expression, operands), outputs };
}

/** The members of an operation that evaluate an expression over operands, in every language. */
function evaluationOf(
  expression: string,
  operands: readonly string[],
): Pick<ElementwiseOperation, "signature" | "elementwise" | "reference" | "simd"> {
  const loop = compileLater(expression, operands);
  const rule = { expression, operands };
  return {
    signature: `${operands.join(", ")} -> out`,
    elementwise: rule,
    reference(inputs, [out], attributes) {
      const strides = [out, ...inputs].map(({ shape }) => broadcastStrides(shape, out.shape.length));
      const [run, data] = [loop(), inputs.map((input) => input.data)];
      forEachRun(out.shape, strides, (count, offsets, steps) =>
        run(count, out.data, offsets[0], data, offsets.slice(1), steps.slice(1), attributes?.s ?? 0),
      );
    },
    simd: elementwiseCalls(rule),
  };
}

function defineElementwise(name: string, entry: Entry): ElementwiseOperation {
  const { operands, forward, gradients = {}, result = "float", range, parameterRange } = entry;
  const types = operands.map((operand) => (operand.endsWith("_mask") ? "i32" : "float"));
  const isComparison = result === "i32";

  // Gradients "g" pass through; the others become operations of their own, each reading only what it names.
  const rules = operands.map((operand) => {
    const expression = gradients[operand];
    if (expression === undefined || expression === "g") return expression;
    const used = namesUsed(expression, [...operands, "y", "g"]);
    return gradientOperation(`${name}.gradient.${operand}`, expression, used);
  });

  function gradient(context: GradientContext<ElementwiseAttributes>): (Value | undefined)[] {
    const { inputs, outputs, outputGradient, needs, attributes, run } = context;
    const named = (operand: string): Value => {
      if (operand === "g") return outputGradient;
      return operand === "y" ? outputs[0] : inputs[operands.indexOf(operand)];
    };
    return rules.map((rule, index) => {
      if (rule === undefined || !needs[index]) return undefined;
      const full = rule === "g" ? outputGradient : run(rule, rule.elementwise.operands.map(named), attributes)[0];
      return sumTo(run, full, inputs[index].shape);
    });
  }

  return {
    name,
    ...evaluationOf(forward, operands),
    constants: operands.flatMap((operand, index) => (gradients[operand] === undefined ? [index] : [])),
    outputs(inputs: readonly TensorSpec[]): TensorSpec[] {
      // Comparisons take integers as well as floats, so long as both operands are alike.
      const integers = isComparison && inputs.every((input) => input.dtype === "i32");
      checkTypes(name, inputs, integers ? ["i32"] : types);
      const dtype = isComparison ? "i32" : (floatTypeOf(inputs) ?? "i32");
      return [{ shape: broadcastAll(name, inputs), dtype }];
    },
    ...(isComparison ? {} : { gradient }),
    sample(draw: Draw) {
      const shape = draw.shape();
      const inputs = types.map((type) => {
        const own = operands.length === 1 ? shape : draw.broadcastable(shape);
        return type === "i32" ? draw.mask(own) : draw.floats(own, range);
      });
      const attributes = parameterRange && { s: draw.integer(parameterRange[0], parameterRange[1]) };
      return { inputs, attributes };
    },
  };
}

/** Every elementwise operation by name. */
export const elementwise = Object.fromEntries(
  Object.entries(ENTRIES).map(([name, entry]) => [name, defineElementwise(name, entry)]),
) as { readonly [Name in keyof typeof ENTRIES]: ElementwiseOperation };

const castCalls = elementwiseCalls({ expression: "x", operands: ["x"] });

/** Conversion between element types: f32, f64 and i32 (towards zero). */
export const cast: Operation<{ readonly dtype: TensorSpec["dtype"] }> = {
  name: "cast",
  signature: "x -> out",
  outputs: ([input], { dtype }) => [{ shape: input.shape, dtype }],
  reference: ([input], [out]) => out.data.set(input.data),
  simd: (inputs, outputs) => castCalls(inputs, outputs),
  wgsl: (_, [out]) => [indexProgram(`cast to ${out.dtype}`, sizeOf(out.shape), `  out[i] = ${out.dtype}(x[i]);`)],
  gradient: ({ inputs, outputGradient, run, attributes }) =>
    attributes.dtype === "i32" ? [undefined] : run(cast, [outputGradient], { dtype: inputs[0].dtype }),
  sample: (draw) => ({ inputs: [draw.floats(draw.shape())], attributes: { dtype: "f64" } }),
};
