/**
 * The expressions of elementwise operations (see `src/kernels/expression.ts`), read once and evaluated on bounded
 * numbers.
 */
import {
  absolute,
  type Bounded,
  type Comparison,
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
  abs: absolute,
  max: maximum,
  min: minimum,
  pow: power,
  select,
};

const TOKEN = /\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?|\w+|[=!<>]=|[-+*/<>(),])/gy;

/** Recursive descent: each method reads what its name says and returns how to compute it. */
class Reader {
  private readonly tokens: string[];
  private at = 0;

  constructor(private readonly text: string) {
    this.tokens = [...text.matchAll(TOKEN)].map((match) => match[1]);
    if (this.tokens.join("") !== text.replaceAll(/\s/g, "")) throw this.unexpected("a character");
  }

  expression(): BoundedExpression {
    const result = this.comparison();
    if (this.at < this.tokens.length) throw this.unexpected(this.tokens[this.at]);
    return result;
  }

  private comparison(): BoundedExpression {
    const left = this.chain();
    const operator = this.accept("==", "!=", "<", "<=", ">", ">=");
    if (operator === undefined) return left;
    const right = this.chain();
    return (variables) => compare(left(variables), operator as Comparison, right(variables));
  }

  /** Terms that are added and subtracted; a compiler may add them in another order. */
  private chain(): BoundedExpression {
    const terms = [this.term()];
    for (;;) {
      const operator = this.accept("+", "-");
      if (operator === undefined) break;
      const term = this.term();
      terms.push(operator === "+" ? term : (variables) => negate(term(variables)));
    }
    return terms.length === 1 ? terms[0] : (variables) => sum(terms.map((term) => term(variables)));
  }

  private term(): BoundedExpression {
    let result = this.factor();
    for (;;) {
      const operator = this.accept("*", "/");
      if (operator === undefined) return result;
      const [left, right] = [result, this.factor()];
      const combine = operator === "*" ? product : quotient;
      result = (variables) => combine(left(variables), right(variables));
    }
  }

  private factor(): BoundedExpression {
    if (this.accept("-") !== undefined) {
      const operand = this.factor();
      return (variables) => negate(operand(variables));
    }
    if (this.accept("(") !== undefined) {
      const inner = this.comparison();
      this.expect(")");
      return inner;
    }
    const name = this.tokens[this.at++] ?? "the end";
    if (/^\d/.test(name)) {
      const literal = rounded(Number(name));
      return () => literal;
    }
    if (!/^[a-zA-Z]/.test(name)) throw this.unexpected(name);
    return this.accept("(") === undefined ? (variables) => variables[name] : this.call(name);
  }

  private call(name: string): BoundedExpression {
    const compute = FUNCTIONS[name];
    if (compute === undefined) throw this.unexpected(`function ${name}`);
    const operands = [this.comparison()];
    while (this.accept(",") !== undefined) operands.push(this.comparison());
    this.expect(")");
    return (variables) => compute(...operands.map((operand) => operand(variables)));
  }

  private accept(...tokens: readonly string[]): string | undefined {
    return tokens.includes(this.tokens[this.at]) ? this.tokens[this.at++] : undefined;
  }

  private expect(token: string): void {
    if (this.accept(token) === undefined) throw this.unexpected(this.tokens[this.at] ?? "the end");
  }

  private unexpected(what: string): Error {
    return new Error(`no bound for the expression "${this.text}": did not expect ${what}`);
  }
}

const read = new Map<string, BoundedExpression>();

export function boundedExpression(text: string): BoundedExpression {
  const known = read.get(text) ?? new Reader(text).expression();
  read.set(text, known);
  return known;
}
