/**
 * Recurrent layers, which read a sequence position by position into a state: GRU (Cho et al. 2014) and LSTM (Hochreiter
 * and Schmidhuber 1997). Shapes: B sequences of T positions, D a layer's input width, H the width of its state.
 */
import { concat, defaultRandom, type Random, type Tensor, where, zeros } from "../tensor/index.ts";
import { Linear } from "./layers.ts";
import { Module } from "./module.ts";

/** How sequences are read. */
export interface RecurrentOptions {
  /** From the last position to the first; the output at a position then tells of it and those after it. */
  readonly reverse?: boolean;
  /** i32 [B, T]: where it is 0 there is nothing to read, and the state stays as it was. */
  readonly present?: Tensor;
}

/** What a recurrent layer makes of sequences. */
export interface RecurrentOutput {
  /** The state after each position: [B, T, H]. */
  readonly outputs: Tensor;
  /** The state after the position that was read last: [B, H]. */
  readonly last: Tensor;
}

/** What a layer remembers of B sequences: the state that other layers read, and after it an LSTM's cell; each [B, H]. */
export type RecurrentState = readonly Tensor[];

/** A layer over sequences. Gates lie side by side in its weights. */
abstract class RecurrentLayer extends Module {
  /** What the input adds to each gate: [D, gates * H]. */
  private readonly fromInput: Linear;
  /** What the state adds to them: [H, gates * H]. */
  protected readonly fromState: Linear;

  constructor(
    inputs: number,
    private readonly width: number,
    private readonly counts: { readonly gates: number; readonly states: number },
    random: Random,
  ) {
    super();
    this.fromInput = new Linear(inputs, counts.gates * width, random);
    this.fromState = new Linear(width, counts.gates * width, random);
  }

  /** @param fromInput what the input adds to the gates: [B, gates * H] */
  protected abstract advance(fromInput: Tensor, state: RecurrentState): RecurrentState;

  /** The state before anything is read, zeros, of as many sequences as `like` has rows and of its type. */
  begin(like: Tensor): RecurrentState {
    return Array.from({ length: this.counts.states }, () => zeros([like.shape[0], this.width], like));
  }

  /** The state after one more position: x [B, D]. */
  step(x: Tensor, state: RecurrentState): RecurrentState {
    return this.advance(this.fromInput.forward(x), state);
  }

  /** Reads T positions: x [B, T, D], T at least 1. */
  forward(x: Tensor, { reverse = false, present }: RecurrentOptions = {}): RecurrentOutput {
    const inputs = positionsOf(this.fromInput.forward(x));
    const places = reverse ? [...inputs.keys()].reverse() : [...inputs.keys()];
    const outputs: Tensor[] = [];
    let state = this.begin(x);
    for (const t of places) {
      const before = state;
      const after = this.advance(inputs[t].reshape([x.shape[0], -1]), before);
      const isRead = present?.slice(1, t, t + 1);
      state = isRead === undefined ? after : after.map((of, part) => where(isRead, of, before[part]));
      outputs[t] = state[0].reshape([-1, 1, this.width]);
    }
    return { outputs: concat(outputs, 1), last: state[0] };
  }

  /** [B, gates * H] -> one [B, H] for each gate. */
  protected split(gates: Tensor): Tensor[] {
    return Array.from({ length: this.counts.gates }, (_, gate) =>
      gates.slice(1, gate * this.width, (gate + 1) * this.width),
    );
  }
}

/**
 * The positions of x [B, T, C], each [B, 1, C]. By halves: a gradient grows to x's size in log T additions then, where
 * T slices of x would need T of that size.
 */
function positionsOf(x: Tensor): Tensor[] {
  const length = x.shape[1];
  if (length <= 1) return [x];
  const half = length >> 1;
  return [...positionsOf(x.slice(1, 0, half)), ...positionsOf(x.slice(1, half))];
}

/**
 * Gated recurrent unit: what a unit remembers is a mean of what it remembered and of a candidate n, weighted by the
 * gate z; the gate r says how much of the state the candidate sees. Gates are stored in the order r, z, n.
 *
 *   r = sigmoid(x W_r + h U_r + b_r),  z = sigmoid(x W_z + h U_z + b_z)
 *   n = tanh(x W_n + b_n + r * (h U_n + c_n)),  h' = (1 - z) * n + z * h
 *
 * A state is [h].
 */
export class GRU extends RecurrentLayer {
  constructor(inputs: number, width: number, random = defaultRandom()) {
    super(inputs, width, { gates: 3, states: 1 }, random);
  }

  protected advance(fromInput: Tensor, [hidden]: RecurrentState): RecurrentState {
    const [inputReset, inputKeep, inputCandidate] = this.split(fromInput);
    const [stateReset, stateKeep, stateCandidate] = this.split(this.fromState.forward(hidden));
    const reset = inputReset.add(stateReset).sigmoid();
    const keep = inputKeep.add(stateKeep).sigmoid();
    const candidate = inputCandidate.add(reset.mul(stateCandidate)).tanh();
    return [candidate.add(keep.mul(hidden.sub(candidate)))];
  }
}

/**
 * Long short-term memory: a cell c that forgets (f), takes in (i) a candidate g, and shows (o) a part of itself. Gates
 * are stored in the order i, f, g, o.
 *
 *   i, f, o = sigmoid(x W + h U + b),  g = tanh(x W_g + h U_g + b_g)
 *   c' = f * c + i * g,  h' = o * tanh(c')
 *
 * A state is [h, c].
 */
export class LSTM extends RecurrentLayer {
  constructor(inputs: number, width: number, random = defaultRandom()) {
    super(inputs, width, { gates: 4, states: 2 }, random);
  }

  protected advance(fromInput: Tensor, [hidden, cell]: RecurrentState): RecurrentState {
    const gates = this.split(fromInput.add(this.fromState.forward(hidden)));
    const [input, forget, candidate, output] = gates;
    const next = forget.sigmoid().mul(cell).add(input.sigmoid().mul(candidate.tanh()));
    return [output.sigmoid().mul(next.tanh()), next];
  }
}
