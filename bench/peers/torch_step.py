"""Times training steps of the reference Transformer in PyTorch, for bench/gpu.ts to compare with.

The same model, inputs and initial weights as bench/reference-transformer.ts: 2 pre-norm encoder layers over 64 lists of
50 items, width 128, 4 heads, feed-forward 512 with ReLU, a linear score per item, softmax cross-entropy over the list,
Adam at 1e-3. Eager, f32 with TF32 off, on CUDA where there is a device and else on the CPU. Every step reads its loss.

    python3 bench/peers/torch_step.py [--steps N] [--device cuda|cpu]

prints one line of JSON. The losses at steps 1, 3 and 13 must be 4.84198, 2.20007 and 0.000253.
"""

import argparse
import json
import math
import time

LISTS, ITEMS, WIDTH, HEADS, FEED_FORWARD, LAYERS = 64, 50, 128, 4, 512, 2
WARM_UP = 3
MASK32 = 0xFFFFFFFF


def mulberry32(seed):
    """Yields numbers in [0, 1) from a 32-bit state, those of the function of that name in the reference."""
    state = seed & MASK32
    while True:
        state = (state + 0x6D2B79F5) & MASK32
        mixed = ((state ^ (state >> 15)) * (1 | state)) & MASK32
        mixed = ((mixed + ((mixed ^ (mixed >> 7)) * (61 | mixed))) & MASK32) ^ mixed
        yield (mixed ^ (mixed >> 14)) / 4294967296


def uniform(length, seed, limit):
    """`length` numbers in [-limit, limit)."""
    numbers = mulberry32(seed)
    return [(next(numbers) * 2 - 1) * limit for _ in range(length)]


def initial_weights():
    """Yields (name, shape, numbers) of every parameter; matrices are [inputs, outputs]."""
    seed = 0

    def linear(name, inputs, outputs):
        nonlocal seed
        seed += 1
        numbers = uniform(inputs * outputs, seed, math.sqrt(6 / (inputs + outputs)))
        yield f"{name}.weight", (inputs, outputs), numbers
        yield f"{name}.bias", (outputs,), [0.0] * outputs

    def norm(name):
        yield f"{name}.gain", (WIDTH,), [1.0] * WIDTH
        yield f"{name}.bias", (WIDTH,), [0.0] * WIDTH

    for layer in range(LAYERS):
        yield from norm(f"{layer}.norm1")
        for name in ("query", "key", "value", "output"):
            yield from linear(f"{layer}.{name}", WIDTH, WIDTH)
        yield from norm(f"{layer}.norm2")
        yield from linear(f"{layer}.up", WIDTH, FEED_FORWARD)
        yield from linear(f"{layer}.down", FEED_FORWARD, WIDTH)
    yield from linear("head", WIDTH, 1)


def input_numbers():
    """Inputs [lists, items, width], flat."""
    return uniform(LISTS * ITEMS * WIDTH, 777, math.sqrt(3))


def target_items():
    """The item of each list that is to be scored highest."""
    numbers = mulberry32(778)
    return [int(next(numbers) * ITEMS) for _ in range(LISTS)]


def create_step(torch, device):
    """Makes the model; each call of the result is one training step and returns its loss, on the device."""
    functional = torch.nn.functional
    options = {"dtype": torch.float32, "device": device}
    weights = {
        name: torch.tensor(numbers, **options).reshape(shape).requires_grad_()
        for name, shape, numbers in initial_weights()
    }
    x = torch.tensor(input_numbers(), **options).reshape(LISTS, ITEMS, WIDTH)
    targets = torch.tensor(target_items(), device=device)
    optimiser = torch.optim.Adam(list(weights.values()), lr=1e-3)

    def linear(name, tensor):
        return tensor @ weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def norm(name, tensor):
        return functional.layer_norm(tensor, (WIDTH,), weights[f"{name}.gain"], weights[f"{name}.bias"])

    def split_heads(tensor):
        return tensor.reshape(LISTS, ITEMS, HEADS, WIDTH // HEADS).transpose(1, 2)

    def attend(layer, normed):
        q, k, v = (split_heads(linear(f"{layer}.{name}", normed)) for name in ("query", "key", "value"))
        probabilities = (q @ k.transpose(-1, -2) / math.sqrt(WIDTH // HEADS)).softmax(-1)
        return linear(f"{layer}.output", (probabilities @ v).transpose(1, 2).reshape(LISTS, ITEMS, WIDTH))

    def compute_loss():
        hidden = x
        for layer in range(LAYERS):
            hidden = hidden + attend(layer, norm(f"{layer}.norm1", hidden))
            up = linear(f"{layer}.up", norm(f"{layer}.norm2", hidden)).relu()
            hidden = hidden + linear(f"{layer}.down", up)
        return functional.cross_entropy(linear("head", hidden).reshape(LISTS, ITEMS), targets)

    def step():
        loss = compute_loss()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return loss.detach()

    return step


def measure(torch, device, steps):
    """Times `steps` steps with the readback of their losses, and as many of which only the last is read."""
    step = create_step(torch, device)
    losses, times = [], []
    for _ in range(WARM_UP + steps):
        start = time.perf_counter()
        losses.append(step().item())
        times.append(1e3 * (time.perf_counter() - start))
    timed = sorted(times[WARM_UP:])
    start = time.perf_counter()
    for _ in range(steps):
        last = step()
    last.item()
    unread = 1e3 * (time.perf_counter() - start) / steps
    middle = len(timed) // 2
    median = timed[middle] if len(timed) % 2 == 1 else (timed[middle - 1] + timed[middle]) / 2
    return {
        "ms_median": median,
        "ms_minimum": timed[0],
        "ms_unread": unread,
        "loss1": losses[0],
        "loss3": losses[2],
        "loss13": losses[12],
    }


def main():
    parser = argparse.ArgumentParser(description="Times training steps of the reference Transformer in PyTorch.")
    parser.add_argument("--steps", type=int, default=50, help="steps to time, at least 10, after three to warm up")
    parser.add_argument("--device", choices=["cuda", "cpu"], help="default: cuda where there is a device")
    arguments = parser.parse_args()
    if arguments.steps < 10:
        parser.error("--steps must be at least 10, so that the 13th loss is known")

    import torch

    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    device = arguments.device or ("cuda" if torch.cuda.is_available() else "cpu")
    name = torch.cuda.get_device_name(0) if device == "cuda" else f"cpu, {torch.get_num_threads()} threads"
    result = measure(torch, device, arguments.steps)
    print(json.dumps({"peer": f"PyTorch {torch.__version__}, eager, f32", "device": name, **result}))


if __name__ == "__main__":
    main()
