/** Bounds of layer normalisation: the formulae of its kernels, row by row, and for gain and bias column by column. */
import type { BoundedTensor, ErrorRule } from "./device.ts";
import { type Bounded, exact, negate, product, quotient, rounded, sqrt, subtract, sum } from "./numbers.ts";

function rowsOf(x: BoundedTensor): { rows: number; columns: number } {
  const columns = x.shape[x.shape.length - 1];
  return { rows: x.shape.slice(0, -1).reduce((count, extent) => count * extent, 1), columns };
}

const layerNorm: ErrorRule<{ readonly epsilon: number }> = ([x, gain, bias], [out, means, inverses], { epsilon }) => {
  const { rows, columns } = rowsOf(x);
  const divisor = exact(Math.max(columns, 1));
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    const elements = x.elements(start, start + columns);
    const mean = quotient(sum(elements), divisor);
    const deviations = elements.map((element) => subtract(element, mean));
    const variance = quotient(sum(deviations.map((own) => product(own, own))), divisor);
    const inverse = quotient(exact(1), sqrt(sum([variance, rounded(epsilon)])));
    means.bound(row, mean);
    inverses.bound(row, inverse);
    deviations.forEach((deviation, j) => {
      out.bound(start + j, sum([product(deviation, inverse, gain.at(j)), bias.at(j)]));
    });
  }
};

/** With n = (x - mean) inverse and h = g gain: inverse (h - mean(h) - n mean(h n)), sum g n, and sum g. */
const layerNormGradient: ErrorRule = ([x, gain, means, inverses, g], [dx, dgain, dbias]) => {
  const { rows, columns } = rowsOf(x);
  const gainTerms: Bounded[][] = Array.from({ length: columns }, () => []);
  const biasTerms: Bounded[][] = Array.from({ length: columns }, () => []);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    const inverse = inverses.at(row);
    const normalised = x
      .elements(start, start + columns)
      .map((element) => product(subtract(element, means.at(row)), inverse));
    const slopes = normalised.map((_, j) => product(g.at(start + j), gain.at(j)));
    const mean = quotient(sum(slopes), exact(columns));
    const dot = quotient(sum(slopes.map((slope, j) => product(slope, normalised[j]))), exact(columns));
    normalised.forEach((own, j) => {
      dx.bound(start + j, product(inverse, sum([slopes[j], negate(mean), negate(product(own, dot))])));
      gainTerms[j].push(product(g.at(start + j), own));
      biasTerms[j].push(g.at(start + j));
    });
  }
  gainTerms.forEach((terms, j) => {
    dgain.bound(j, sum(terms));
  });
  biasTerms.forEach((terms, j) => {
    dbias.bound(j, sum(terms));
  });
};

export const layerNormRules: Readonly<Record<string, ErrorRule>> = {
  layerNorm: layerNorm as ErrorRule,
  "layerNorm.gradient": layerNormGradient,
};
