/** A group as a table: each list with its reward, z, both policies and its arrow. */
import type { GroupView } from "../objective.ts";
import type { LabState } from "../state.ts";
import { Arrow } from "./charts.tsx";
import { Bar, Item, Num, written } from "./parts.tsx";

/** A row's list: items of the lab, or names of a run that was opened. */
export interface NamedList {
  readonly items: readonly number[] | string;
  readonly source: string;
}

interface GroupTableProps {
  readonly view: GroupView;
  readonly lists: readonly NamedList[];
  readonly state: Pick<LabState, "temperature" | "normalisation" | "objective">;
  /** Moves a list's reward; without it rewards cannot be moved. */
  onDrag?(row: number, reward: number): void;
  /** Columns up to this move of a step are shown; all unless given. */
  readonly phase?: number;
}

/** From which move of a step on a column is known: see `PHASES`. */
const KNOWN = { reward: 1, z: 2, reference: 3, policy: 4, push: 5 } as const;

export function GroupTable({ view, lists, state, onDrag, phase = 6 }: GroupTableProps) {
  const { rows, mean, deviation } = view;
  const most = Math.max(...rows.flatMap(({ reference, policy }) => [reference, policy]), 1e-9);
  const farthest = Math.max(...rows.map(({ push }) => Math.abs(push)), 1e-9);
  const rewards = rows.map(({ reward }) => reward);
  const [low, high] = [Math.min(...rewards, 0), Math.max(...rewards, 3)];
  const knows = (column: keyof typeof KNOWN) => phase >= KNOWN[column];
  const isGoalRank = state.objective === "goalrank";
  return (
    <table class={onDrag === undefined ? "group still" : "group"} data-roving>
      <caption>
        {rows.length} lists.{" "}
        {view.isSkipped ? (
          <span class="skipped">No spread: the group is skipped.</span>
        ) : (
          "Arrow keys go from number to number."
        )}
      </caption>
      <thead>
        <tr>
          <th scope="col">list</th>
          <th scope="col">source</th>
          <th scope="col">r̂</th>
          <th scope="col">z</th>
          <th scope="col">
            π<sub>ref</sub>
          </th>
          <th scope="col">
            π<sub>θ</sub> in the group
          </th>
          <th scope="col">push</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row, at) => {
          const list = lists[at];
          const name = typeof list.items === "string" ? list.items : `List ${at + 1}`;
          return (
            <tr key={at} class={row.isDistinct ? "" : "repeated"}>
              <td class="items">
                {typeof list.items === "string" ? (
                  list.items
                ) : (
                  <span class="list">
                    {list.items.map((item) => (
                      <Item key={item} item={item} />
                    ))}
                  </span>
                )}
              </td>
              <td class="sourced source">{row.isDistinct ? list.source : `${list.source}, repeated`}</td>
              <td class="reward" data-label="r̂">
                {knows("reward") && (
                  <div class="pair">
                    {onDrag !== undefined && (
                      <input
                        type="range"
                        aria-label={`Reward of ${name}`}
                        min={Math.floor(low)}
                        max={Math.ceil(high)}
                        step={0.01}
                        value={row.reward}
                        onInput={({ currentTarget }) => onDrag(at, Number(currentTarget.value))}
                      />
                    )}
                    <Cell at={at} value={row.reward} name="Reward" formula="r̂, what the judge says of the list" />
                  </div>
                )}
              </td>
              <td data-label="z">
                {knows("z") && (
                  <Cell
                    at={1}
                    value={row.z}
                    name="Standardised reward"
                    formula={state.normalisation === "none" ? "z = r̂" : "z = (r̂ − mean) / deviation"}
                    filled={`(${written(row.reward)} − ${written(mean)}) / ${written(deviation)}`}
                  />
                )}
              </td>
              <td class="share" data-label="π ref">
                {knows("reference") && (
                  <div class="pair">
                    <Cell
                      at={1}
                      percent
                      digits={1}
                      value={row.reference}
                      name="Reference policy, Eq. 4"
                      formula="exp(z / τ) / Σ exp(z / τ)"
                      filled={referenceInNumbers(view, row.z, state.temperature)}
                    />
                    <Bar value={row.reference} most={most} />
                  </div>
                )}
              </td>
              <td class="share" data-label="π θ">
                {knows("policy") && (
                  <div class="pair">
                    <Cell
                      at={1}
                      percent
                      digits={1}
                      value={row.policy}
                      name="The policy, over the lists of the group alone"
                      formula="exp(log π(l)) / Σ exp(log π)"
                      filled={`exp(${written(row.logProbability)}) / ${written(totalPolicy(view), 4)}`}
                    />
                    <Bar value={row.policy} most={most} plain />
                  </div>
                )}
              </td>
              <td class="push" data-label="push">
                {knows("push") && (
                  <div class="pair">
                    <Cell
                      at={1}
                      value={row.push}
                      digits={3}
                      name="Push on the list's logit"
                      formula={isGoalRank ? "−∂L/∂logit = π_ref − π_θ" : "−∂L/∂logit, by backward()"}
                      filled={isGoalRank ? `${written(row.reference, 3)} − ${written(row.policy, 3)}` : ""}
                    />
                    <Arrow value={row.push} most={farthest} />
                  </div>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** A number in the table: Tab stops at the first one alone. */
function Cell({ at, ...props }: { readonly at: number } & Omit<Parameters<typeof Num>[0], "inTable">) {
  return <Num {...props} inTable={at !== 0} />;
}

function totalPolicy({ rows }: GroupView): number {
  return rows.reduce((sum, { isDistinct, logProbability }) => sum + (isDistinct ? Math.exp(logProbability) : 0), 0);
}

function referenceInNumbers({ rows, isSkipped }: GroupView, z: number, temperature: number): string {
  if (isSkipped) return "0, since the group is skipped";
  const total = rows.reduce((sum, row) => sum + (row.isDistinct ? Math.exp(row.z / temperature) : 0), 0);
  return `exp(${written(z)} / ${written(temperature)}) / ${total > 1e4 ? total.toExponential(2) : written(total)}`;
}
