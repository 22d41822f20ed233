/** Theorem 1: many small generators and their mixture against one wide generator. */
import { useEffect, useState } from "preact/hooks";
import type { Mixture } from "../../goalrank/theorem/small-generators.ts";
import { FIT_UPDATES, Fit, type FitShape, numbersLearned, targetPolicy } from "../theorem.ts";
import { Curves } from "./charts.tsx";
import { EmbeddingCard } from "./embedding.tsx";
import { Bar, Card, Num, StateSlider } from "./parts.tsx";
import { useLab } from "./store.ts";
import { Words } from "./words.tsx";

export function TheoremPanel() {
  const { state, set } = useLab();
  const { mixture, narrow, wide, seed } = state;
  const small = { members: mixture, width: narrow };
  const one = { members: 1, width: wide };
  const fits = [useFit(small, seed), useFit(one, seed)];
  const errors = fits.map(({ errors: own }) => own.at(-1) ?? Number.NaN);
  const most = Math.max(...fits.flatMap(({ errors: own }) => own.slice(-1)), 0.05);
  const rows: readonly (readonly [string, FitShape])[] = [
    [`${mixture} generators of width ${narrow}, mixed`, small],
    [`one generator of width ${wide}`, one],
  ];
  return (
    <>
      <Words
        title="Many small, or one wide?"
        about={
          <>
            Theorem 1 in words: take any number of small generators, and let an evaluator choose among what they
            propose. One larger generator comes strictly nearer to the best policy than every such mixture. And as it
            grows, its error goes to zero.
          </>
        }
      >
        <StateSlider of="mixture" label="k, small generators in the mixture" min={2} max={8} step={1} digits={0} />
        <StateSlider of="narrow" label="width of each" min={1} max={4} step={1} digits={0} />
        <StateSlider of="wide" label="width of the one" min={1} max={16} step={1} digits={0} />
        <p class="note">
          The aim is a policy over all 120 lists drawn with the seed. All are fitted to it by gradient descent on KL
          itself, {FIT_UPDATES} updates, the better of two starts.
        </p>
        <div class="row">
          <button type="button" class="button" onClick={() => set({ seed: (seed + 1) % 10_000 })}>
            Another aim
          </button>
        </div>
      </Words>
      <div class="figures">
        <Card title="How near they come: KL(aim ‖ policy), less is nearer">
          <table data-roving>
            <thead>
              <tr>
                <th scope="col">policy</th>
                <th scope="col">numbers learned</th>
                <th scope="col">KL</th>
                <th scope="col" style={{ width: "35%" }}>
                  <span class="unseen">as a bar</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map(([name, shape], at) => (
                <tr key={at === 0 ? "mixture" : "one"}>
                  <td>{name}</td>
                  <td>
                    <Num
                      value={numbersLearned(shape)}
                      digits={0}
                      inTable={at > 0}
                      name="Numbers that are learned"
                      formula="k · (F·w + w·N + N) + k weights (none for one)"
                      filled={`${shape.members} · (15·${shape.width} + ${shape.width}·6 + 6)${shape.members > 1 ? ` + ${shape.members}` : ""}`}
                    />
                  </td>
                  <td>
                    <Num
                      value={errors[at]}
                      digits={4}
                      inTable
                      name="KL"
                      formula="Σ aim · log(aim / policy), of the better start"
                      filled={`after ${fits[at].updates} updates`}
                    />
                  </td>
                  <td>
                    <Bar value={errors[at]} most={most} plain={at === 1} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="note" role="status">
            {fits.some(({ updates }) => updates < FIT_UPDATES)
              ? "Fitting …"
              : errors[1] < errors[0]
                ? `One generator is nearer, with ${numbersLearned(one)} numbers against ${numbersLearned(small)}.`
                : "The mixture is nearer: make the one wider."}
          </p>
        </Card>
        <Card title="On the way there">
          <Curves
            title="KL over updates, tens"
            lines={[
              {
                name: rows[0][0],
                values: fits[0].errors.map((error) => Math.log10(Math.max(error, 1e-6))),
                kind: "judge",
              },
              {
                name: rows[1][0],
                values: fits[1].errors.map((error) => Math.log10(Math.max(error, 1e-6))),
                kind: "truth",
              },
            ]}
            unit="updates / 10:"
            steps={FIT_UPDATES / 10}
            now={Math.min(...fits.map(({ updates }) => updates)) / 10}
          />
          <p class="note">Upwards: log₁₀ KL.</p>
        </Card>
        <EmbeddingCard mixture={fits[0].mixture} />
      </div>
    </>
  );
}

/** What is known of a fit. */
interface FitProgress {
  readonly errors: readonly number[];
  readonly updates: number;
  /** When it is done. */
  readonly mixture: Mixture | undefined;
}

const NOTHING: FitProgress = { errors: [], updates: 0, mixture: undefined };

/** A fit that goes on in small pieces while the page stays at work. */
function useFit({ members, width }: FitShape, seed: number): FitProgress {
  const [shown, setShown] = useState(NOTHING);
  useEffect(() => {
    const fit = new Fit({ members, width }, targetPolicy(seed), seed);
    let isGone = false;
    let timer: ReturnType<typeof setTimeout>;
    const work = async () => {
      fit.advance(10);
      const mixture = fit.isDone ? await fit.mixture() : undefined;
      if (isGone) return;
      setShown({ errors: [...fit.errors], updates: fit.updates, mixture });
      if (!fit.isDone) timer = setTimeout(work);
    };
    timer = setTimeout(work, 120);
    return () => {
      isGone = true;
      clearTimeout(timer);
      fit.dispose();
    };
  }, [members, width, seed]);
  return shown;
}
