/** Failures: nine exhibits, what they show, what helps, and a question each. */
import { useMemo } from "preact/hooks";
import { injectionReport, supplyReport } from "../candidates.ts";
import { EXHIBIT_STEPS, EXHIBITS, exhibitState } from "../exhibits.ts";
import { viewGroup } from "../objective.ts";
import type { LabState } from "../state.ts";
import { scored } from "../training.ts";
import { writeFragment } from "../url.ts";
import { listAt } from "../world.ts";
import { Curves } from "./charts.tsx";
import { GroupFacts } from "./group.tsx";
import { GroupTable } from "./group-table.tsx";
import { Bar, Button, Card, Fact, Facts, Num, Switch, written } from "./parts.tsx";
import { useLab, useTraining } from "./store.ts";
import { namedLevels } from "./time.tsx";
import { Picks, Words } from "./words.tsx";

export function FailuresPanel() {
  const { state, set } = useLab();
  const number = Math.max(1, state.exhibit);
  const exhibit = EXHIBITS[number - 1];
  const shown = exhibitState(number, state.remedies);
  return (
    <>
      <Words
        title="Nine ways to fail"
        about="Each is one click away and computed here and now. What helps is a switch. Each ends with a question."
      />
      <div class="figures">
        <Picks
          kind="exhibit"
          names={EXHIBITS.map(({ name }) => name)}
          chosen={number}
          addressOf={(which) => writeFragment({ ...state, exhibit: which, remedies: [] })}
          onPick={(which) => set({ exhibit: which, remedies: [] })}
        />
        <Card title={exhibit.name}>
          <p>{exhibit.says}</p>
        </Card>
        <ExhibitFigure key={number} shown={shown} number={number} />
        <Card title="What helps">
          <div class="settings">
            {exhibit.remedies.map(({ name }, at) => (
              <Switch
                key={name}
                label={name}
                checked={state.remedies.includes(at)}
                onChange={(isOn) =>
                  set({ remedies: isOn ? [...state.remedies, at] : state.remedies.filter((own) => own !== at) })
                }
              />
            ))}
            <details>
              <summary>Why it happens</summary>
              <p>{exhibit.why}</p>
            </details>
            <p class="question">{exhibit.question}</p>
            {exhibit.figure !== "injection" && exhibit.figure !== "supply" && (
              <div class="row">
                <Button
                  onClick={() =>
                    set({
                      ...shown,
                      theme: state.theme,
                      lesson: state.lesson,
                      tab: exhibit.figure === "group" ? "group" : "time",
                      step: exhibit.figure === "group" ? 0 : EXHIBIT_STEPS,
                    })
                  }
                >
                  Take it into the lab
                </Button>
              </div>
            )}
          </div>
        </Card>
      </div>
    </>
  );
}

function ExhibitFigure({ shown, number }: { readonly shown: LabState; readonly number: number }) {
  switch (EXHIBITS[number - 1].figure) {
    case "curves":
      return <CurvesExhibit shown={shown} />;
    case "group":
      return <GroupExhibit shown={shown} />;
    case "injection":
      return <InjectionExhibit shown={shown} />;
    case "supply":
      return <SupplyExhibit shown={shown} />;
  }
}

function CurvesExhibit({ shown }: { readonly shown: LabState }) {
  const { training, step } = useTraining({ ...shown, step: EXHIBIT_STEPS });
  const { start } = training;
  const moment = training.moment(step);
  const curves = training.curves(step);
  const levels = training.levels(moment);
  const change = (name: string, from: number, to: number, formula: string) => (
    <Fact label={name}>
      <Num value={from} name={`${name} at the start`} formula={formula} /> →{" "}
      <Num
        value={to}
        name={`${name} after ${step} steps`}
        formula={formula}
        filled={`it was ${written(from)} at the start`}
      />
    </Fact>
  );
  return (
    <>
      <Card title="What the judge expects, and what is true">
        <Curves
          title="Expected rewards over steps"
          lines={[
            { name: "the judge's opinion, E[r̂]", values: curves.map((own) => own.expectedJudge), kind: "judge" },
            { name: "truth, E[r]", values: curves.map((own) => own.expectedTruth), kind: "truth" },
          ]}
          levels={namedLevels(levels, false)}
          steps={EXHIBIT_STEPS}
          now={step}
        />
      </Card>
      <Facts>
        {change(
          "expected truth",
          start.curves.expectedTruth,
          moment.curves.expectedTruth,
          "Σ π(l) r(l) over all lists",
        )}
        {change("expected r̂", start.curves.expectedJudge, moment.curves.expectedJudge, "Σ π(l) r̂(l) over all lists")}
        {change("entropy", start.curves.entropy, moment.curves.entropy, "−Σ π log π")}
      </Facts>
    </>
  );
}

function GroupExhibit({ shown }: { readonly shown: LabState }) {
  const { training } = useTraining({ ...shown, step: 0 });
  const { group, rewards, logs } = training.start;
  const view = viewGroup(
    scored(group, rewards, logs),
    shown,
    group.map(({ index }) => logs[index]),
  );
  return (
    <>
      <div class="card">
        <GroupTable
          view={view}
          lists={group.map(({ index, source }) => ({ items: [...listAt(index)], source }))}
          state={shown}
        />
      </div>
      <GroupFacts view={view} state={shown} />
    </>
  );
}

function InjectionExhibit({ shown }: { readonly shown: LabState }) {
  const report = useMemo(() => injectionReport(shown), [shown.protocol]);
  const isInjected = shown.protocol === "injected";
  const [own, random] = isInjected
    ? [report.injectedHit, report.injectedRandomHit]
    : [report.retrievedHit, report.retrievedRandomHit];
  const of = isInjected ? "injected candidates" : "retrieved candidates";
  return (
    <>
      <BarsCard
        title={`H@3 among ${of}`}
        rows={[
          ["puts first what the retriever likes least", own, true],
          ["a random order", random, true],
        ]}
        most={1}
        formula="share of 200 requests with a liked item among the first three"
      />
      <Facts>
        <Fact label="truth of its lists, retrieved">
          <Num
            value={report.truth}
            name="True reward of its lists"
            formula="mean of Σ p_t among retrieved candidates"
          />
        </Fact>
        <Fact label="truth of random lists">
          <Num
            value={report.randomTruth}
            name="True reward of random lists"
            formula="mean of Σ p_t among retrieved candidates"
          />
        </Fact>
      </Facts>
    </>
  );
}

function SupplyExhibit({ shown }: { readonly shown: LabState }) {
  const report = useMemo(() => supplyReport(shown), [shown.fatigue, shown.complement]);
  const isMixed = shown.supply === "mixed";
  return (
    <BarsCard
      title="The best list that six candidates hold"
      rows={[
        ["the retriever's six favourites", report.retrieved, false],
        ["six by chance", report.random, false],
        ...(isMixed ? ([["three favourites, three by chance", report.mixed, false]] as const) : []),
      ]}
      most={Math.max(report.retrieved, report.random, report.mixed)}
      formula="true reward of the best of 120 lists, mean of 40 requests"
    />
  );
}

function BarsCard({
  title,
  rows,
  most,
  formula,
}: {
  readonly title: string;
  readonly rows: readonly (readonly [name: string, value: number, isShare: boolean])[];
  readonly most: number;
  readonly formula: string;
}) {
  return (
    <Card title={title}>
      <table data-roving>
        <tbody>
          {rows.map(([name, value, isShare], at) => (
            <tr key={name}>
              <td>{name}</td>
              <td>
                <Num
                  value={value}
                  percent={isShare}
                  digits={isShare ? 0 : 2}
                  inTable={at > 0}
                  name={name}
                  formula={formula}
                />
              </td>
              <td style={{ width: "45%" }}>
                <Bar value={value} most={most} plain={at > 0} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
