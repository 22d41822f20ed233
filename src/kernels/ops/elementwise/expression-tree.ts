/** Reads elementwise expressions (see `expression.ts`) into trees, for what compiles them to something else than loops. */
export type Operator = "+" | "-" | "*" | "/" | "==" | "!=" | "<" | "<=" | ">" | ">=";

/** A number, the name of an operand, or an operator or function on others; `negate` is the sign before a factor. */
export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "operation"; readonly operation: string; readonly operands: readonly Expression[] };

const TOKEN = /\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?|\w+|[=!<>]=|[-+*/<>(),])/gy;

const COMPARISONS: readonly Operator[] = ["==", "!=", "<", "<=", ">", ">="];

const operation = (name: string, ...operands: Expression[]): Expression => ({
  kind: "operation",
  operation: name,
  operands,
});

/** Recursive descent: each method reads what its name says. */
class Reader {
  private readonly tokens: readonly string[];
  private at = 0;

  constructor(private readonly text: string) {
    this.tokens = [...text.matchAll(TOKEN)].map((match) => match[1]);
    if (this.tokens.join("") !== text.replaceAll(/\s/g, "")) throw this.unexpected("a character");
  }

  whole(): Expression {
    const result = this.comparison();
    if (this.at < this.tokens.length) throw this.unexpected(this.tokens[this.at]);
    return result;
  }

  private comparison(): Expression {
    const left = this.sum();
    const operator = this.accept(COMPARISONS);
    return operator === undefined ? left : operation(operator, left, this.sum());
  }

  private sum(): Expression {
    return this.leftToRight(["+", "-"], () => this.product());
  }

  private product(): Expression {
    return this.leftToRight(["*", "/"], () => this.factor());
  }

  private leftToRight(operators: readonly Operator[], readOperand: () => Expression): Expression {
    let result = readOperand();
    for (;;) {
      const operator = this.accept(operators);
      if (operator === undefined) return result;
      result = operation(operator, result, readOperand());
    }
  }

  private factor(): Expression {
    if (this.accept(["-"]) !== undefined) return operation("negate", this.factor());
    if (this.accept(["("]) !== undefined) {
      const inner = this.comparison();
      this.expect(")");
      return inner;
    }
    const token = this.tokens[this.at++];
    if (token === undefined || !/^\w/.test(token)) throw this.unexpected(token);
    if (/^\d/.test(token)) return { kind: "number", value: Number(token) };
    if (this.accept(["("]) === undefined) return { kind: "name", name: token };
    const operands = [this.comparison()];
    while (this.accept([","]) !== undefined) operands.push(this.comparison());
    this.expect(")");
    return operation(token, ...operands);
  }

  private accept(tokens: readonly string[]): string | undefined {
    return tokens.includes(this.tokens[this.at]) ? this.tokens[this.at++] : undefined;
  }

  private expect(token: string): void {
    if (this.accept([token]) === undefined) throw this.unexpected(this.tokens[this.at]);
  }

  private unexpected(what = "the end"): SyntaxError {
    return new SyntaxError(`expression "${this.text}": did not expect ${what}`);
  }
}

const read = new Map<string, Expression>();

/** @throws SyntaxError where the text is none of the expressions' language */
export function parseExpression(text: string): Expression {
  const known = read.get(text);
  if (known !== undefined) return known;
  const expression = new Reader(text).whole();
  read.set(text, expression);
  return expression;
}
