/**
 * `groupCrossEntropy` to be read: its TypeScript and its WGSL, cut out of the library's own source, and a run of one row
 * that says at every moment what the variables hold; with lines that can be broken.
 */

import type { HostTensor, TensorSpec } from "../kernels/index.ts";
import { apply, GradcheckError, gradcheck, groupCrossEntropy, type Runnable, tensor } from "../tensor/index.ts";

/** What the kernel does one after the other. */
export const STAGES = ["moments", "spread", "scale", "total", "policy", "gradient"] as const;
/** One of {@link STAGES}. */
export type Stage = (typeof STAGES)[number];

/** A line of source, and the stage that it belongs to. */
export interface SourceLine {
  readonly text: string;
  readonly stage: Stage | undefined;
}

/** The kernel twice. */
export interface KernelSource {
  readonly typescript: readonly SourceLine[];
  readonly wgsl: readonly SourceLine[];
}

/** Where each stage's lines begin, in the order of the text. */
const TYPESCRIPT_MARKS: readonly (readonly [mark: string, stage: Stage | undefined])[] = [
  ["function momentsOf(", "moments"],
  ["reference([rewards, logProbabilities, mask]", undefined],
  ["forEachRow(", undefined],
  ["let smallest", "spread"],
  ["// softmax does not see the mean", "scale"],
  ["let total = 0;\n      for", "total"],
  ["let sum = 0", "policy"],
  ["gradient({ outputs", "gradient"],
];

const WGSL_MARKS: readonly (readonly [mark: string, stage: Stage | undefined])[] = [
  ["var count = 0.0", "moments"],
  ["var smallest", "spread"],
  ["let at = row", "scale"],
  ["var total = 0.0", "total"],
  ["var sum = 0.0", "policy"],
];

/** Cuts both texts out of the operation's file. @throws Error where the file no longer holds what is looked for */
export function readKernel(source: string): KernelSource {
  const moments = cut(source, "function momentsOf(", "\n}\n");
  const reference = cut(source, "  reference([rewards", "\n  },\n");
  const gradient = cut(source, "  gradient({ outputs", "\n  },\n");
  const ofGroups = template(source, "GROUP_MOMENTS");
  const ofPolicy = template(source, "POLICY");
  return {
    typescript: markLines(`${moments}\n\n${dedent(reference)}\n${dedent(gradient)}`, TYPESCRIPT_MARKS),
    wgsl: markLines(`${dedent(ofGroups)}\n\n${dedent(ofPolicy)}`, WGSL_MARKS),
  };
}

function cut(source: string, start: string, end: string): string {
  const from = source.indexOf(start);
  const to = source.indexOf(end, from);
  if (from === -1 || to === -1) throw new Error(`kernel: the source holds no ${start.trim()} that ends`);
  return source.slice(from, to + end.trimEnd().length);
}

/** What a template of the source holds. */
function template(source: string, name: string): string {
  const text = cut(source, `const ${name} = \``, "`;");
  return text.slice(text.indexOf("`") + 1, text.lastIndexOf("`"));
}

function dedent(text: string): string {
  return text.replace(/^ {2}/gm, "");
}

function markLines(text: string, marks: readonly (readonly [string, Stage | undefined])[]): SourceLine[] {
  let at = 0;
  const starts = marks.map(([mark, stage]) => {
    const found = text.replaceAll(/^ +/gm, "").indexOf(mark.replaceAll(/^ +/gm, ""), at);
    if (found === -1) throw new Error(`kernel: the source holds no "${mark}"`);
    at = found + 1;
    return { line: text.replaceAll(/^ +/gm, "").slice(0, found).split("\n").length - 1, stage };
  });
  return text
    .split("\n")
    .map((line, n) => ({
      text: line,
      stage: line.trim() === "" ? undefined : starts.findLast((start) => start.line <= n)?.stage,
    }));
}

/** A line that may be broken, and what is written in its place. */
export interface Bug {
  readonly from: string;
  readonly to: string;
  readonly says: string;
}

/** Bugs by number, from 1; 0 is the kernel as it is. */
export const BUGS: readonly Bug[] = [
  {
    from: "Math.sqrt(squares / count)",
    to: "Math.sqrt(squares)",
    says: "The deviation is not divided by the count: rewards look as if they hardly differed.",
  },
  {
    from: "1 / (temperature * (normalisation",
    to: "1 / (1 * (normalisation",
    says: "The temperature is left out: the slider does nothing.",
  },
  {
    from: "total += Math.exp((rewards.data[i] - largest) * scale)",
    to: "total += Math.exp(rewards.data[i] * scale)",
    says: "The sum is of other exponentials than the shares: π_ref no longer sums to 1.",
  },
  {
    from: "sum -= probability * logProbabilities.data[i]",
    to: "sum += probability * logProbabilities.data[i]",
    says: "The loss has the wrong sign, and its gradient does not know.",
  },
  {
    from: "return [undefined, ...run(elementwise.negate, [product], undefined)]",
    to: "return [undefined, product]",
    says: "The gradient has lost its minus: every step goes away from π_ref.",
  },
  {
    from: "squares += (r.data[i] - mean) ** 2",
    to: "squares += r.data[i] ** 2",
    says: "The deviation is about 0 and not about the mean: a group of high rewards looks spread out.",
  },
];

/** The line of the TypeScript column that a bug changes. @throws Error where no line holds it */
export function bugLine({ typescript }: KernelSource, bug: number): number {
  const line = typescript.findIndex(({ text }) => text.includes(BUGS[bug - 1].from));
  if (line === -1) throw new Error(`kernel: no line holds "${BUGS[bug - 1].from}"`);
  return line;
}

/** The TypeScript column with a bug planted. */
export function plantBug(kernel: KernelSource, bug: number): readonly SourceLine[] {
  if (bug === 0) return kernel.typescript;
  const { from, to } = BUGS[bug - 1];
  const line = bugLine(kernel, bug);
  return kernel.typescript.map((own, n) => (n === line ? { ...own, text: own.text.replace(from, to) } : own));
}

/** What a run of one row is told. */
export interface RowAttributes {
  readonly temperature: number;
  readonly isStandardised: boolean;
  readonly minimumSpread: number;
}

/** A moment of the run: what has just been done, at which list, and what the variables hold. */
export interface Frame {
  readonly stage: Stage;
  /** The list of the row that is looked at; undefined between loops. */
  readonly list: number | undefined;
  readonly variables: Readonly<Record<string, number>>;
}

/** One row, run. */
export interface RowRun {
  readonly frames: readonly Frame[];
  readonly loss: number;
  readonly policy: readonly number[];
  /** Of the loss with respect to log pi. */
  readonly gradient: readonly number[];
}

/** Runs the kernel on one row, as the reference does, perhaps with a bug. */
export function runRow(
  rewards: readonly number[],
  logs: readonly number[],
  { temperature, isStandardised, minimumSpread }: RowAttributes,
  bug = 0,
): RowRun {
  const frames: Frame[] = [];
  const variables: Record<string, number> = {};
  const note = (stage: Stage, list?: number) => frames.push({ stage, list, variables: { ...variables } });
  const each = (stage: Stage, work: (i: number) => void) => {
    rewards.forEach((_, i) => {
      work(i);
      note(stage, i);
    });
  };
  const nothing = rewards.map(() => 0);
  const { mean, deviation } = noteMoments(rewards, variables, note, bug);
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  each("spread", (i) => {
    smallest = Math.min(smallest, rewards[i]);
    largest = Math.max(largest, rewards[i]);
    Object.assign(variables, { smallest, largest });
  });
  if (!(largest - smallest > minimumSpread)) return { frames, loss: 0, policy: nothing, gradient: nothing };
  const scale = 1 / ((bug === 2 ? 1 : temperature) * (isStandardised ? deviation : 1));
  Object.assign(variables, { mean, deviation, scale });
  note("scale");
  let total = 0;
  each("total", (i) => {
    total += Math.exp((rewards[i] - (bug === 3 ? 0 : largest)) * scale);
    variables.total = total;
  });
  let sum = 0;
  const policy: number[] = [];
  each("policy", (i) => {
    const probability = Math.exp((rewards[i] - largest) * scale) / total;
    policy.push(probability);
    sum -= (bug === 4 ? -1 : 1) * probability * logs[i];
    Object.assign(variables, { probability, sum });
  });
  const gradient: number[] = [];
  each("gradient", (i) => {
    gradient.push(bug === 5 ? policy[i] : -policy[i]);
    variables.gradient = gradient[i];
  });
  return { frames, loss: sum, policy, gradient };
}

/** Mean and deviation, in the two passes of the reference. */
function noteMoments(
  rewards: readonly number[],
  variables: Record<string, number>,
  note: (stage: Stage, list?: number) => void,
  bug: number,
) {
  let total = 0;
  rewards.forEach((reward, i) => {
    total += reward;
    Object.assign(variables, { count: i + 1, total });
    note("moments", i);
  });
  const count = rewards.length;
  const mean = total / count;
  variables.mean = mean;
  let squares = 0;
  rewards.forEach((reward, i) => {
    squares += (bug === 6 ? reward : reward - mean) ** 2;
    variables.squares = squares;
    note("moments", i);
  });
  const deviation = Math.sqrt(bug === 1 ? squares : squares / count);
  variables.deviation = deviation;
  variables.total = 0;
  return { mean, deviation };
}

/** The kernel with a bug as an operation of the engine. */
function brokenOperation(bug: number, attributes: RowAttributes): Runnable<undefined> {
  const run = ([rewards, logs]: readonly HostTensor[]) => runRow([...rewards.data], [...logs.data], attributes, bug);
  return {
    name: "groupCrossEntropy, broken",
    constants: [0],
    outputs: ([rewards]: readonly TensorSpec[]) => [
      { shape: [], dtype: rewards.dtype },
      { shape: rewards.shape, dtype: rewards.dtype },
    ],
    reference(inputs, [loss, gradient]) {
      const own = run(inputs);
      loss.data[0] = own.loss;
      gradient.data.set(own.gradient);
    },
    gradient: ({ outputs: [, gradient] }) => [undefined, gradient],
  };
}

/** What checks say of a kernel. */
export interface KernelChecks {
  /** The complaint of gradcheck, undefined where it has none. */
  readonly gradcheck: string | undefined;
  /** Greatest difference of loss and pi_ref from the library's. */
  readonly difference: number;
}

/** Gradcheck and a comparison with the library's operation, on one row. */
export function checkKernel(
  rewards: readonly number[],
  logs: readonly number[],
  attributes: RowAttributes,
  bug: number,
): KernelChecks {
  const at = [Float64Array.from(rewards), Float64Array.from(logs)].map((data) => tensor(data, [data.length]));
  const operation = brokenOperation(bug, attributes);
  let complaint: string | undefined;
  try {
    gradcheck((...inputs) => apply(operation, inputs, undefined)[0], at, { constants: [0] });
  } catch (error) {
    if (!(error instanceof GradcheckError)) throw error;
    complaint = error.message;
  }
  const own = runRow(rewards, logs, attributes, bug);
  const shape = [1, rewards.length];
  const { temperature, isStandardised, minimumSpread } = attributes;
  const library = groupCrossEntropy(at[0].reshape(shape), at[1].reshape(shape), {
    temperature,
    minimumSpread,
    normalisation: isStandardised ? "group" : "none",
  });
  const shares = library.referencePolicy.dataSync();
  const differences = [
    Math.abs(own.loss - library.loss.dataSync()[0]),
    ...own.policy.map((share, i) => Math.abs(share - shares[i])),
  ];
  return { gradcheck: complaint, difference: Math.max(...differences) };
}
