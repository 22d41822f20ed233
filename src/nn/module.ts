/** What models are made of: parameters with names, and a switch between training and evaluation. */
import type { DTypeOf, NumberArray, Shape } from "../tensor/index.ts";
import { outsideScopes, Tensor, tensor } from "../tensor/index.ts";
import type { SafetensorsEntry } from "./safetensors.ts";

/** A leaf that collects a gradient and lives until it is disposed, whatever scope it is made in. */
export function parameter<Data extends NumberArray>(data: Data, shape: Shape): Tensor<DTypeOf<Data>> {
  return outsideScopes(() => {
    const values = tensor(data, shape);
    const leaf = values.requireGrad();
    values.dispose();
    return leaf;
  });
}

/** Weights by name, as safetensors files hold them. */
export type StateDict = Map<string, SafetensorsEntry>;

/** What safetensors calls the types of elements. */
export const SAFETENSORS_TYPE = { f32: "F32", f64: "F64", i32: "I32" } as const;

/**
 * Base of all layers and models. Parameters are the fields that hold tensors which require a gradient, submodules the
 * fields that hold modules or arrays of them; a parameter's name is the path of fields that leads to it, such as
 * `blocks.0.attention.query.weight`.
 */
export abstract class Module {
  private trainingMode = true;

  /** Whether the module is being trained: dropout acts only then. */
  get training(): boolean {
    return this.trainingMode;
  }

  /** Switches this module and all below it to training, or with `false` to evaluation. */
  train(mode = true): this {
    for (const module of this.namedModules().values()) module.trainingMode = mode;
    return this;
  }

  /** This module as "", and every module below it by its path of fields, such as `blocks.0.dropout`. */
  namedModules(): Map<string, Module> {
    const found = new Map<string, Module>([["", this]]);
    for (const [name, child] of this.children()) {
      for (const [inner, module] of child.namedModules()) found.set(joined(name, inner), module);
    }
    return found;
  }

  /** Every parameter by its name, in the order of the fields. */
  namedParameters(): Map<string, Tensor> {
    const found = new Map<string, Tensor>();
    for (const [path, module] of this.namedModules()) {
      for (const [name, value] of module.ownTensors()) {
        if (value.requiresGrad) found.set(joined(path, name), value);
      }
    }
    return found;
  }

  parameters(): Tensor[] {
    return [...this.namedParameters().values()];
  }

  /** Number of trained numbers. */
  parameterCount(): number {
    return this.parameters().reduce((total, { size }) => total + size, 0);
  }

  zeroGrad(): void {
    for (const tensor of this.parameters()) tensor.zeroGrad();
  }

  /** A copy of all weights. */
  async stateDict(): Promise<StateDict> {
    const state: StateDict = new Map();
    for (const [name, weights] of this.namedParameters()) state.set(name, await safetensorsEntry(weights));
    return state;
  }

  /**
   * Copies weights into this module.
   * @throws Error naming the weights that are missing, unexpected, or of another shape or type; nothing is changed then
   */
  loadStateDict(state: ReadonlyMap<string, SafetensorsEntry>): void {
    const own = this.namedParameters();
    const problems = [...own.keys()].filter((name) => !state.has(name)).map((name) => `${name} is missing`);
    for (const [name, { dtype, shape }] of state) {
      const target = own.get(name);
      if (target === undefined) {
        problems.push(`${name} is not a weight of this model`);
        continue;
      }
      const found = `${dtype} [${shape}]`;
      const expected = `${SAFETENSORS_TYPE[target.dtype]} [${target.shape}]`;
      if (found !== expected) problems.push(`${name} is ${found}, expected ${expected}`);
    }
    if (problems.length > 0) throw new Error(`loadStateDict: ${problems.join("; ")}`);
    for (const [name, target] of own) {
      const data = state.get(name)?.data;
      // Bytes were refused above: no weight has their type.
      if (data !== undefined && !(data instanceof Uint8Array)) target.assign(data);
    }
  }

  /** Frees all parameters, their gradients, and the constants that the modules hold. */
  dispose(): void {
    for (const module of this.namedModules().values()) {
      for (const [, tensor] of module.ownTensors()) {
        tensor.zeroGrad();
        tensor.dispose();
      }
    }
  }

  private ownTensors(): [string, Tensor][] {
    return Object.entries(this).filter((entry): entry is [string, Tensor] => entry[1] instanceof Tensor);
  }

  private children(): [string, Module][] {
    return Object.entries(this)
      .flatMap(([name, value]): [string, unknown][] =>
        Array.isArray(value) ? value.map((item, index) => [`${name}.${index}`, item]) : [[name, value]],
      )
      .filter((field): field is [string, Module] => field[1] instanceof Module);
  }
}

/** A copy of a tensor, as safetensors files hold it. */
export async function safetensorsEntry(tensor: Tensor): Promise<SafetensorsEntry> {
  return { dtype: SAFETENSORS_TYPE[tensor.dtype], shape: tensor.shape, data: await tensor.data() };
}

function joined(path: string, name: string): string {
  return [path, name].filter((part) => part !== "").join(".");
}
