/** The expressions of elementwise operations (see `src/kernels/ops/elementwise/expression.ts`), evaluated on bounded numbers. */
import { type Expression, parseExpression } from "../../../src/kernels/ops/elementwise/expression-tree.ts";
import {
  absolute,
  type Bounded,
  compare,
  exp,
  log,
  maximum,
  minimum,
  negate,
  power,
  product,
  quotient,
  rounded,
  select,
  sqrt,
  sum,
  tanh,
} from "./numbers.ts";

/** Computes an expression from the values of its variables. */
export type BoundedExpression = (variables: Readonly<Record<string, Bounded>>) => Bounded;

const FUNCTIONS: Readonly<Record<string, (...operands: Bounded[]) => Bounded>> = {
  exp,
  log,
  sqrt,
  tanh,
  negate,
  abs: absolute,
  max: maximum,
  min: minimum,
  pow: power,
  select,
};

/** Terms that are added and subtracted; a compiler may add them in another order. */
function termsOf(expression: Expression): BoundedExpression[] {
  if (expression.kind !== "operation" || !["+", "-"].includes(expression.operation)) {
    return [evaluate(expression)];
  }
  const [left, right] = expression.operands;
  const term = evaluate(right);
  const signed: BoundedExpression = expression.operation === "+" ? term : (variables) => negate(term(variables));
  return [...termsOf(left), signed];
}

const OPERATORS: Readonly<Record<string, (left: Bounded, right: Bounded) => Bounded>> = {
  "*": product,
  "/": quotient,
  ...Object.fromEntries(
    (["==", "!=", "<", "<=", ">", ">="] as const).map((operator) => [
      operator,
      (left: Bounded, right: Bounded) => compare(left, operator, right),
    ]),
  ),
};

function evaluate(expression: Expression): BoundedExpression {
  if (expression.kind === "name") return (variables) => variables[expression.name];
  if (expression.kind === "number") {
    const literal = rounded(expression.value);
    return () => literal;
  }
  const { operation } = expression;
  if (operation === "+" || operation === "-") {
    const terms = termsOf(expression);
    return (variables) => sum(terms.map((term) => term(variables)));
  }
  const compute = FUNCTIONS[operation] ?? OPERATORS[operation];
  if (compute === undefined) throw new Error(`no bound for ${operation} in an expression`);
  const operands = expression.operands.map(evaluate);
  return (variables) => compute(...(operands.map((operand) => operand(variables)) as [Bounded, Bounded]));
}

const read = new Map<string, BoundedExpression>();

export function boundedExpression(text: string): BoundedExpression {
  const known = read.get(text) ?? evaluate(parseExpression(text));
  read.set(text, known);
  return known;
}
