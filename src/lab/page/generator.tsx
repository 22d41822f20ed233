/** The generator: its policy as a tree of prefixes, and a list's probability as a product of edges. */
import { useMemo, useState } from "preact/hooks";
import { countNumbers, pushedLogs } from "../exact.ts";
import { type PrefixNode, pathTo, prefixTree, probabilities } from "../generator.ts";
import { indexOfList, placeOfBest } from "../world.ts";
import { Bar, Card, Choice, Fact, Facts, Item, List, Num, StateSlider, useListName, written } from "./parts.tsx";
import { useLab, useWidth } from "./store.ts";
import { Words } from "./words.tsx";

export function GeneratorPanel() {
  const { state, set, training, step } = useLab();
  const nameOf = useListName();
  const moment = training.moment(step);
  const policy = probabilities(moment.logs);
  const tree = prefixTree(policy);
  const [chosen, setChosen] = useState(() => indexOfList(state.list));
  const path = pathTo(tree, chosen);
  const pushed = useMemo(
    () => prefixTree(pushedPolicy(moment.logs, pushedLogs(moment.group, moment, training.start, training.state))),
    [moment, training],
  );
  const choose = (t: number, item: number) => {
    const prefix = [...path[Math.max(0, t - 1)].prefix.slice(0, t), item];
    const rest = tree[2].filter(({ prefix: own }) => prefix.every((value, at) => own[at] === value));
    setChosen(indexOfList(rest[placeOfBest(rest.map(({ probability }) => probability))].prefix));
  };
  return (
    <>
      <Words
        title="A policy as a tree"
        about="The generator gives every list a probability, item by item. Wider is likelier: the three rows of the figure are the first, the second and the third item."
      >
        <StateSlider of="width" label="hidden units of the generator" min={2} max={24} step={1} digits={0} />
        <Choice
          label="start"
          options={[
            ["scratch", "from scratch"],
            ["imitation", "from an imitation of the log"],
          ]}
          value={state.start}
          onChange={(start) => set({ start })}
        />
        <StateSlider of="step" label="step of training" min={0} max={300} step={1} digits={0} />
      </Words>
      <div class="figures">
        <Card title={`All 120 lists after ${step} steps`}>
          <Icicle tree={tree} pushed={pushed} chosen={chosen} onChoose={setChosen} nameOf={nameOf} />
          <p class="note">Darker cells are pushed up by the group of this step, paler ones down or not at all.</p>
        </Card>
        <Card title="The way to one list">
          <div class="two ways">
            {path.map((node, t) => (
              <Branches
                key={t === 0 ? "first" : node.prefix.slice(0, t).join()}
                t={t}
                siblings={siblingsOf(tree[t], node)}
                node={node}
                onChoose={choose}
              />
            ))}
          </div>
          <p style={{ height: "0.9rem" }} />
          <p>
            <List index={chosen} /> log π ={" "}
            <Num
              value={moment.logs[chosen]}
              name={`log π of ${nameOf(chosen)}`}
              formula="Σ log of the edges"
              filled={path.map(({ edge }) => written(Math.log(edge))).join(" + ")}
            />
            , π ={" "}
            <Num
              value={policy[chosen]}
              percent
              digits={3}
              name={`π of ${nameOf(chosen)}`}
              formula="product of the edges"
              filled={path.map(({ edge }) => written(edge, 3)).join(" · ")}
            />
          </p>
        </Card>
        <Facts>
          <Fact label="entropy, in nats">
            <Num
              value={moment.curves.entropy}
              name="Entropy"
              formula="−Σ π log π over all lists"
              filled={`at most log 120 = ${written(Math.log(120))}`}
            />
          </Fact>
          <Fact label="likeliest list">
            <Num
              value={policy[placeOfBest(policy)]}
              percent
              digits={1}
              name="Probability of the likeliest list"
              formula="max π"
              filled={nameOf(placeOfBest(policy))}
            />
          </Fact>
          <Fact label="numbers that learn">
            <Num
              value={countNumbers(moment.weights)}
              digits={0}
              name="Numbers of the generator"
              formula="F·w + w·N + N, and the weight of the only member"
              filled={`15 · ${state.width} + ${state.width} · 6 + 6 + 1`}
            />
          </Fact>
        </Facts>
      </div>
    </>
  );
}

/** The policy after a plain gradient step on the group. */
function pushedPolicy(logs: Float64Array, pushes: Float64Array): Float64Array {
  return logs.map((log, index) => Math.exp(log + pushes[index]));
}

/** Nodes with the same prefix before the last item. */
function siblingsOf(nodes: readonly PrefixNode[], node: PrefixNode): readonly PrefixNode[] {
  const parent = node.prefix.slice(0, -1).join();
  return nodes.filter(({ prefix }) => prefix.slice(0, -1).join() === parent);
}

const PLACES = ["first", "second", "third"];

/** The edges from one prefix. */
function Branches({
  t,
  siblings,
  node,
  onChoose,
}: {
  readonly t: number;
  readonly siblings: readonly PrefixNode[];
  readonly node: PrefixNode;
  onChoose(t: number, item: number): void;
}) {
  const item = (own: PrefixNode) => own.prefix[own.prefix.length - 1];
  return (
    <div>
      <h3>The {PLACES[t]} item</h3>
      <ul class="stack" style={{ gap: "0.3rem", marginTop: "0.5rem" }} data-roving>
        {siblings.map((own, at) => (
          <li
            key={own.prefix.join()}
            class={own === node ? "over" : ""}
            style={{ gridTemplateColumns: "auto minmax(0, 1fr) auto", cursor: "default", padding: "0.25rem 0.5rem" }}
          >
            <button
              type="button"
              class="button"
              aria-pressed={own === node}
              style={{ padding: "0.05rem 0.4rem" }}
              onClick={() => onChoose(t, item(own))}
            >
              <Item item={item(own)} />
            </button>
            <Bar value={own.edge} />
            <Num
              value={own.edge}
              percent
              digits={1}
              inTable={at > 0}
              name={`Edge to the ${PLACES[t]} item`}
              formula="π of lists that begin so / π of lists that begin with what comes before"
              filled={`${written(own.probability, 4)} / ${written(own.probability / Math.max(own.edge, 1e-12), 4)}`}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Lists side by side, as wide as they are likely, in rows by position. */
function Icicle({
  tree,
  pushed,
  chosen,
  onChoose,
  nameOf,
}: {
  readonly tree: readonly (readonly PrefixNode[])[];
  readonly pushed: readonly (readonly PrefixNode[])[];
  readonly chosen: number;
  onChoose(index: number): void;
  nameOf(index: number): string;
}) {
  const { state } = useLab();
  const { ref, width } = useWidth();
  const rowHeight = 52;
  const path = pathTo(tree, chosen);
  const likeliest = placeOfBest(tree[2].map(({ probability }) => probability));
  return (
    <div ref={ref}>
      <svg
        width={width}
        height={3 * rowHeight}
        role="img"
        aria-label={`The tree of prefixes; the likeliest list is ${nameOf(likeliest)}`}
      >
        {tree.map((nodes, t) =>
          nodes.map((node, at) => {
            const change = Math.log(Math.max(pushed[t][at].edge, 1e-12) / Math.max(node.edge, 1e-12));
            const lit = Math.max(0.12, Math.min(1, 0.3 + 6 * change));
            const cellWidth = node.probability * width;
            if (cellWidth < 0.3) return null;
            const name = state.names[node.prefix[t]];
            const inside = tree[2].findIndex(({ prefix }) =>
              node.prefix.every((item, place) => prefix[place] === item),
            );
            return (
              // biome-ignore lint/a11y/noStaticElementInteractions: the buttons below do the same by keyboard
              <g key={node.prefix.join()} onClick={() => onChoose(likeliestBelow(tree[2], node, inside))}>
                <rect
                  class={path[t] === node ? "cell chosen" : "cell"}
                  x={node.start * width}
                  y={t * rowHeight + 1}
                  width={cellWidth}
                  height={rowHeight - 2}
                  fill-opacity={lit}
                />
                {cellWidth > 9 * name.length && (
                  <text
                    x={node.start * width + cellWidth / 2}
                    y={t * rowHeight + rowHeight / 2 + 4}
                    text-anchor="middle"
                    style={{ fill: lit > 0.55 ? "var(--on-accent)" : "var(--text)", pointerEvents: "none" }}
                  >
                    {name}
                  </text>
                )}
              </g>
            );
          }),
        )}
      </svg>
    </div>
  );
}

/** Of the lists that begin with a node's prefix, the likeliest. */
function likeliestBelow(leaves: readonly PrefixNode[], node: PrefixNode, first: number): number {
  const below = leaves.filter(({ prefix }) => node.prefix.every((item, place) => prefix[place] === item));
  return first + placeOfBest(below.map(({ probability }) => probability));
}
