/** Proposition 1, step by step, on the weights of the mixture that was just fitted. */
import { useMemo } from "preact/hooks";
import type { Mixture } from "../../goalrank/theorem/small-generators.ts";
import { embedded } from "../embedding.ts";
import { Card, Num, StateSlider, written } from "./parts.tsx";
import { useLab } from "./store.ts";

export function EmbeddingCard({ mixture }: { readonly mixture: Mixture | undefined }) {
  const { state } = useLab();
  const found = useMemo(() => mixture && embedded(mixture, state.segments), [mixture, state.segments]);
  if (found === undefined) {
    return (
      <Card title="The mixture inside one generator">
        <p class="note">When the mixture is fitted, its weights are put into one larger network here.</p>
      </Card>
    );
  }
  const { blockUnits, headUnits, layers, shares, error, bound, weights } = found;
  const [first, ...combiner] = layers;
  return (
    <Card title="The mixture inside one generator: Proposition 1, on these weights">
      <ol class="construction">
        <li>
          <h4>Blocks</h4>
          <p>
            The hidden units of all generators stand side by side:{" "}
            <Num
              value={blockUnits}
              digits={0}
              name="Units of the blocks"
              formula="k · w"
              filled={`${state.mixture} · ${state.narrow}`}
            />{" "}
            units, whose weights are untouched. A column for each feature of the prefix:
          </p>
          <WeightGrid weights={weights} />
        </li>
        <li>
          <h4>Evaluator head</h4>
          <p>
            <Num
              value={headUnits}
              digits={0}
              name="Units of the evaluator head"
              formula="prefixes of fewer than three items"
              filled="1 + 6 + 30"
            />{" "}
            units, one for each prefix, hold how likely each generator made it. The generators' shares:{" "}
            {shares.map((share, j) => (
              <span key={j}>
                {j > 0 && ", "}
                <Num
                  value={share}
                  percent
                  digits={1}
                  name={`Share λ of generator ${j + 1}`}
                  formula="softmax of the mixture's logits"
                />
              </span>
            ))}
            .
          </p>
        </li>
        <li>
          <h4>Log-sum-exp combiner</h4>
          <p>
            log(eᵃ + eᵇ) = b + softplus(a − b), two values at a time, with softplus in straight pieces. Its layers have{" "}
            {combiner.map((units, at) => (
              <span key={at}>
                {at > 0 && " and "}
                <Num
                  value={units}
                  digits={0}
                  name={`Units of combiner layer ${at + 1}`}
                  formula="for every pair and item: two to keep b, and one for each piece"
                />
              </span>
            ))}{" "}
            units, on top of a first layer of{" "}
            <Num
              value={first}
              digits={0}
              name="Units of the first layer"
              formula="blocks + evaluator head"
              filled={`${blockUnits} + ${headUnits}`}
            />
            .
          </p>
          <StateSlider of="segments" label="straight pieces of each softplus" min={1} max={64} step={1} digits={0} />
        </li>
        <li>
          <h4>What is left</h4>
          <p>
            KL(mixture ‖ network) ={" "}
            <Num
              value={error}
              digits={6}
              name="What the network differs by"
              formula="Σ mixture · log(mixture / network) over all lists"
            />
            , and cannot exceed{" "}
            <Num
              value={bound}
              digits={4}
              name="Bound"
              formula="L · Σ over layers of h² / 32, h the width of a piece"
              filled={`3 · ${written(bound / 3, 5)}`}
            />
            . More pieces bring it to 0: whatever the mixture can do, one larger generator can, and more.
          </p>
        </li>
      </ol>
    </Card>
  );
}

/** Weights as cells: the accent colour for positive ones, the text's for negative ones, the fainter the smaller. */
function WeightGrid({ weights }: { readonly weights: readonly (readonly number[])[] }) {
  const most = Math.max(...weights.flat().map(Math.abs), 1e-9);
  const [cell, gap] = [18, 2];
  const columns = weights[0]?.length ?? 0;
  const [width, height] = [columns * (cell + gap), weights.length * (cell + gap)];
  return (
    <svg
      class="grid"
      viewBox={`0 0 ${width} ${height}`}
      style={{ width: `${width}px` }}
      role="img"
      aria-label={`First-layer weights of ${weights.length} hidden units over ${columns} features`}
    >
      {weights.map((row, unit) =>
        row.map((weight, feature) => (
          <rect
            key={`${unit} ${feature}`}
            x={feature * (cell + gap)}
            y={unit * (cell + gap)}
            width={cell}
            height={cell}
            rx={3}
            fill={weight > 0 ? "var(--accent)" : "var(--text)"}
            fill-opacity={0.08 + (0.92 * Math.abs(weight)) / most}
          />
        )),
      )}
    </svg>
  );
}
