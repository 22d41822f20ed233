/** What a run leaves behind: its configuration, every step's metrics, the results, and the weights. */
import { createWriteStream, mkdirSync, readdirSync, type WriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ExperimentResult, encodeSafetensors, type TrainingListener } from "../src/index.ts";

/** A folder that a run cannot be written to. */
export class RunDirectoryError extends Error {
  override readonly name = "RunDirectoryError";
}

export class RunDirectory {
  private readonly metrics: WriteStream;

  /**
   * Makes the folder `path` and writes `config.json`.
   * @throws RunDirectoryError when it cannot be made, or holds something already: a run never overwrites another
   */
  constructor(
    private readonly path: string,
    configuration: object,
  ) {
    try {
      mkdirSync(path, { recursive: true });
    } catch (error) {
      throw new RunDirectoryError(`${path}: the folder cannot be made (${(error as Error).message})`);
    }
    if (readdirSync(path).length > 0) {
      throw new RunDirectoryError(
        `${path}: the folder is not empty; choose another with --out, or remove it`,
      );
    }
    writeFileSync(join(path, "config.json"), `${JSON.stringify(configuration, null, 2)}\n`);
    this.metrics = createWriteStream(join(path, "metrics.jsonl"));
  }

  /** Writes every step as a line of `metrics.jsonl`. */
  readonly listener: TrainingListener = {
    begin() {},
    step: (stage, step, metrics) => {
      this.metrics.write(`${JSON.stringify({ stage, step, ...metrics })}\n`);
    },
    end() {},
  };

  /** Writes `result.json` and a safetensors file for each model. */
  async finish(result: ExperimentResult): Promise<void> {
    const { rows, rewardModel, advantage } = result;
    writeFileSync(
      join(this.path, "result.json"),
      `${JSON.stringify({ rows, rewardModel, advantage }, null, 2)}\n`,
    );
    for (const [name, weights] of await result.weights()) {
      writeFileSync(join(this.path, `${name}.safetensors`), encodeSafetensors(weights));
    }
    await new Promise<void>((resolve, reject) => {
      this.metrics.on("error", reject);
      this.metrics.end(resolve);
    });
  }
}
