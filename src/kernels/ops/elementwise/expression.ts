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

/** WGSL's own tanh may overflow far from 0, where it is 1 to the last bit anyway. */
const WGSL_FUNCTIONS = `
fn stable_tanh(x: f32) -> f32 { return tanh(clamp(x, -15, 15)); }
`;

/** `expression` in WGSL, over variables of the same names. */
export function wgslExpression(expression: string): { readonly functions: string; readonly code: string } {
  return { functions: WGSL_FUNCTIONS, code: expression.replace(/\btanh\(/g, "stable_tanh(") };
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
