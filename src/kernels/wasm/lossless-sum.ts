/** Sums that carry along what each addition rounds away: of parts of long sums, which are many. */
import type { KernelWriter, Variable } from "./kernel.ts";
import { F32x4 } from "./values.ts";

/** Four sums side by side, by Knuth's two-sum (The Art of Computer Programming, volume 2, section 4.2.2). */
export class LosslessSums {
  readonly total: Variable<F32x4>;
  readonly lost: Variable<F32x4>;

  constructor(
    private readonly write: KernelWriter,
    total = F32x4.splat(0),
    lost = F32x4.splat(0),
  ) {
    this.total = write.variable(total);
    this.lost = write.variable(lost);
  }

  add(terms: F32x4): void {
    const { write, total, lost } = this;
    const more = write.let(terms);
    const sum = write.let(total.add(more));
    const added = write.let(sum.sub(total));
    write.set(lost, lost.add(total.sub(sum.sub(added))).add(more.sub(added)));
    write.set(total, sum);
  }

  /** What was lost of a sum that is not finite is no number, and left out. */
  result(): F32x4 {
    const sum = this.write.let(this.total.add(this.lost));
    return sum.equals(sum).select(sum, this.total);
  }
}
