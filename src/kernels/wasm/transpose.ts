/** Exchanges rows and columns of four by four elements. */
import type { KernelWriter } from "./kernel.ts";
import type { F32x4 } from "./values.ts";

/** The columns of four rows, as rows. */
export function transposeFour(write: KernelWriter, rows: readonly F32x4[]): F32x4[] {
  const [a, b, c, d] = rows.map((row) => write.let(row));
  const [abLow, abHigh] = [write.let(a.shuffle(b, [0, 4, 1, 5])), write.let(a.shuffle(b, [2, 6, 3, 7]))];
  const [cdLow, cdHigh] = [write.let(c.shuffle(d, [0, 4, 1, 5])), write.let(c.shuffle(d, [2, 6, 3, 7]))];
  return [
    abLow.shuffle(cdLow, [0, 1, 4, 5]),
    abLow.shuffle(cdLow, [2, 3, 6, 7]),
    abHigh.shuffle(cdHigh, [0, 1, 4, 5]),
    abHigh.shuffle(cdHigh, [2, 3, 6, 7]),
  ];
}
