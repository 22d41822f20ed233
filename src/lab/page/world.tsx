/** The world: six items, one user, and what makes a list's true reward. */
import { useState } from "preact/hooks";
import { EXAMPLE_DATA, readOwnData } from "../own-data.ts";
import { ITEM_COUNT, TOPIC_COUNT } from "../state.ts";
import { BASE_LOGIT, explainReward, indexOfList, listAt, placeOfBest } from "../world.ts";
import {
  Bar,
  Button,
  Card,
  Fact,
  Facts,
  Item,
  List,
  Num,
  Slider,
  StateSlider,
  TOPIC_GLYPHS,
  written,
} from "./parts.tsx";
import { useLab, useWidth } from "./store.ts";
import { Words } from "./words.tsx";

export function WorldPanel() {
  const { state, set, training } = useLab();
  const { names, topics, appeal, taste } = state;
  const best = placeOfBest(training.truth);
  return (
    <>
      <Words
        title="What the user likes"
        about="A user, six items of three topics, and lists of three. What a list earns depends on more than its items."
      >
        <StateSlider
          of="fatigue"
          label="fatigue: logits lost for each earlier item of the topic"
          min={0}
          max={4}
          step={0.1}
          digits={1}
        />
        <StateSlider
          of="complement"
          label="invitation: logits won after the topic that prepares the ground"
          min={0}
          max={3}
          step={0.1}
          digits={1}
        />
        <StateSlider
          of="attention"
          label="attention kept from one position to the next"
          min={0.3}
          max={1}
          step={0.01}
        />
        {taste.map((value, topic) => (
          <Slider
            key={topic}
            label={`taste for topic ${TOPIC_GLYPHS[topic]}`}
            min={-3}
            max={3}
            step={0.1}
            digits={1}
            value={value}
            onChange={(changed) => set({ taste: taste.map((own, at) => (at === topic ? changed : own)) })}
          />
        ))}
        <OwnData />
      </Words>
      <div class="figures">
        <Card title="The list in hand">
          <ListInHand />
        </Card>
        <div class="cards">
          {Array.from({ length: ITEM_COUNT }, (_, item) => (
            <section key={names[item]} class="card">
              <header>
                {names[item]}
                <span class="topic">
                  <span class="unseen">topic </span>
                  {TOPIC_GLYPHS[topics[item]]}
                </span>
              </header>
              <Slider
                label="own appeal"
                min={-2}
                max={2}
                step={0.1}
                digits={1}
                value={appeal[item]}
                onChange={(changed) => set({ appeal: appeal.map((own, at) => (at === item ? changed : own)) })}
              />
              <p class="note">
                alone on top{" "}
                <Num
                  value={training.world.expectedFeedback(0, [item])[0]}
                  name={`${names[item]} at the top`}
                  formula="σ(base + taste + appeal)"
                  filled={`σ(${written(BASE_LOGIT, 1)} + ${written(taste[topics[item]], 1)} + ${written(appeal[item], 1)})`}
                />
              </p>
              <Button onClick={() => set({ list: withItem(state.list, item) })} disabled={state.list.includes(item)}>
                {state.list.includes(item) ? "in the list" : "Put last"}
              </Button>
            </section>
          ))}
        </div>
        <Card title="All 120 lists by their true reward">
          <Strip />
          <p class="note">
            The best is <List index={best} />, with{" "}
            <Num
              value={training.truth[best]}
              name="Truth of the best list"
              formula="max over lists of Σ p_t"
              filled={[...training.world.expectedFeedback(0, listAt(best))].map((p) => written(p)).join(" + ")}
            />
            . It need not hold the three best items.
          </p>
        </Card>
      </div>
    </>
  );
}

/** The list with an item in the place of its last. */
function withItem(list: readonly number[], item: number): number[] {
  return [...list.slice(0, -1), item];
}

/** The list with two places exchanged. */
function exchanged(list: readonly number[], one: number, other: number): number[] {
  return list.map((item, at) => (at === one ? list[other] : at === other ? list[one] : item));
}

function ListInHand() {
  const { state, set, training } = useLab();
  const [over, setOver] = useState<number | undefined>(undefined);
  const [held, setHeld] = useState<number | undefined>(undefined);
  const parts = explainReward(training.world, state.list);
  const index = indexOfList(state.list);
  const rank = [...training.truth].filter((reward) => reward > training.truth[index] + 1e-12).length + 1;
  const drop = (at: number) => {
    if (held !== undefined) set({ list: exchanged(state.list, held, at) });
    setHeld(undefined);
    setOver(undefined);
  };
  return (
    <>
      <ol class="stack">
        {parts.map((part, t) => (
          <li
            key={part.item}
            draggable
            class={over === t ? "over" : ""}
            onDragStart={() => setHeld(t)}
            onDragOver={(event) => {
              event.preventDefault();
              setOver(t);
            }}
            onDrop={() => drop(t)}
            onDragEnd={() => setOver(undefined)}
          >
            <span class="place">{t + 1}</span>
            <Item item={part.item} />
            <span class="row">
              <Num
                value={part.probability}
                name={`Reaction at position ${t + 1}`}
                formula="attention^t · σ(base + taste + appeal − fatigue · repeats + invitation)"
                filled={`${written(part.attention)} · σ(${written(part.logit)})`}
              />
              <button
                type="button"
                class="button"
                aria-label={`Move ${state.names[part.item]} up`}
                disabled={t === 0}
                onClick={() => set({ list: exchanged(state.list, t, t - 1) })}
              >
                ↑
              </button>
              <button
                type="button"
                class="button"
                aria-label={`Move ${state.names[part.item]} down`}
                disabled={t === parts.length - 1}
                onClick={() => set({ list: exchanged(state.list, t, t + 1) })}
              >
                ↓
              </button>
            </span>
            <span class="made">
              <Bar value={part.probability} />
              affinity {written(part.affinity, 1)}
              {part.repeats > 0 &&
                `, its topic for the ${part.repeats === 1 ? "second" : "third"} time: −${written(state.fatigue * part.repeats, 1)}`}
              {part.complemented && `, invited: +${written(state.complement, 1)}`}, attention {written(part.attention)}
            </span>
          </li>
        ))}
      </ol>
      <p style={{ height: "0.9rem" }} />
      <Facts>
        <Fact label="true reward of the list">
          <Num
            value={training.truth[index]}
            name="True reward"
            formula="Σ p_t"
            filled={parts.map(({ probability }) => written(probability)).join(" + ")}
          />
        </Fact>
        <Fact label="place among 120">
          <Num
            value={rank}
            digits={0}
            name="Place"
            formula="lists of a higher true reward, plus one"
            filled={`${rank - 1} + 1`}
          />
        </Fact>
      </Facts>
      <p style={{ height: "0.9rem" }} />
      <div class="row">
        <Button onClick={() => set({ list: [...listAt(placeOfBest(training.truth))] })}>Best list</Button>
        <Button
          onClick={() =>
            set({
              list: byAppeal(training.world.latents.itemTopics.length, (item) => training.world.affinity(0, item)),
            })
          }
        >
          The three best items
        </Button>
      </div>
    </>
  );
}

/** The three items of the highest affinity, best first. */
function byAppeal(count: number, affinity: (item: number) => number): number[] {
  return Array.from({ length: count }, (_, item) => item)
    .sort((a, b) => affinity(b) - affinity(a))
    .slice(0, 3);
}

/** Every list as a line at its reward; the one in hand stands out. */
function Strip() {
  const { state, training } = useLab();
  const { ref, width } = useWidth();
  const { truth } = training;
  const chosen = indexOfList(state.list);
  const [low, high] = [Math.min(...truth), Math.max(...truth)];
  const x = (reward: number) => 4 + ((reward - low) / Math.max(high - low, 1e-9)) * (width - 8);
  return (
    <div ref={ref}>
      <svg
        width={width}
        height={66}
        role="img"
        aria-label={`True rewards from ${written(low)} to ${written(high)}; the list in hand has ${written(truth[chosen])}`}
      >
        {[...truth].map((reward, index) => (
          <line
            key={index}
            x1={x(reward)}
            x2={x(reward)}
            y1={12}
            y2={40}
            stroke="var(--accent)"
            stroke-opacity={0.35}
            stroke-width={2}
          />
        ))}
        <path d={`M${x(truth[chosen])},44 l-6,-38 h12 z`} fill="var(--text)" />
        <text x={0} y={60}>
          {written(low)}
        </text>
        <text x={width} y={60} text-anchor="end">
          {written(high)}
        </text>
      </svg>
    </div>
  );
}

/** A visitor's own items and log. */
function OwnData() {
  const { set } = useLab();
  const [text, setText] = useState(EXAMPLE_DATA);
  const [says, setSays] = useState("");
  const take = () => {
    const own = readOwnData(text);
    if ("problem" in own) {
      setSays(own.problem);
      return;
    }
    set({ ...own.change, edits: {}, step: 0 });
    setSays("Taken over. The judge learns from your lists.");
  };
  return (
    <details>
      <summary>Your own data</summary>
      <p class="note">
        Six lines “name, topic, appeal” ({TOPIC_COUNT} topics at most), then lists that were shown, as “name &gt; name
        &gt; name, likes”.
      </p>
      <textarea
        aria-label="Items and lists"
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <div class="row">
        <Button onClick={take}>Take over</Button>
        <span class="note" role="status">
          {says}
        </span>
      </div>
    </details>
  );
}
