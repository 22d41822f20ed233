/** The judge: truth against r-hat over all lists. */
import { useState } from "preact/hooks";
import { pearsonCorrelation } from "../../evaluation/index.ts";
import { SHOWINGS } from "../judge.ts";
import { indexOfList, placeOfBest } from "../world.ts";
import { Scatter } from "./charts.tsx";
import { Button, Card, Choice, Fact, Facts, List, Num, Slider, StateSlider, useListName, written } from "./parts.tsx";
import { useLab } from "./store.ts";
import { Words } from "./words.tsx";

export function JudgePanel() {
  const { state, set, training, step } = useLab();
  const nameOf = useListName();
  const [chosen, setChosen] = useState(() => indexOfList(state.list));
  const { rewards, log } = training.moment(step);
  const { truth, members } = training;
  const { edits } = state;
  const shown = [...log.shown].filter((count) => count > 0).length;
  const correlation = pearsonCorrelation(truth, rewards) ?? 0;
  const favourite = placeOfBest(rewards);
  const range =
    members.length > 1
      ? [...truth].map((_, index) => {
          const own = members.map((member) => member[index]);
          return [Math.min(...own), Math.max(...own)] as const;
        })
      : undefined;
  const move = (index: number, change: number) => {
    const edit = Math.max(-3, Math.min(3, (edits[index] ?? 0) + change));
    set({ edits: { ...edits, [index]: Math.round(edit * 100) / 100 } });
  };
  return (
    <>
      <Words
        title="What the judge believes"
        about="Nobody can look up the truth. A reward model learns it from a log, as far as the log tells, and everything later is measured by what it says."
      >
        <Choice
          label="the judge"
          options={[
            ["log", "learns from a log"],
            ["truth", "knows the truth"],
          ]}
          value={state.judge}
          onChange={(judge) => set({ judge })}
        />
        {state.judge === "log" && state.logLines.length === 0 && (
          <>
            <StateSlider
              of="exploration"
              label="exploration of the logging policy"
              min={0.1}
              max={5}
              step={0.1}
              digits={1}
            />
            <StateSlider
              of="logSize"
              label={`lists in the log, each shown ${SHOWINGS} times`}
              min={4}
              max={200}
              step={1}
              digits={0}
            />
          </>
        )}
        {state.logLines.length > 0 && (
          <p class="note">
            The log is yours: {state.logLines.length} lists.{" "}
            <Button onClick={() => set({ logLines: [] })}>Use a simulated log</Button>
          </p>
        )}
        {state.judge === "log" && (
          <>
            <StateSlider of="members" label="members of the ensemble" min={1} max={5} step={1} digits={0} />
            <StateSlider
              of="pessimism"
              label="pessimism: deviations taken off the mean"
              min={0}
              max={3}
              step={0.1}
              digits={1}
            />
          </>
        )}
        <Slider
          label={`too kind to ${state.names[state.kindItem]}, by`}
          min={-2}
          max={2}
          step={0.1}
          digits={1}
          value={state.kindness}
          onChange={(kindness) => set({ kindness })}
        />
        <label class="note">
          the item that the judge is kind to
          <select
            value={state.kindItem}
            onChange={({ currentTarget }) => set({ kindItem: Number(currentTarget.value) })}
          >
            {state.names.map((name, item) => (
              <option key={name} value={item}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </Words>
      <div class="figures">
        <Card title="Every list: truth against the judge">
          {state.truthHidden ? (
            <p class="note">The truth is hidden in this exercise.</p>
          ) : (
            <Scatter
              truth={truth}
              judge={rewards}
              range={range}
              edited={new Set(Object.keys(edits).map(Number))}
              chosen={chosen}
              nameOf={nameOf}
              onChoose={setChosen}
              onMove={move}
            />
          )}
          <p class="note">
            Drag a point up or down to paint a prejudice into the judge (of several, into the first). With the keyboard:
            left and right choose a list, up and down move it.
          </p>
        </Card>
        <Facts>
          {!state.truthHidden && (
            <Fact label="correlation with the truth">
              <Num
                value={correlation}
                name="Correlation"
                formula="Pearson's ρ(r, r̂) over all 120 lists"
                filled={`cov / (sd · sd)`}
              />
            </Fact>
          )}
          <Fact label="lists in the log">
            <Num
              value={shown}
              digits={0}
              name="Different lists in the log"
              formula="lists that were shown at least once, of 120"
            />
          </Fact>
          <Fact label="painted points">
            <Num value={Object.keys(edits).length} digits={0} name="Edits" formula="points that were moved by hand" />
          </Fact>
        </Facts>
        {!state.truthHidden && (
          <Card title="The chosen list, and the judge's favourite">
            <table>
              <thead>
                <tr>
                  <th scope="col">list</th>
                  <th scope="col">truth</th>
                  <th scope="col">r̂</th>
                </tr>
              </thead>
              <tbody>
                {[chosen, favourite].map((index, at) => (
                  <tr key={at === 0 ? "chosen" : "favourite"}>
                    <td>
                      <List index={index} />
                    </td>
                    <td>
                      <Num value={truth[index]} name={`Truth of ${nameOf(index)}`} formula="Σ p_t, by the world" />
                    </td>
                    <td>
                      <Num
                        value={rewards[index]}
                        name={`The judge's reward of ${nameOf(index)}`}
                        formula={
                          members.length > 1
                            ? "mean of the members − pessimism · deviation"
                            : "what the network learned, and its prejudice"
                        }
                        filled={members.map((member) => written(member[index])).join(", ")}
                      />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            <p style={{ height: "0.8rem" }} />
            <div class="row">
              <Button onClick={() => set({ edits: {}, kindness: 0 })}>Take all prejudices back</Button>
            </div>
          </Card>
        )}
      </div>
    </>
  );
}
