/** Who is compared, and how each is started. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "./contender-process.ts";
import { describeMissing } from "./packages.ts";

export interface Peer {
  /** As it is named in the table and on the command line. */
  readonly name: string;
  /** Why it cannot be started, or undefined where it can. */
  describeAbsence(): string | undefined;
  command(threads: number): Command;
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** A module of contenders/, in Node. */
function nodePeer(name: string, module: string, packages: readonly string[]): Peer {
  return {
    name,
    describeAbsence: () => describeMissing(packages),
    command: (threads) => ({
      program: process.execPath,
      args: ["--import", import.meta.resolve("tsx"), here("./serve.ts"), module, `${threads}`],
    }),
  };
}

/** The first Python that has PyTorch: the one on the path, or the system's. */
function findPython(): string | undefined {
  return ["python3", "/usr/bin/python3"].find(
    (program) =>
      (program === "python3" || existsSync(program)) && spawnSync(program, ["-c", "import torch"]).status === 0,
  );
}

const python = findPython();

const torch: Peer = {
  name: "PyTorch",
  describeAbsence: () =>
    python === undefined
      ? "no python3 with the module torch; on Debian: apt-get install python3-torch libopenblas0-pthread"
      : undefined,
  command: (threads) => ({
    program: python ?? "python3",
    args: ["-B", here("./torch_peer.py"), `${threads}`],
    environment: { OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` },
  }),
};

/** The name of the project itself, with which the others are compared. */
export const OURS = "goalrank";
export const ours: Peer = nodePeer(OURS, "goalrank", []);

export const peers: readonly Peer[] = [
  nodePeer("TensorFlow.js", "tensorflow", ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"]),
  nodePeer("TensorFlow.js plain", "tensorflow-plain", ["@tensorflow/tfjs"]),
  nodePeer("jax-js", "jax", ["@jax-js/jax"]),
  nodePeer("gpu.js", "gpu-js", ["gpu.js"]),
  nodePeer("onnxruntime-node", "onnxruntime", ["onnxruntime-node"]),
  torch,
];
