/** What a person sees of a training: lines where there is no terminal, a bar where there is one. */
import { Writable } from "node:stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ProgressDisplay } from "../../src/cli/terminal/progress-display.ts";

const test = suite("terminal");

/** Collects what is written, as a file would, or as a terminal of 120 columns. */
class Screen extends Writable {
  text = "";
  readonly columns = 120;
  constructor(readonly isTTY: boolean) {
    super();
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }
  /** Of a terminal's, what the bars ask for. */
  clearLine = () => true;
  cursorTo = () => true;
  moveCursor = () => true;
}

function follow(screen: Screen): void {
  const display = new ProgressDisplay(screen as unknown as NodeJS.WriteStream);
  display.begin("DNN", 4, 4);
  display.end("DNN");
  display.begin("GoalRank", 4, 2);
  display.step("GoalRank", 2, { loss: 0.5 });
  display.validation("GoalRank", 2, { ndcg: 0.75, hit: 0.5, map: 0.25, auc: 1 });
  display.step("GoalRank", 3, { loss: 0.25 });
  display.end("GoalRank");
  display.close();
}

test("without a terminal: a line per stage and per validation, and where a stage goes on", () => {
  const screen = new Screen(false);
  follow(screen);
  const lines = screen.text
    .trimEnd()
    .replace(/\d+\.\d s/, "0.0 s")
    .split("\n");
  assert.equal(lines, [
    "DNN: was trained before",
    "GoalRank: goes on after step 2 of 4",
    "GoalRank: validation after step 3 of 4: ndcg 0.7500, hit 0.5000, map 0.2500",
    "GoalRank: 2 steps, 0.0 s, last loss 0.2500",
  ]);
});

test("on a terminal: a bar for each stage, with the newest loss and validation", () => {
  const screen = new Screen(true);
  follow(screen);
  assert.match(screen.text, /DNN .* 100% \| step 4\/4/);
  assert.match(screen.text, /GoalRank .* 100% \| step 4\/4 \| [\d.]+ steps\/s \| .* left \| loss 0\.2500 \|/);
  assert.match(screen.text, /validation ndcg 0\.7500/);
});

test.run();
