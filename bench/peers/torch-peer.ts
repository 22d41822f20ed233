/** Runs the same training step in PyTorch, where this machine has it, to be compared with. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** What `torch_step.py` prints. */
export interface TorchResult {
  readonly peer: string;
  readonly device: string;
  readonly ms_median: number;
  readonly loss1: number;
  readonly loss3: number;
  readonly loss13: number;
}

const TIMEOUT = 180_000;

/** The result, or why there is none, in one line. */
export function runTorch(script: string): TorchResult | string {
  if (!existsSync(script)) return `no comparison with PyTorch: there is no ${script}; name it with --torch-script`;
  const python = (...args: string[]) => spawnSync("python3", args, { encoding: "utf8", timeout: TIMEOUT });
  if (python("-c", "import torch").status !== 0) {
    return 'no comparison with PyTorch: python3 -c "import torch" fails here';
  }
  const { status, stdout, stderr } = python(script);
  if (status !== 0) {
    const lastLine = stderr.trim().split("\n").at(-1);
    return `no comparison with PyTorch: ${script} ended with status ${status}: ${lastLine}`;
  }
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as TorchResult;
}
