/**
 * What optimisers share: one call updates all parameters of a step in place.
 *
 * Inputs are the scale, a scalar by which every gradient is multiplied first (that is how clipping is applied); the
 * state [rows, N], which holds some numbers for each of the N elements of all parameters; and for each parameter that
 * takes part the parameter and its gradient. Outputs are the state and the parameters, the same storage as the inputs.
 */
import { type KernelCall, type NamesIn, namesIn, type Program } from "../../dispatch.ts";
import type { GradientOperation, NumberArray } from "../../operation.ts";
import { formatShape, ShapeError, sameShape, sizeOf } from "../../shape.ts";
import { defineKernel, type KernelWriter } from "../../wasm/kernel.ts";
import { sweep } from "../../wasm/stretches.ts";
import { type F32, F32x4, type I32 } from "../../wasm/values.ts";
import { f32, forEachIndex, gridFor } from "../../webgpu/program.ts";
import { forEachMember, groupMembers } from "../../webgpu/tensor-groups.ts";

/** What every update is told. */
export interface UpdateAttributes {
  /** Where the elements of each parameter that takes part start in a row of the state. */
  readonly offsets: readonly number[];
}

/** An update, and the rows of state that it needs. */
export interface ParameterUpdate<Attributes extends UpdateAttributes> extends GradientOperation<Attributes> {
  readonly stateRows: number;
}

/** Four elements of a parameter, and their numbers in each row of the state. */
interface Updated {
  readonly value: F32x4;
  readonly state: readonly F32x4[];
}

/** An update of one parameter, in the three languages. Differences of the attributes are taken in double precision. */
interface Definition<Attributes, Numbers extends string> {
  readonly name: string;
  readonly stateRows: number;
  /** Updates the parameter p with gradient g, which is not multiplied by the scale yet, and its rows of the state. */
  reference(p: NumberArray, g: NumberArray, state: readonly NumberArray[], scale: number, attributes: Attributes): void;
  /** Names of what the kernel reads, and their values. */
  readonly numbers: Numbers;
  kernelNumbers(attributes: Attributes): Readonly<Record<NamesIn<Numbers>, number>>;
  /** What four elements become, given their gradient times the scale. */
  simd(
    write: KernelWriter,
    before: Updated & { readonly slope: F32x4 },
    numbers: Readonly<Record<NamesIn<Numbers>, F32x4>>,
  ): Updated;
  /** What the program reads, where that is something else. */
  programNumbers?(attributes: Attributes): Readonly<Record<string, number>>;
  /**
   * WGSL of `fn updated(value: f32, gradient: f32, place: u32) -> f32`, which gives a parameter's element after the update
   * and updates the element's state: that is at `place` in the first row of `state`, and each further row is
   * `parameters.row` behind the one before. The gradient is not multiplied by `scale[0]` yet.
   */
  readonly wgsl: string;
}

/** Elements that threads take together: a cache line. */
const ELEMENTS_TOGETHER = 16;

export function defineUpdate<Attributes extends UpdateAttributes, const Numbers extends string>(
  definition: Definition<Attributes, Numbers>,
): ParameterUpdate<Attributes> {
  const { name, stateRows } = definition;
  const kernel = updateKernel(definition);
  const sources = new Map<number, string>();
  const sourceOf = (size: number) => {
    const source = sources.get(size) ?? definition.wgsl + forEachIndex(forEachMember(size, updateMember));
    sources.set(size, source);
    return source;
  };
  return {
    name,
    stateRows,
    isKeyed: true,
    outputs([scale, state, ...pairs], { offsets }) {
      if (pairs.length !== 2 * offsets.length || sizeOf(scale.shape) !== 1 || state.shape[0] !== stateRows) {
        throw new ShapeError(
          `${name}: expected a scalar, a state [${stateRows}, N], and a parameter and its gradient for each of the ` +
            `${offsets.length} offsets, got ${[scale, state, ...pairs].map(({ shape }) => formatShape(shape)).join(", ")}`,
        );
      }
      const parameters = offsets.map((offset, index) => {
        const [parameter, gradient] = pairs.slice(2 * index, 2 * index + 2);
        const { shape, dtype } = parameter;
        if (!sameShape(gradient.shape, shape) || gradient.dtype !== dtype || state.dtype !== dtype) {
          throw new ShapeError(
            `${name}: parameter ${dtype} ${formatShape(shape)} does not fit gradient ${gradient.dtype} ` +
              `${formatShape(gradient.shape)} and state ${state.dtype}`,
          );
        }
        if (offset + sizeOf(shape) > state.shape[1]) {
          throw new ShapeError(
            `${name}: parameter ${formatShape(shape)} at ${offset} exceeds the state ${formatShape(state.shape)}`,
          );
        }
        return parameter;
      });
      return [state, ...parameters];
    },
    reference([scale, , ...pairs], [state, ...parameters], attributes) {
      const total = state.shape[1];
      parameters.forEach(({ data }, index) => {
        const rows = Array.from({ length: stateRows }, (_, row) => {
          const start = row * total + attributes.offsets[index];
          return state.data.subarray(start, start + data.length);
        });
        definition.reference(data, pairs[2 * index + 1].data, rows, scale.data[0], attributes);
      });
    },
    simd([, state, ...pairs], _, attributes): KernelCall[] {
      const numbers = { rowBytes: 4 * state.shape[1], ...definition.kernelNumbers(attributes) };
      const [scale, newState] = [{ input: 0 }, { output: 0 }];
      return attributes.offsets.map((offset, index) => {
        const size = sizeOf(pairs[2 * index].shape);
        const [parameter, gradient] = [{ output: 1 + index }, { input: 3 + 2 * index }];
        return {
          kernel,
          arguments: { scale, state: newState, offset: 4 * offset, parameter, gradient, ...numbers },
          items: size,
          itemsTogether: ELEMENTS_TOGETHER,
          work: size,
        };
      });
    },
    /** As many parameters in one program as it can bind. */
    wgsl([, state, ...pairs], _, attributes, limits): Program[] {
      const read = definition.programNumbers?.(attributes) ?? definition.kernelNumbers(attributes);
      const numbers = Object.fromEntries(Object.entries<number>(read).map(([own, value]) => [own, f32(value)]));
      const members = attributes.offsets.map((start, index) => ({
        index,
        start,
        size: sizeOf(pairs[2 * index].shape),
      }));
      const shared = { tensors: 2, numbers: 2 + Object.keys(numbers).length };
      return groupMembers(members, shared, { tensors: 2, numbers: 2 }, limits).map((group) => {
        const tensors: Record<string, { input: number } | { output: number }> = {
          scale: { input: 0 },
          state: { output: 0 },
        };
        const places: Record<string, number> = {};
        let end = 0;
        group.forEach(({ index, start, size }, member) => {
          tensors[`p${member}`] = { output: 1 + index };
          tensors[`g${member}`] = { input: 3 + 2 * index };
          end += size;
          places[`start${member}`] = start;
          places[`end${member}`] = end;
        });
        return {
          name: `${name} of ${group.length}`,
          tensors,
          parameters: { count: end, row: state.shape[1], ...numbers, ...places },
          source: sourceOf(group.length),
          workgroups: gridFor(end),
        };
      });
    },
  };
}

function updateKernel<Attributes, const Numbers extends string>(definition: Definition<Attributes, Numbers>) {
  const { name, stateRows, numbers } = definition;
  const parameters = { i32: "scale, state, offset, rowBytes, parameter, gradient", f32: numbers } as const;
  return defineKernel(name, parameters, (write, given) => {
    const splat = (own: string) => write.let((given as unknown as Record<string, F32>)[own].splat());
    const constants = Object.fromEntries(namesIn(numbers).map((own) => [own, splat(own)]));
    const scale = write.let(F32x4.loadSplat(given.scale));
    const start = write.let(given.first.shiftLeft(2));
    const [p, g] = [given.parameter, given.gradient].map((tensor) => write.let(tensor.add(start)));
    const rows: I32[] = [];
    for (let row = 0; row < stateRows; row++) {
      rows.push(write.let(row === 0 ? given.state.add(given.offset).add(start) : rows[row - 1].add(given.rowBytes)));
    }
    sweep(write, given.last.sub(given.first).shiftLeft(2), ({ load, store }) => {
      const read = (address: I32) => write.let(load(address));
      const slope = write.let(load(g).mul(scale));
      const before = { value: read(p), slope, state: rows.map(read) };
      const { value, state } = definition.simd(write, before, constants as Record<NamesIn<Numbers>, F32x4>);
      rows.forEach((row, index) => {
        store(row, state[index]);
      });
      store(p, value);
    });
  });
}

/** One parameter p and its gradient g, at the group's indices from `end` of the one before to its own. */
function updateMember(member: number): string {
  const first = member === 0 ? "0u" : `parameters.end${member - 1}`;
  return `  if (i < parameters.end${member}) {
    let at = i - ${first};
    p${member}[at] = updated(p${member}[at], g${member}[at], parameters.start${member} + at);
    return;
  }`;
}
