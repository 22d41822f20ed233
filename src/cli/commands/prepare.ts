/** `goalrank prepare`: from a log to a prepared file, and a report on the data. */
import { existsSync } from "node:fs";
import { Command } from "commander";
import { nameOfLog } from "../../data/readers/input-files.ts";
import { CommandSettings } from "../configuration/command-settings.ts";
import type { Configuration } from "../configuration/configuration-schema.ts";
import { DATA_FLAGS, DEVICE_FLAGS } from "../configuration/short-flags.ts";
import { type Work, workInterruptibly } from "../interruptible-work.ts";
import { describeData, openLog, prepareLog, readPrepared } from "../load-data.ts";
import { say } from "../terminal/say.ts";
import { UsageError } from "../usage-error.ts";
import { useDevice } from "../use-device.ts";

interface PrepareOptions {
  readonly force?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ goalrank prepare                                    # the log in ./goalrank.yaml
  $ goalrank prepare --data ratings.dat
  $ goalrank prepare --data log.csv.gz --columns user=uid,item=sku,feedback=stars,timestamp=ts --prepared log.goalrank
  $ goalrank prepare --data 'events/part-*.jsonl.gz' --columns user=user.id,item=sku,feedback=none,timestamp=at

The report counts what is left at each stage, and checks for leaks from the test into the training: read its FAILs.
Every setting of docs/configuration.md is a flag, such as --data.candidateCount 100; --help-all lists them.`;

export function prepareCommand(): Command {
  const command = new Command("prepare");
  const logFlags = DATA_FLAGS.filter(({ flags }) => !flags.startsWith("--scenario"));
  const settings = new CommandSettings(command, ["seed", "device", "data"], [...logFlags, ...DEVICE_FLAGS]);
  return command
    .option("--force", "prepare anew and replace the prepared file")
    .option("--json", "print the report as JSON")
    .addHelpText("after", EXAMPLES)
    .action((options: PrepareOptions) => {
      settings.announceFile();
      return prepare(settings.resolve(), options);
    });
}

async function prepare(given: Configuration, { force, json }: PrepareOptions): Promise<void> {
  const { file } = given.data;
  if (file === undefined) {
    throw new UsageError(
      "prepare: there is no log; name one with --data FILE, or write a configuration with `goalrank init LOG`",
    );
  }
  const configuration = withPreparedFile(given, file);
  const { prepared } = configuration.data;
  const work = async (own: Work) => {
    const log = await openLog(file, configuration);
    const existing = force === true ? undefined : await readPrepared(prepared, log);
    if (existing === undefined) await useDevice(configuration.device);
    const data = existing ?? (await prepareLog(log, configuration, own));
    own.display.close();
    const report = data.report ?? data.queries;
    if (report !== undefined) console.log(json === true ? JSON.stringify(report) : describeData(data).join("\n"));
    if (existing === undefined) say(`wrote ${prepared}; next: goalrank train all --out runs/first`);
  };
  await workInterruptibly(work, (how) => {
    const isWritten = how !== undefined && existsSync(prepared);
    say(isWritten ? `interrupted after ${prepared} was written` : "interrupted; nothing was written");
  });
}

/** The prepared file that is named, or one in the working folder that is called after the log. */
function withPreparedFile(
  configuration: Configuration,
  file: string,
): Configuration & { readonly data: { readonly prepared: string } } {
  const { prepared = `${nameOfLog(file)}.goalrank` } = configuration.data;
  return { ...configuration, data: { ...configuration.data, prepared } };
}
