/** Counts NaN and infinity in many tensors at once, so that training can stop where it broke and name the culprit. */
import { checkTypes, type GradientOperation } from "../../operation.ts";
import { countNonFiniteCalls } from "./simd.ts";
import { sumPrograms } from "./wgsl.ts";

/** Inputs x1, x2, ... of any shapes; output i32 [inputs]: how many elements of each are NaN or infinite. */
export const countNonFinite: GradientOperation = {
  name: "countNonFinite",
  signature: "-> out",
  outputs(inputs) {
    checkTypes("countNonFinite", inputs, ["float"]);
    return [{ shape: [inputs.length], dtype: "i32" }];
  },
  reference(inputs, [out]) {
    inputs.forEach(({ data }, index) => {
      let count = 0;
      for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) count++;
      out.data[index] = count;
    });
  },
  simd: countNonFiniteCalls,
  /** By bits, all ones in the exponent: WGSL lets a compiler assume that there is no NaN and no infinity. */
  wgsl(inputs, _outputs, _attributes, limits) {
    const term =
      "fn term(x: f32) -> i32 { return select(0, 1, (bitcast<u32>(x) & 0x7fffffffu) >= 0x7f800000u); }";
    return sumPrograms("countNonFinite", { term, type: "i32" }, inputs, limits, { together: false });
  },
};
