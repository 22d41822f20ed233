/** Exact mode: the gradient over all 120 lists beside those of sampled groups. */
import { useEffect, useMemo, useState } from "preact/hooks";
import {
  type FirstItemPush,
  firstItemPushes,
  GROUP_SIZES,
  type GradientQuality,
  gradientQuality,
  type SampledFrom,
} from "../exact.ts";
import { Errors, Legend } from "./charts.tsx";
import { Card, Choice, Fact, Facts, Item, Num, Slider, StateSlider, written } from "./parts.tsx";
import { type Lab, useLab, useWidth } from "./store.ts";
import { Expectations } from "./time.tsx";
import { SpaceChoice, Words } from "./words.tsx";

const FROM: readonly SampledFrom[] = ["policy", "random"];

export function ExactPanel() {
  const lab = useLab();
  const { training, step } = lab;
  const [sizeAt, setSizeAt] = useState(2);
  const [from, setFrom] = useState<SampledFrom>("policy");
  const moment = training.moment(step);
  const levels = training.levels(moment);
  const qualities = useQualities(lab);
  const size = GROUP_SIZES[sizeAt];
  const pushes = useMemo(() => firstItemPushes(moment, training.state, { size, from }), [moment, training, size, from]);
  return (
    <>
      <Words
        title="Sampled against exact"
        about="Six items make 120 lists of three: few enough to compare all. What a group tells is an estimate of that, and here you see how good a one."
      >
        <SpaceChoice />
        <StateSlider of="temperature" label="temperature τ" min={0.05} max={5} step={0.05} />
        <StateSlider of="step" label="step of training" min={0} max={300} step={1} digits={0} />
        <Choice
          label="sampled groups come from"
          options={[
            ["policy", "the policy"],
            ["random", "chance"],
          ]}
          value={from}
          onChange={(own) => setFrom(own)}
        />
        <Slider
          label="lists of a sampled group, G"
          shown={String(size)}
          min={0}
          max={GROUP_SIZES.length - 1}
          step={1}
          digits={0}
          value={sizeAt}
          onChange={setSizeAt}
        />
      </Words>
      <div class="figures">
        <Facts>
          <Fact label="truth that π_ref expects">
            <Num
              value={levels.referenceTruth}
              name="Where exact training converges to"
              formula="Σ π_ref(l) r(l) over all lists"
              filled={`${written((100 * levels.referenceTruth) / levels.oracle, 1)}% of the best list's ${written(levels.oracle)}`}
            />
          </Fact>
          <Fact label="of the best list's">
            <Num
              value={levels.referenceTruth / levels.oracle}
              percent
              digits={1}
              name="Share of the oracle"
              formula="truth of π_ref / best truth"
              filled={`${written(levels.referenceTruth)} / ${written(levels.oracle)}`}
            />
          </Fact>
          <Fact label="the policy now">
            <Num value={moment.curves.expectedTruth} name="Expected truth now" formula="Σ π(l) r(l) over all lists" />
          </Fact>
          <Fact label="KL(π_ref ‖ π)">
            <Num
              value={moment.curves.divergence}
              name="Divergence from the reference"
              formula="Σ π_ref log(π_ref / π) over all lists"
            />
          </Fact>
        </Facts>
        <Expectations lab={lab} />
        <Card title="How near a group's gradient is to the exact one">
          {qualities.length < 2 * GROUP_SIZES.length ? (
            <p class="note" role="status">
              Computing {qualities.length} of {2 * GROUP_SIZES.length} …
            </p>
          ) : (
            <Errors
              title="Cosine with the exact gradient"
              sizes={GROUP_SIZES}
              series={FROM.map((own) => ({
                name: own === "policy" ? "groups of the policy's lists" : "groups of random lists",
                kind: own === "policy" ? ("judge" as const) : ("truth" as const),
                points: qualities.filter((quality) => quality.from === own),
              }))}
            />
          )}
          <p class="note">
            Cosine of the two gradients over all numbers of the generator, mean and standard deviation of 12 draws. 1 is
            the same direction. Lists that the policy draws are no even sample of all: they sharpen what is likely
            already.
          </p>
        </Card>
        <Card title={`The push on the first item: exact, and from groups of ${size}`}>
          <FirstItems pushes={pushes} />
        </Card>
      </div>
    </>
  );
}

/** All sizes and both kinds, one a frame, since each takes some milliseconds. */
function useQualities({ training, step }: Lab): readonly GradientQuality[] {
  const [found, setFound] = useState<readonly GradientQuality[]>([]);
  useEffect(() => {
    setFound([]);
    const jobs = FROM.flatMap((from) => GROUP_SIZES.map((size) => ({ from, size })));
    const results: GradientQuality[] = [];
    let timer: ReturnType<typeof setTimeout>;
    const work = () => {
      const job = jobs[results.length];
      if (job === undefined) return;
      results.push(gradientQuality(training.moment(step), training.start, training.state, job));
      setFound([...results]);
      timer = setTimeout(work);
    };
    timer = setTimeout(work, 200);
    return () => clearTimeout(timer);
  }, [training, step]);
  return found;
}

/** A row for each first item: the exact push as a bar, the sampled as a point with its deviation. */
function FirstItems({ pushes }: { readonly pushes: readonly FirstItemPush[] }) {
  const { ref, width } = useWidth(400);
  const most = Math.max(
    ...pushes.flatMap(({ exact, mean, deviation }) => [Math.abs(exact), Math.abs(mean) + deviation]),
    1e-9,
  );
  const half = Math.min(260, Math.max(50, (width - 220) / 2));
  const x = (value: number) => half + (value / most) * (half - 6);
  return (
    <div ref={ref}>
      <table data-roving>
        <caption>To the right: the item is to come first more often. The point is the mean of 40 groups.</caption>
        <tbody>
          {pushes.map(({ item, exact, mean, deviation }) => (
            <tr key={item}>
              <td>
                <Item item={item} />
              </td>
              <td>
                <svg width={2 * half} height={22} aria-hidden="true">
                  <line class="axis" x1={half} x2={half} y1={0} y2={22} />
                  <rect
                    x={Math.min(x(exact), half)}
                    y={5}
                    width={Math.abs(x(exact) - half)}
                    height={12}
                    fill="var(--soft)"
                  />
                  <line
                    x1={x(mean - deviation)}
                    x2={x(mean + deviation)}
                    y1={11}
                    y2={11}
                    stroke="var(--text)"
                    stroke-width={1.5}
                  />
                  <circle cx={x(mean)} cy={11} r={4} fill="var(--text)" />
                </svg>
              </td>
              <td>
                <Num
                  value={exact}
                  digits={3}
                  inTable={item > 0}
                  name="Exact push"
                  formula="π_ref(first item) − π_θ(first item), over all lists"
                />
              </td>
              <td>
                <Num
                  value={mean}
                  digits={3}
                  inTable
                  name="Push of sampled groups"
                  formula="the same with π_ref over the group, mean of 40"
                  filled={`${written(mean, 3)} ± ${written(deviation, 3)}`}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Legend>
        <span class="is-box">exact</span>
        <span class="is-box plain">sampled, with one deviation</span>
      </Legend>
    </div>
  );
}
