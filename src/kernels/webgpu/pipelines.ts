/** From programs to compute pipelines and bind groups, each made once. */
import type { WebGpuBuffer } from "./buffer-pool.ts";
import type { WgslProgram } from "./program.ts";

/** A tensor bound to a name. */
export interface Binding {
  readonly name: string;
  readonly buffer: WebGpuBuffer;
  readonly writes: boolean;
}

export interface Pipeline {
  readonly compute: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Bytes between the parameters of two dispatches: a multiple of every device's offset alignment. */
export const PARAMETER_STRIDE = 256;

/** Bind groups to remember; past that the oldest go. */
const MAX_BIND_GROUPS = 4096;

export class PipelineCache {
  private readonly pipelines = new Map<string, Pipeline>();
  private readonly bindGroups = new Map<string, GPUBindGroup>();

  constructor(
    private readonly device: GPUDevice,
    private readonly parameters: GPUBuffer,
  ) {}

  pipeline(program: WgslProgram, bindings: readonly Binding[]): Pipeline {
    const key = `${program.name} ${bindings.map(({ buffer, writes }) => buffer.dtype + (writes ? "w" : "r"))}`;
    const known = this.pipelines.get(key);
    if (known !== undefined) return known;
    const visibility = GPUShaderStage.COMPUTE;
    const layout = this.device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility, buffer: { type: "uniform", hasDynamicOffset: true } },
        ...bindings.map(({ writes }, index) => ({
          binding: index + 1,
          visibility,
          buffer: { type: writes ? ("storage" as const) : ("read-only-storage" as const) },
        })),
      ],
    });
    const compute = this.device.createComputePipeline({
      label: program.name,
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: {
        module: this.device.createShaderModule({ label: program.name, code: shaderCode(program, bindings) }),
      },
    });
    const made = { compute, layout };
    this.pipelines.set(key, made);
    return made;
  }

  bindGroup({ layout, compute }: Pipeline, bindings: readonly Binding[]): GPUBindGroup {
    const key = `${compute.label} ${bindings.map(({ buffer }) => `${buffer.id}${buffer.dtype}`).join()}`;
    const known = this.bindGroups.get(key);
    if (known !== undefined) return known;
    const group = this.device.createBindGroup({
      layout,
      entries: [
        { binding: 0, resource: { buffer: this.parameters, size: PARAMETER_STRIDE } },
        ...bindings.map(({ buffer }, index) => ({ binding: index + 1, resource: { buffer: buffer.gpu } })),
      ],
    });
    if (this.bindGroups.size >= MAX_BIND_GROUPS) {
      const [oldest] = this.bindGroups.keys();
      this.bindGroups.delete(oldest);
    }
    this.bindGroups.set(key, group);
    return group;
  }
}

/** The program's source with its declarations in front. */
function shaderCode(program: WgslProgram, bindings: readonly Binding[]): string {
  const fields = Object.entries(program.parameters).map(([name, { type }]) => `  ${name}: ${type},`);
  const tensors = bindings.map(({ name, buffer, writes }, index) => {
    const access = writes ? "read_write" : "read";
    return `@group(0) @binding(${index + 1}) var<storage, ${access}> ${name}: array<${buffer.dtype}>;`;
  });
  return [
    "struct Parameters {",
    ...(fields.length > 0 ? fields : ["  unused: u32,"]),
    "}",
    "@group(0) @binding(0) var<uniform> parameters: Parameters;",
    ...tensors,
    program.source,
  ].join("\n");
}
