/** Every differentiable operation's gradient against central differences in f64, on drawn shapes and masks. */
import fc from "fast-check";
import { suite } from "uvu";
import { Draw, operations } from "../../src/kernels/index.ts";
import { apply, gradcheck } from "../../src/tensor/index.ts";

const test = suite("gradients");

for (const operation of operations) {
  if (operation.gradient === undefined) continue;
  test(`${operation.name}: analytic gradients agree with central differences`, () => {
    const property = fc.property(fc.gen(), (generate) => {
      const draw = new Draw((min, max) => generate(fc.integer, { min, max }));
      const { inputs, attributes } = operation.sample(draw);
      const compute = (...tensors: Parameters<typeof apply>[1]) => apply(operation, tensors, attributes)[0];
      gradcheck(compute, inputs, { constants: operation.constants ?? [] });
    });
    fc.assert(property, { numRuns: 100 });
  });
}

test.run();
