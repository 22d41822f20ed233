/** The centre of the lab: a group of lists, from its rewards to the push on each of them. */

import { type GroupView, type ScoredList, viewGroup } from "../objective.ts";
import { groupSizeOf, type LabState, SOURCES, type Source } from "../state.ts";
import { scored } from "../training.ts";
import { listAt } from "../world.ts";
import { GroupTable, type NamedList } from "./group-table.tsx";
import { Button, Choice, Fact, Facts, Num, Slider, StateSlider, written } from "./parts.tsx";
import { type Lab, useLab } from "./store.ts";
import { Words } from "./words.tsx";

const SOURCE_NAMES: Readonly<Record<Source, string>> = {
  policy: "1 policy",
  tree: "2 tree",
  pointwise: "3 pointwise",
  markov: "4 Markov chain",
  random: "5 random",
  substitution: "6 substitution",
  diverse: "7 diverse",
  logged: "the log",
};

/** The group in view: the step's, or one of a run that was opened; rewards that were moved are in it. */
export function groupInView({ state, training, step }: Lab): {
  readonly view: GroupView;
  readonly lists: readonly NamedList[];
} {
  const moved = (own: readonly ScoredList[]) =>
    own.map((list, at) => ({ ...list, reward: state.drags[at] ?? list.reward }));
  if (state.opened.length > 0) {
    const lists = moved(
      state.opened.map(({ reward, logProbability }) => ({ reward, logProbability, isDistinct: true })),
    );
    return {
      view: viewGroup(
        lists,
        state,
        lists.map(({ logProbability }) => logProbability),
      ),
      lists: state.opened.map(({ items }) => ({ items, source: "of a run" })),
    };
  }
  const { group, rewards, logs } = training.moment(step);
  const start = group.map(({ index }) => training.start.logs[index]);
  return {
    view: viewGroup(moved(scored(group, rewards, logs)), state, start),
    lists: group.map(({ index, source }) => ({ items: [...listAt(index)], source })),
  };
}

export function GroupPanel() {
  const lab = useLab();
  const { state, set } = lab;
  const isWhole = state.space === "all" && state.opened.length === 0;
  const { view, lists } = groupInView(isWhole ? { ...lab, state: { ...state, opened: [] } } : lab);
  const level = () => {
    const mean = view.rows.reduce((sum, { reward }) => sum + reward, 0) / view.rows.length;
    const equal = Math.max(-3, Math.min(6, Math.round(mean * 100) / 100));
    set({ drags: Object.fromEntries(view.rows.map((_, at) => [at, equal])) });
  };
  return (
    <>
      <Words
        title="From group to gradient"
        about="Training never asks how good a list is. It asks how good it is beside the others of its group."
      />
      <div class="figures">
        <div class="card">
          {state.opened.length > 0 && (
            <p class="problem">
              This group comes from a run of yours.{" "}
              <Button onClick={() => set({ opened: [], drags: {} })}>Back to the lab's own</Button>
            </p>
          )}
          {view.rows.length === 0 ? (
            <p>No source takes part: add lists below.</p>
          ) : isWhole ? (
            <p>
              All 120 lists are the group (exact mode).{" "}
              <Button onClick={() => set({ space: "group" })}>Back to sampled groups</Button>
            </p>
          ) : (
            <>
              <GroupTable
                view={view}
                lists={lists}
                state={state}
                onDrag={(row, reward) => set({ drags: { ...state.drags, [row]: reward } })}
              />
              <p style={{ height: "0.9rem" }} />
              <div class="row">
                <Button onClick={level}>Level all</Button>
                <Button onClick={() => set({ drags: {} })} disabled={Object.keys(state.drags).length === 0}>
                  The judge's rewards again
                </Button>
                <Button onClick={() => set({ seed: (state.seed + 1) % 10_000, drags: {} })}>Other draws</Button>
              </div>
            </>
          )}
        </div>
        {view.rows.length > 0 && <GroupFacts view={view} state={state} />}
        <div class="two">
          <section class="card settings">
            <h3>What is made of the rewards</h3>
            <StateSlider of="temperature" label="temperature τ of the reference" min={0.05} max={5} step={0.05} />
            <Choice
              label="standardise over"
              options={[
                ["group", "the group"],
                ["batch", "the batch"],
                ["none", "nothing"],
              ]}
              value={state.normalisation}
              onChange={(normalisation) => set({ normalisation })}
            />
            {state.normalisation === "batch" && (
              <StateSlider
                of="loudness"
                label="another user of the batch reacts so many times as strongly"
                min={1}
                max={20}
                step={0.5}
                digits={1}
              />
            )}
            <StateSlider of="minimumSpread" label="minimum spread: less is skipped" min={0} max={1} step={0.01} />
            <Choice
              label="objective"
              options={[
                ["goalrank", "GoalRank"],
                ["grpo", "GRPO"],
                ["reinforce", "REINFORCE"],
                ["dpo", "DPO"],
              ]}
              value={state.objective}
              onChange={(objective) => set({ objective })}
            />
          </section>
          {state.opened.length === 0 && (
            <section class="card settings">
              <h3>Where lists come from (appendix C): G = {groupSizeOf(state)}</h3>
              <div class="sources settings">
                {SOURCES.map((source, at) => (
                  <Slider
                    key={source}
                    label={SOURCE_NAMES[source]}
                    min={0}
                    max={8}
                    step={1}
                    digits={0}
                    value={state.counts[at]}
                    onChange={(count) =>
                      set({ counts: state.counts.map((own, n) => (n === at ? count : own)), drags: {} })
                    }
                  />
                ))}
              </div>
            </section>
          )}
        </div>
      </div>
    </>
  );
}

/** What holds of the group as a whole. */
export function GroupFacts({ view, state }: { readonly view: GroupView; readonly state: LabState }) {
  const rewards = view.rows.filter(({ isDistinct }) => isDistinct).map(({ reward }) => reward);
  const over = state.normalisation === "batch" ? "the batch" : "the group's distinct lists";
  const isGoalRank = state.objective === "goalrank";
  return (
    <Facts>
      <Fact label="mean">
        <Num
          value={view.mean}
          name="Mean"
          formula={state.normalisation === "none" ? "0: nothing is taken off" : `Σ r̂ / n over ${over}`}
          filled={
            state.normalisation === "group" ? `(${rewards.map((r) => written(r)).join(" + ")}) / ${rewards.length}` : ""
          }
        />
      </Fact>
      <Fact label="deviation">
        <Num
          value={view.deviation}
          digits={3}
          name="Deviation"
          formula={state.normalisation === "none" ? "1: nothing is divided" : `√(Σ (r̂ − mean)² / n) over ${over}`}
        />
      </Fact>
      <Fact label="spread">
        <Num
          value={view.spread}
          digits={3}
          name="Spread"
          formula="max r̂ − min r̂"
          filled={rewards.length > 0 ? `${written(Math.max(...rewards), 3)} − ${written(Math.min(...rewards), 3)}` : ""}
        />
      </Fact>
      <Fact label={isGoalRank ? "loss, Eq. 5" : "loss"}>
        <Num
          value={view.loss}
          digits={3}
          name="Loss"
          formula={isGoalRank ? "−Σ π_ref log π_θ" : "as the objective has it"}
          filled={
            isGoalRank
              ? view.rows
                  .filter(({ reference }) => reference > 0.005)
                  .map(({ reference, logProbability }) => `${written(reference)} · ${written(-logProbability)}`)
                  .join(" + ")
              : ""
          }
        />
      </Fact>
      <Fact label="KL in the group">
        <Num
          value={view.divergence}
          digits={3}
          name="Divergence"
          formula="Σ π_ref log(π_ref / π_θ), both over the group"
        />
      </Fact>
    </Facts>
  );
}
