/** From programs to compute pipelines and bind groups, each made once. */
import type { WebGpuBuffer } from "./buffer-pool.ts";
import type { PreparedProgram } from "./prepared-programs.ts";

export interface Pipeline {
  readonly id: number;
  readonly compute: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Bytes between the parameters of two dispatches: a multiple of every device's offset alignment. */
export const PARAMETER_STRIDE = 256;

/** Bind groups to remember; past that the oldest go. */
const MAX_BIND_GROUPS = 4096;

interface KnownBindGroup {
  readonly pipeline: number;
  readonly buffers: readonly number[];
  readonly group: GPUBindGroup;
}

function hashOf(pipeline: number, buffers: readonly WebGpuBuffer[]): number {
  let hash = pipeline;
  for (const { id } of buffers) hash = (Math.imul(hash, 31) + id) | 0;
  return hash;
}

function isFor(known: KnownBindGroup, pipeline: number, buffers: readonly WebGpuBuffer[]): boolean {
  if (known.pipeline !== pipeline || known.buffers.length !== buffers.length) return false;
  for (let i = 0; i < buffers.length; i++) if (known.buffers[i] !== buffers[i].id) return false;
  return true;
}

export class PipelineCache {
  private readonly pipelines = new Map<string, Pipeline>();
  private readonly prepared = new WeakMap<PreparedProgram, Pipeline>();
  /** By `hashOf`, since a text for each dispatch would cost as much as all else that is remembered saves. */
  private readonly bindGroups = new Map<number, readonly KnownBindGroup[]>();

  constructor(
    private readonly device: GPUDevice,
    private readonly parameters: GPUBuffer,
  ) {}

  /** Distinct pipelines so far. */
  get count(): number {
    return this.pipelines.size;
  }

  /** @param buffers what the program is bound to; only their element types matter */
  pipeline(prepared: PreparedProgram, buffers: readonly WebGpuBuffer[]): Pipeline {
    const known = this.prepared.get(prepared);
    if (known !== undefined) return known;
    const access = prepared.sources.map((source) => ("input" in source ? "r" : "w"));
    const key = `${prepared.program.name} ${buffers.map(({ dtype }, index) => dtype + access[index])}`;
    const pipeline = this.pipelines.get(key) ?? this.create(prepared, buffers);
    this.pipelines.set(key, pipeline);
    this.prepared.set(prepared, pipeline);
    return pipeline;
  }

  bindGroup({ id, layout }: Pipeline, buffers: readonly WebGpuBuffer[]): GPUBindGroup {
    const hash = hashOf(id, buffers);
    const candidates = this.bindGroups.get(hash);
    const known = candidates?.find((candidate) => isFor(candidate, id, buffers));
    if (known !== undefined) return known.group;
    const group = this.device.createBindGroup({
      layout,
      entries: [
        { binding: 0, resource: { buffer: this.parameters, size: PARAMETER_STRIDE } },
        ...buffers.map(({ gpu }, index) => ({ binding: index + 1, resource: { buffer: gpu } })),
      ],
    });
    if (this.bindGroups.size >= MAX_BIND_GROUPS) {
      const [oldest] = this.bindGroups.keys();
      this.bindGroups.delete(oldest);
    }
    const entry = { pipeline: id, buffers: buffers.map((buffer) => buffer.id), group };
    this.bindGroups.set(hash, [...(candidates ?? []), entry]);
    return group;
  }

  private create(prepared: PreparedProgram, buffers: readonly WebGpuBuffer[]): Pipeline {
    const { name } = prepared.program;
    const visibility = GPUShaderStage.COMPUTE;
    const layout = this.device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility, buffer: { type: "uniform", hasDynamicOffset: true } },
        ...prepared.sources.map((source, index) => ({
          binding: index + 1,
          visibility,
          buffer: { type: "input" in source ? ("read-only-storage" as const) : ("storage" as const) },
        })),
      ],
    });
    const code = shaderCode(prepared, buffers);
    const compute = this.device.createComputePipeline({
      label: name,
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: this.device.createShaderModule({ label: name, code }) },
    });
    return { id: this.pipelines.size, compute, layout };
  }
}

/** The program's source with its declarations in front. */
function shaderCode({ program, names, sources }: PreparedProgram, buffers: readonly WebGpuBuffer[]): string {
  const fields = Object.entries(program.parameters).map(
    ([name, value]) => `  ${name}: ${typeof value === "number" ? "u32" : "f32"},`,
  );
  const tensors = names.map((name, index) => {
    const access = "input" in sources[index] ? "read" : "read_write";
    const { dtype } = buffers[index];
    const element = program.vectors?.includes(name) ? `vec4<${dtype}>` : dtype;
    return `@group(0) @binding(${index + 1}) var<storage, ${access}> ${name}: array<${element}>;`;
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
