/**
 * Elementwise expressions, written once in the common subset of TypeScript and WGSL: numbers, names, `+ - * /`,
 * comparisons, and the functions below. Here they become loops over typed arrays.
 */
import type { NumberArray } from "../../operation.ts";

/** The functions that expressions may call. `select` has WGSL's order of arguments. */
const FUNCTIONS = {
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
  abs: Math.abs,
  max: Math.max,
  min: Math.min,
  pow: Math.pow,
  select: (ifFalse: number, ifTrue: number, condition: boolean): number => (condition ? ifTrue : ifFalse),
};

/** Writes out[outOffset + i] for i < count; operand k is read at offsets[k] + i * strides[k]. */
export type ElementwiseLoop = (
  count: number,
  out: NumberArray,
  outOffset: number,
  operands: readonly NumberArray[],
  offsets: readonly number[],
  strides: readonly number[],
  parameter: number,
) => void;

/** The names that `expression` uses, out of `names`. */
export function namesUsed(expression: string, names: readonly string[]): string[] {
  return names.filter((name) => new RegExp(`\\b${name}\\b`).test(expression));
}

/**
 * WGSL's own tanh may overflow far from 0, where it is 1 to the last bit anyway; its pow knows no negative base, and
 * neither the power 0 nor 0 to any power.
 */
const WGSL_FUNCTIONS = `
fn stable_tanh(x: f32) -> f32 { return tanh(clamp(x, -15, 15)); }

fn real_power(x: f32, s: f32) -> f32 {
  if (s == 0.0) { return 1.0; }
  if (s == 1.0) { return x; }
  if (s == 2.0) { return x * x; }
  if (s == 3.0) { return x * x * x; }
  let size = abs(x);
  let is_odd = floor(s) == s && floor(0.5 * s) != 0.5 * s;
  if (x == 0.0) { return select(0.0, 1.0 / select(size, x, is_odd), s < 0.0); }
  if (x < 0.0 && floor(s) != s) { return sqrt(x); }
  return select(1.0, -1.0, x < 0.0 && is_odd) * pow(size, s);
}
`;

/** `expression` in WGSL, over variables of the same names. */
export function wgslExpression(expression: string): { readonly functions: string; readonly code: string } {
  return {
    functions: WGSL_FUNCTIONS,
    code: expression.replace(/\btanh\(/g, "stable_tanh(").replace(/\bpow\(/g, "real_power("),
  };
}

/** Compiles `expression` when its loop is first needed: a page that forbids code made of text can load this. */
export function compileLater(expression: string, names: readonly string[]): () => ElementwiseLoop {
  let loop: ElementwiseLoop | undefined;
  return () => {
    loop ??= compileLoop(expression, names);
    return loop;
  };
}

/**
 * Compiles `expression` over the operands `names` (and the number `parameter`, called `s`) to a loop. The text comes
 * from the table of operations, never from user input.
 */
function compileLoop(expression: string, names: readonly string[]): ElementwiseLoop {
  const declarations = names.map((name, k) => {
    const array = `const ${name}_data = operands[${k}], ${name}_stride = strides[${k}];`;
    return `${array} let ${name}_at = offsets[${k}];`;
  });
  const loads = names.map((name) => `const ${name} = ${name}_data[${name}_at]; ${name}_at += ${name}_stride;`);
  const body = `
    return (count, out, outOffset, operands, offsets, strides, s) => {
      ${declarations.join("\n      ")}
      const end = outOffset + count;
      for (let at = outOffset; at < end; at++) {
        ${loads.join("\n        ")}
        out[at] = ${expression};
      }
    };`;
  const build = new Function(...Object.keys(FUNCTIONS), body);
  return build(...Object.values(FUNCTIONS)) as ElementwiseLoop;
}
