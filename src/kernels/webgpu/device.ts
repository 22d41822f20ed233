/** The WebGPU device: runs the operations' WGSL programs on a GPU, through any `GPU` object that it is given. */
import type { Device, DeviceBuffer, DeviceTensor } from "../device.ts";
import type { ProgramLimits, TensorPlace } from "../dispatch.ts";
import {
  createArray,
  type DType,
  type ElementwiseRule,
  type GradientOperation,
  type NumberArray,
} from "../operation.ts";
import { formatShape, type Shape, sizeOf } from "../shape.ts";
import { BufferPool, type WebGpuBuffer } from "./buffer-pool.ts";
import { ElementwiseRun } from "./elementwise-run.ts";
import { PARAMETER_STRIDE, PipelineCache } from "./pipelines.ts";
import { type PreparedProgram, PreparedPrograms } from "./prepared-programs.ts";
import { PassTimestamps } from "./timestamps.ts";

/** Of {@link requestWebGpuDevice}. */
export interface WebGpuOptions {
  /** Bytes that tensors may take, pooled ones included. Default 2 GiB. */
  readonly memoryBudget?: number;
  /** Whether to time every pass on the GPU, where the adapter can; see `WebGpuDevice.timestamps`. Default false. */
  readonly timestamps?: boolean;
}

/** What an adapter says of itself. */
export interface AdapterDescription {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** Whether the processor does a GPU's work: fine for tests, slow for training. */
  readonly isSoftware: boolean;
}

/** Dispatches recorded before they are submitted. */
const DISPATCHES_PER_SUBMIT = 32;

const SOFTWARE_ADAPTERS = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

/** An adapter by its `info`; whether it is the processor itself shows in its names. */
export function describeAdapter({
  vendor,
  architecture,
  description,
}: Omit<AdapterDescription, "isSoftware">): AdapterDescription {
  const isSoftware = SOFTWARE_ADAPTERS.test(`${vendor} ${architecture} ${description}`);
  return { vendor, architecture, description, isSoftware };
}

/**
 * Asks `gpu` for an adapter and makes a device with all that the adapter allows.
 * @throws Error when there is no adapter
 */
export async function requestWebGpuDevice(gpu: GPU, options: WebGpuOptions = {}): Promise<WebGpuDevice> {
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw new Error("webgpu: no adapter was found; use the cpu device");
  const { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } = adapter.limits;
  const requiredLimits = { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage };
  const canTime = options.timestamps === true && adapter.features.has(PassTimestamps.feature);
  const requiredFeatures: GPUFeatureName[] = canTime ? [PassTimestamps.feature] : [];
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures });
  return new WebGpuDevice(gpu, device, describeAdapter(adapter.info), options);
}

/** Computes on a GPU, in WGSL. `requestWebGpuDevice` makes one. */
export class WebGpuDevice implements Device {
  readonly name = "webgpu";
  private readonly pool: BufferPool;
  private readonly pipelines: PipelineCache;
  private readonly parameterBuffer: GPUBuffer;
  private readonly parameterData = new Uint32Array((PARAMETER_STRIDE * DISPATCHES_PER_SUBMIT) / 4);
  private readonly programs: PreparedPrograms;
  private readonly programLimits: ProgramLimits;
  private elementwiseRun: ElementwiseRun;
  private encoder: GPUCommandEncoder | undefined;
  private pass: GPUComputePassEncoder | undefined;
  private recorded = 0;
  /** The submission that last reads or writes a buffer, by the buffer's number. */
  private readonly lastUse: number[] = [];
  private submissions = 0;
  private lastCall: { readonly name: string; readonly shapes: readonly Shape[] } | undefined;
  private failure: Error | undefined;
  /** Dispatches so far, for reports. */
  dispatches = 0;
  /** Time of the passes on the GPU, where it was asked for and the adapter can tell. */
  readonly timestamps: PassTimestamps | undefined;

  /** @internal Use `requestWebGpuDevice`. The `GPU` object is held so that it lives as long as its device. */
  constructor(
    readonly gpu: GPU,
    private readonly device: GPUDevice,
    readonly adapter: AdapterDescription,
    { memoryBudget = 2 ** 31 }: WebGpuOptions,
  ) {
    this.parameterBuffer = device.createBuffer({
      size: PARAMETER_STRIDE * DISPATCHES_PER_SUBMIT,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.pool = new BufferPool(device, memoryBudget);
    this.pipelines = new PipelineCache(device, this.parameterBuffer);
    this.timestamps = device.features.has(PassTimestamps.feature) ? new PassTimestamps(device) : undefined;
    this.programLimits = { tensorsPerProgram: device.limits.maxStorageBuffersPerShaderStage };
    this.programs = new PreparedPrograms(this.programLimits);
    this.elementwiseRun = new ElementwiseRun(this.programLimits);
    device.addEventListener("uncapturederror", (event) => {
      const { error } = event as GPUUncapturedErrorEvent;
      this.failure ??= new Error(`webgpu: ${this.describeLastCall()}: ${error.message}`);
    });
    void device.lost.then(({ reason, message }) => {
      if (reason !== "destroyed") this.failure ??= new Error(`webgpu: the device was lost: ${message}`);
    });
  }

  get live() {
    this.finishElementwiseRun();
    return this.pool.live;
  }

  /** What the device may be asked for at most, by WebGPU's names; for reports. */
  get limits(): Readonly<Record<string, number>> {
    const { limits } = this.device;
    return {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    };
  }

  /** Distinct pipelines so far, for reports. */
  get pipelineCount(): number {
    return this.pipelines.count;
  }

  allocate(dtype: DType, length: number): WebGpuBuffer {
    if (dtype === "f64") throw new TypeError("webgpu: f64 lives on the cpu device only; use f32");
    return this.pool.allocate(dtype, length);
  }

  release(buffer: DeviceBuffer): void {
    const released = own(buffer);
    if (this.elementwiseRun.uses(released)) this.elementwiseRun.release(released);
    else this.pool.release(released);
  }

  write(buffer: DeviceBuffer, data: NumberArray): void {
    const target = own(buffer);
    if (this.elementwiseRun.uses(target)) this.finishElementwiseRun();
    // A write is ordered before what is recorded but not submitted: submit that first where it uses the buffer.
    if (this.lastUse[target.id] === this.submissions) this.flush();
    this.device.queue.writeBuffer(target.gpu, 0, convert(data, target.dtype));
  }

  async read(buffer: DeviceBuffer): Promise<NumberArray> {
    const { gpu, byteLength, dtype, length } = own(buffer);
    this.flush();
    if (byteLength === 0) return createArray(dtype, 0);
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = this.device.createBuffer({ size: byteLength, usage });
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(gpu, 0, staging, 0, byteLength);
    this.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const copy = staging.getMappedRange().slice(0);
    staging.destroy();
    if (this.failure !== undefined) throw this.failure;
    return dtype === "i32" ? new Int32Array(copy, 0, length) : new Float32Array(copy, 0, length);
  }

  run<Attributes>(
    operation: GradientOperation<Attributes>,
    inputs: readonly DeviceTensor[],
    outputs: readonly DeviceTensor[],
    attributes: Attributes,
  ): void {
    if (this.failure !== undefined) throw this.failure;
    if (operation.elementwise !== undefined) {
      this.runElementwise(operation.name, operation.elementwise, inputs, outputs[0], attributes);
      return;
    }
    this.finishElementwiseRun();
    this.lastCall = { name: operation.name, shapes: inputs.map(({ shape }) => shape) };
    const scratch: WebGpuBuffer[] = [];
    const bufferAt = (place: TensorPlace): WebGpuBuffer => {
      if ("input" in place) return own(inputs[place.input].buffer);
      if ("output" in place) return own(outputs[place.output].buffer);
      scratch[place.scratch] ??= this.pool.allocate(place.dtype, place.length);
      return scratch[place.scratch];
    };
    for (const prepared of this.programs.get(operation, inputs, outputs, attributes)) {
      this.dispatch(prepared, prepared.sources.map(bufferAt));
    }
    // Buffers that recorded dispatches use may be handed out again: the commands run in order.
    for (const buffer of scratch) if (buffer !== undefined) this.pool.release(buffer);
  }

  /** Lets the operation join those of its kind before it, which it may have to end first. */
  private runElementwise(
    name: string,
    rule: ElementwiseRule,
    inputs: readonly DeviceTensor[],
    output: DeviceTensor,
    attributes: unknown,
  ): void {
    if (sizeOf(output.shape) === 0) return;
    for (const { buffer } of inputs) own(buffer);
    if (!this.elementwiseRun.accepts(inputs, output)) this.finishElementwiseRun();
    const parameter = (attributes as { readonly s?: number } | undefined)?.s;
    this.elementwiseRun.add(name, rule, inputs, output, parameter);
  }

  /** Records the elementwise operations that were waiting for others to join them. */
  finishElementwiseRun(): void {
    if (this.elementwiseRun.isEmpty) return;
    const { name, shape, key, buffers, isEmpty, released, createProgram } = this.elementwiseRun.finish();
    this.elementwiseRun = new ElementwiseRun(this.programLimits);
    this.lastCall = { name, shapes: [shape] };
    if (!isEmpty) this.dispatch(this.programs.getByKey(key, createProgram), buffers);
    for (const buffer of released) this.pool.release(buffer);
  }

  /** Submits what was recorded. */
  flush(): void {
    this.finishElementwiseRun();
    if (this.encoder === undefined || this.pass === undefined) return;
    this.pass.end();
    const used = (this.recorded * PARAMETER_STRIDE) / 4;
    this.device.queue.writeBuffer(this.parameterBuffer, 0, this.parameterData, 0, used);
    this.device.queue.submit([this.encoder.finish()]);
    this.encoder = undefined;
    this.pass = undefined;
    this.recorded = 0;
    this.submissions++;
  }

  /** The operation that was recorded last: errors arrive later, at or before it. */
  private describeLastCall(): string {
    if (this.lastCall === undefined) return "before the first operation";
    const { name, shapes } = this.lastCall;
    return `at or before ${name} of ${shapes.map(formatShape).join(", ")}`;
  }

  /** Ends the device; nothing made on it can be used afterwards. */
  destroy(): void {
    this.flush();
    this.device.destroy();
  }

  private dispatch(prepared: PreparedProgram, buffers: readonly WebGpuBuffer[]): void {
    const pipeline = this.pipelines.pipeline(prepared, buffers);
    const group = this.pipelines.bindGroup(pipeline, buffers);
    this.encoder ??= this.device.createCommandEncoder();
    this.pass ??= this.encoder.beginComputePass(this.timestamps?.describePass());
    const offset = this.recorded * PARAMETER_STRIDE;
    this.parameterData.set(prepared.parameters, offset / 4);
    const [x, y, z] = prepared.program.workgroups;
    this.pass.setPipeline(pipeline.compute);
    this.pass.setBindGroup(0, group, [offset]);
    this.pass.dispatchWorkgroups(x, y, z);
    for (const { id } of buffers) this.lastUse[id] = this.submissions;
    this.dispatches++;
    if (++this.recorded === DISPATCHES_PER_SUBMIT) this.flush();
  }
}

/** The same numbers as elements of a type: a copy only where they are of another. */
function convert(data: NumberArray, dtype: DType): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  const Elements = dtype === "i32" ? Int32Array : Float32Array;
  const converted = data instanceof Elements ? data : new Elements(data);
  return converted as Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
}

function own(buffer: DeviceBuffer): WebGpuBuffer {
  if ("gpu" in buffer) return buffer as WebGpuBuffer;
  throw new TypeError("webgpu device: the buffer belongs to another device");
}
