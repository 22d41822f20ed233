/** Looks for NaN and infinity while a model trains, so that training stops where it broke and says what broke. */
import { countNonFinite } from "../kernels/index.ts";
import { apply, type Tensor } from "../tensor/index.ts";

/** A model, its loss or its gradients hold NaN or infinity. */
export class NonFiniteError extends Error {
  override readonly name = "NonFiniteError";
}

/** Tensors that an error names; it counts the others. */
const NAMED = 3;

/** How many elements of each of some tensors are NaN or infinite, as they were when this was made. */
export class NonFiniteScan {
  private readonly counts: Tensor;

  /** Counts on the tensors' device, in the current scope and without waiting. */
  constructor(private readonly tensors: ReadonlyMap<string, Tensor>) {
    this.counts = apply(countNonFinite, [...tensors.values()], undefined)[0];
  }

  /**
   * Waits for the counts.
   * @param when begins the error's message
   * @throws NonFiniteError that names the first tensors with NaN or infinity, in the order in which they were given
   */
  async check(when: string): Promise<void> {
    const counts = await this.counts.data();
    const found = [...this.tensors].flatMap(([name, { size }], index) =>
      counts[index] > 0 ? [`${name} (${counts[index]} of ${size} numbers)`] : [],
    );
    if (found.length === 0) return;
    const more = found.length > NAMED ? ` and ${found.length - NAMED} more` : "";
    throw new NonFiniteError(
      `${when}: NaN or infinity in ${found.slice(0, NAMED).join(", ")}${more}; ` +
        "lower the learning rate, clip gradients to a smaller norm, or check the features for NaN and huge numbers",
    );
  }
}
