"""PyTorch as a contender of `npm run bench:peers`: the protocol of protocol.ts, on the CPU, eager, f32.

    python3 bench/peers/torch_peer.py THREADS

reads a request in JSON per line and answers each with a line of JSON.
"""

import json
import math
import sys
import time

import torch

from torch_step import create_step

MASK32 = 0xFFFFFFFF


def drawn(shape, seed, limit):
    """The numbers of `uniform` in reference-data.ts, drawn all at once: the state of mulberry32 only counts."""
    count = math.prod(shape)
    state = (seed + 0x6D2B79F5 * torch.arange(1, count + 1)) & MASK32
    mixed = ((state ^ (state >> 15)) * (state | 1)) & MASK32
    mixed = ((mixed + ((mixed ^ (mixed >> 7)) * (mixed | 61))) & MASK32) ^ mixed
    numbers = (mixed ^ (mixed >> 14)).double() / 4294967296
    return ((numbers * 2 - 1) * limit).float().reshape(shape)


KERNELS = {
    "matmul": torch.matmul,
    "batched matmul": torch.bmm,
    "softmax": lambda x: torch.softmax(x, -1),
    "log-sum-exp": lambda x: torch.logsumexp(x, -1),
    "layer norm": lambda x, gain, bias: torch.nn.functional.layer_norm(x, gain.shape, gain, bias, 1e-5),
}


def describe():
    """The version, and the library of matrix products that this build is linked with, on which its speed depends."""
    torch.ones(2, 2) @ torch.ones(2, 2)
    with open("/proc/self/maps") as maps:
        files = {line.split()[-1].rsplit("/", 1)[-1] for line in maps if "blas" in line}
    # "libblas.so.3" is also the name under which others stand in for the reference implementation.
    library = max(files, key=len, default="its own BLAS")
    return f"PyTorch {torch.__version__} with {library}"


class Contender:
    """Remembers what was prepared last, for the requests that run it."""

    def __init__(self):
        self.run = None

    def answer(self, request):
        if "runs" in request:
            start = time.perf_counter()
            for _ in range(request["runs"]):
                self.run()
            return {"seconds": time.perf_counter() - start}
        if "kernel" in request:
            return self.prepare_kernel(**request)
        return self.prepare_training(request["trainingSteps"])

    def prepare_kernel(self, kernel, inputs, probes):
        arrays = [drawn(**each) for each in inputs]

        @torch.no_grad()
        def run():
            return KERNELS[kernel](*arrays)

        self.run = run
        return {"values": run().flatten()[torch.tensor(probes)].tolist()}

    def prepare_training(self, steps):
        step = create_step(torch, "cpu")
        self.run = lambda: step().item()
        return {"losses": [self.run() for _ in range(steps)]}


def main():
    torch.set_num_threads(int(sys.argv[1]))

    def say(message):
        print(json.dumps(message), flush=True)

    contender = Contender()
    say({"version": describe(), "kernels": list(KERNELS), "trains": True})
    for line in sys.stdin:
        try:
            say(contender.answer(json.loads(line)))
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
