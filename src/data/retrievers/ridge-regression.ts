/** Linear least squares with a penalty on large coefficients (Hoerl and Kennard 1970), in double precision. */

/**
 * The coefficients W [F, T] that minimise |X W - Y|^2 + penalty |W|^2: W = (X^T X + penalty I)^-1 X^T Y.
 *
 * @param inputs X, rows of F numbers: [S, F]
 * @param targets Y, rows of T numbers: [S, T]
 * @param penalty above 0, so that there is one solution
 */
export function ridgeRegression(
  inputs: Float64Array,
  features: number,
  targets: Float64Array,
  outputs: number,
  penalty: number,
): Float64Array {
  const rows = inputs.length / features;
  const gram = new Float64Array(features * features);
  const moments = new Float64Array(features * outputs);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < features; i++) {
      const value = inputs[row * features + i];
      for (let j = 0; j <= i; j++) gram[i * features + j] += value * inputs[row * features + j];
      for (let k = 0; k < outputs; k++) moments[i * outputs + k] += value * targets[row * outputs + k];
    }
  }
  for (let i = 0; i < features; i++) gram[i * features + i] += penalty;
  factorise(gram, features);
  return solve(gram, features, moments, outputs);
}

/** Cholesky's L with A = L L^T, over the lower triangle of A: [F, F]. */
function factorise(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j];
      for (let k = 0; k < j; k++) sum -= matrix[i * size + k] * matrix[j * size + k];
      matrix[i * size + j] = i === j ? Math.sqrt(sum) : sum / matrix[j * size + j];
    }
  }
}

/** Solves L L^T W = B for each column of B [F, T], forwards and then backwards. */
function solve(factor: Float64Array, size: number, right: Float64Array, columns: number): Float64Array {
  const solution = right.slice();
  for (let column = 0; column < columns; column++) {
    for (let i = 0; i < size; i++) {
      let sum = solution[i * columns + column];
      for (let k = 0; k < i; k++) sum -= factor[i * size + k] * solution[k * columns + column];
      solution[i * columns + column] = sum / factor[i * size + i];
    }
    for (let i = size - 1; i >= 0; i--) {
      let sum = solution[i * columns + column];
      for (let k = i + 1; k < size; k++) sum -= factor[k * size + i] * solution[k * columns + column];
      solution[i * columns + column] = sum / factor[i * size + i];
    }
  }
  return solution;
}
