/** Elementwise expressions as trees: what TypeScript reads in the same text. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { elementwise } from "../../src/kernels/index.ts";
import { type Expression, parseExpression } from "../../src/kernels/ops/elementwise/expression-tree.ts";

const OPERATIONS: Readonly<Record<string, (...operands: number[]) => number>> = {
  negate: (x) => -x,
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "<": (a, b) => Number(a < b),
  "<=": (a, b) => Number(a <= b),
  ">": (a, b) => Number(a > b),
  ">=": (a, b) => Number(a >= b),
  "==": (a, b) => Number(a === b),
  "!=": (a, b) => Number(a !== b),
  select: (ifFalse, ifTrue, condition) => (condition ? ifTrue : ifFalse),
  max: Math.max,
  min: Math.min,
  exp: Math.exp,
  log: Math.log,
  tanh: Math.tanh,
  sqrt: Math.sqrt,
  abs: Math.abs,
  pow: Math.pow,
};

function evaluate(expression: Expression, names: Readonly<Record<string, number>>): number {
  if (expression.kind === "number") return expression.value;
  if (expression.kind === "name") return names[expression.name];
  return OPERATIONS[expression.operation](...expression.operands.map((operand) => evaluate(operand, names)));
}

/** What TypeScript makes of the text. */
function evaluateText(text: string, names: Readonly<Record<string, number>>): number {
  const scope = { ...OPERATIONS, ...names };
  const identifiers = Object.keys(scope).filter((name) => /^\w+$/.test(name));
  const compute = new Function("scope", `const { ${identifiers.join(", ")} } = scope; return Number(${text});`);
  return compute(scope);
}

const NAMES = { x: 0.7, a: -1.5, b: 2.25, t: 0.25, s: 2, y: 0.4, g: -0.3, c_mask: 1 };

test("operators bind and associate as in TypeScript", () => {
  for (const text of [
    "a - b - x",
    "a / b / x",
    "a - b * x + t",
    "-a * b - -x",
    "(a - b) * -(x + 1.5e-3)",
    "a + b < x * t",
    "select(a, b, x - t >= 0.1 * s)",
    "max(min(a, b), -x) / (t + 2)",
  ]) {
    assert.is(evaluate(parseExpression(text), NAMES), evaluateText(text, NAMES), text);
  }
});

test("every elementwise operation's expression reads as TypeScript does", () => {
  for (const [name, { elementwise: rule }] of Object.entries(elementwise)) {
    const { expression } = rule;
    assert.is(evaluate(parseExpression(expression), NAMES), evaluateText(expression, NAMES), name);
  }
});

test("what is no expression is refused", () => {
  for (const text of ["", "a +", "a b", "(a", "max(a, b", "a & b", "a ? b : x", "1.5.2", "a)"]) {
    assert.throws(() => parseExpression(text), /^expression ".*": did not expect/, text);
  }
});

test.run();
