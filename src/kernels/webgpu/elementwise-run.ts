/**
 * Elementwise operations that follow each other on one shape, as one program: each element passes through all of
 * them in registers. What nobody holds any more when the run ends is never stored.
 */
import type { DeviceTensor } from "../device.ts";
import type { Program, ProgramLimits } from "../dispatch.ts";
import type { DType, ElementwiseRule } from "../operation.ts";
import { wgslExpression } from "../ops/elementwise/expression.ts";
import { type Shape, sameShape, sizeOf } from "../shape.ts";
import { broadcastOffsets } from "./broadcast.ts";
import type { WebGpuBuffer } from "./buffer-pool.ts";
import { f32, indexProgram } from "./program.ts";

/** Operations in one run at most: a program's parameters and registers are few. */
const LONGEST_RUN = 8;

/** A tensor that the run reads from memory. */
interface Source {
  readonly buffer: WebGpuBuffer;
  readonly shape: Shape;
  /** Whether it is read at the element's own index. */
  readonly isAligned: boolean;
}

interface Step {
  readonly name: string;
  readonly rule: ElementwiseRule;
  /** Variables of the program, in the order of the rule's operands. */
  readonly operands: readonly string[];
  readonly buffer: WebGpuBuffer;
  /** The number that the expression calls `s`. */
  readonly parameter: number | undefined;
}

export class ElementwiseRun {
  private shape: Shape = [];
  private readonly sources: Source[] = [];
  private readonly steps: Step[] = [];
  /** The variable that holds a buffer's element: of a source that is read in one way only, or of a step's result. */
  private readonly variables = new Map<string, string>();
  private readonly buffers = new Set<number>();
  private readonly released: WebGpuBuffer[] = [];

  constructor(private readonly limits: ProgramLimits) {}

  get isEmpty(): boolean {
    return this.steps.length === 0;
  }

  /** Whether the run holds on to a buffer. */
  uses(buffer: WebGpuBuffer): boolean {
    return this.buffers.has(buffer.id);
  }

  /** Takes a buffer back when the run has ended. */
  release(buffer: WebGpuBuffer): void {
    this.released.push(buffer);
  }

  /** Whether an operation with these inputs and this result can join. */
  accepts(inputs: readonly DeviceTensor[], output: DeviceTensor): boolean {
    if (this.isEmpty) return true;
    const bindings = this.sources.length + this.steps.length + inputs.length + 1;
    return (
      this.steps.length < LONGEST_RUN &&
      bindings <= this.limits.tensorsPerProgram &&
      sameShape(output.shape, this.shape) &&
      inputs.every(({ buffer, shape }) => !this.isResult(buffer as WebGpuBuffer) || sameShape(shape, this.shape))
    );
  }

  add(
    name: string,
    rule: ElementwiseRule,
    inputs: readonly DeviceTensor[],
    output: DeviceTensor,
    parameter: number | undefined,
  ): void {
    if (this.isEmpty) this.shape = output.shape;
    const operands = inputs.map((input) => this.variableOf(input));
    const buffer = output.buffer as WebGpuBuffer;
    const variable = `result${this.steps.length}`;
    this.variables.set(this.place(buffer, output.shape), variable);
    this.buffers.add(buffer.id);
    this.steps.push({ name, rule, operands, buffer, parameter });
  }

  /** What the run needs to be dispatched, and what is free afterwards. Nothing joins it any more. */
  finish() {
    const { shape, sources, steps, released } = this;
    const gone = new Set(released.map(({ id }) => id));
    const stored = steps.filter(({ buffer }) => !gone.has(buffer.id));
    return {
      /** Names the operations, for people. */
      name: steps.map((step) => step.name).join(", "),
      shape,
      /** Identifies the program with its parameters. */
      key: keyOf(shape, sources, steps, gone),
      /** In the order of the program's inputs, then of its outputs. */
      buffers: [...sources, ...stored].map(({ buffer }) => buffer),
      isEmpty: stored.length === 0,
      /** Buffers that were released while the run needed them. */
      released,
      createProgram: () => createProgram(shape, sources, steps, stored),
    };
  }

  private isResult({ id }: WebGpuBuffer): boolean {
    return this.steps.some(({ buffer }) => buffer.id === id);
  }

  /** One buffer may be read in several shapes: as a view on itself, broadcast or not. */
  private place({ id }: WebGpuBuffer, shape: Shape): string {
    return sameShape(shape, this.shape) ? `${id}` : `${id} as ${shape}`;
  }

  private variableOf({ buffer, shape }: DeviceTensor): string {
    const own = buffer as WebGpuBuffer;
    const place = this.place(own, shape);
    const known = this.variables.get(place);
    if (known !== undefined) return known;
    const variable = `source${this.sources.length}`;
    this.sources.push({ buffer: own, shape, isAligned: sameShape(shape, this.shape) });
    this.variables.set(place, variable);
    this.buffers.add(own.id);
    return variable;
  }
}

function keyOf(shape: Shape, sources: readonly Source[], steps: readonly Step[], gone: ReadonlySet<number>): string {
  let key = `run ${shape}`;
  for (const { buffer, isAligned, shape: own } of sources) key += `|${buffer.dtype}${isAligned ? "" : ` as [${own}]`}`;
  for (const { name, operands, parameter, buffer } of steps) {
    key += `;${name} ${operands} ${parameter ?? ""}${gone.has(buffer.id) ? "" : "!"}`;
  }
  return key;
}

/** Names everything that the source depends on but the number of axes, which `broadcastOffsets` adds. */
function describe(steps: readonly Step[], stored: readonly Step[]): string {
  return steps.map((step) => `${step.name}(${step.operands})${stored.includes(step) ? " stored" : ""}`).join("; ");
}

function createProgram(
  shape: Shape,
  sources: readonly Source[],
  steps: readonly Step[],
  stored: readonly Step[],
): Program {
  const broadcast = Object.fromEntries(
    sources.flatMap(({ isAligned, shape: own }, k) => (isAligned ? [] : [[`source${k}`, own]])),
  );
  const offsets = broadcastOffsets(shape, broadcast);
  const functions = new Map<string, string>();
  const parameters: Record<string, ReturnType<typeof f32>> = {};
  const lines = sources.map(({ isAligned }, k) => `  let source${k} = data${k}[${isAligned ? "i" : `at_source${k}`}];`);
  const typeOf = (variable: string): DType =>
    (variable.startsWith("source") ? sources : steps)[Number(variable.slice(6))].buffer.dtype;
  steps.forEach((step, k) => {
    const { functions: shared, code } = wgslExpression(step.rule.expression);
    functions.set(shared, shared);
    const typed = step.rule.operands.map((operand, at) => `${operand}: ${typeOf(step.operands[at])}`);
    const taken = [...step.operands];
    if (step.parameter !== undefined) {
      parameters[`s${k}`] = f32(step.parameter);
      typed.push("s: f32");
      taken.push(`parameters.s${k}`);
    }
    functions.set(`${k}`, `fn step${k}(${typed.join(", ")}) -> ${step.buffer.dtype} { return ${code}; }\n`);
    lines.push(`  let result${k} = step${k}(${taken.join(", ")});`);
    if (stored.includes(step)) lines.push(`  out${stored.indexOf(step)}[i] = result${k};`);
  });
  const inputs = sources.map((_, input) => [`data${input}`, { input }]);
  const outputs = stored.map((_, output) => [`out${output}`, { output }]);
  const hasBroadcast = Object.keys(broadcast).length > 0;
  return indexProgram(
    `${describe(steps, stored)} ${hasBroadcast ? `${Object.keys(broadcast)} ${offsets.key}` : ""}`,
    sizeOf(shape),
    `${hasBroadcast ? `${offsets.code}\n` : ""}${lines.join("\n")}`,
    {
      tensors: Object.fromEntries([...inputs, ...outputs]),
      parameters: { ...parameters, ...(hasBroadcast && offsets.parameters) },
      functions: [...functions.values()].join(""),
    },
  );
}
