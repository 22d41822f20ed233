/** `goalrank serve`: a trained ranker behind HTTP. */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { Command, Option } from "commander";
import { RankerLoadError } from "../../server/ranking/worker-process.ts";
import type { RankServer } from "../../server/serve.ts";
import type { ServeSettings } from "../../server/settings.ts";
import { CommandSettings } from "../configuration/command-settings.ts";
import { shortFlags } from "../configuration/setting-flags.ts";
import { signalExitCode } from "../interruption.ts";
import { onLauncherGone } from "../launcher.ts";
import { UsageError } from "../usage-error.ts";
import { programVersion } from "../versions.ts";

const TOKEN_VARIABLE = "GOALRANK_TOKEN";

const EXAMPLES = `
Examples:
  $ goalrank serve runs/first
  $ goalrank serve runs/first --method mir
  $ goalrank serve runs/first --port 9000 --workers 4
  $ goalrank serve runs/first --explore 0.5 --impressions served
  $ goalrank serve runs/first --host 0.0.0.0 --token-file /run/secrets/goalrank
  $ curl -s localhost:8080/rank -H 'Content-Type: application/json' -d '{"user": "42"}'

SIGHUP, or a change of the ranker's file, loads it anew; SIGTERM and Ctrl-C finish the requests in flight first.
Every setting of the section serve in docs/configuration.md is a flag: --serve.limits.candidates 500`;

const FLAGS = shortFlags({
  "serve.host": "--host <address>  address to listen on (default: 127.0.0.1, for this machine alone)",
  "serve.port": "--port <number>  port; 0 takes any free one (default: 8080)",
  "serve.workers": "--workers <count>  processes that rank (default: one less than there are cores)",
  "serve.threads": "--threads <count>  threads of each worker (default: 1)",
  "serve.device": "--device <name>  what the workers compute on: cpu (default), webgpu or auto",
  "serve.tokenFile": `--token-file <file>  file with the token that clients must send (or set ${TOKEN_VARIABLE})`,
  "serve.explore.temperature":
    "--explore <temperature>  draw lists: 1 by the method's own probabilities, 0 the best one",
  "serve.impressions.folder": "--impressions <folder>  log what is served there, and take feedback on it",
  "serve.logLevel": "--log-level <level>  debug, info (default), warn, error or silent",
});

export function serveCommand(): Command {
  const command = new Command("serve").argument("<run>", "folder of a trained run, or a ranker's file");
  const settings = new CommandSettings(command, ["serve"], FLAGS);
  return command
    .option("--method <name>", "of a run's folder, a method other than the deployed one")
    .addOption(new Option("--token <token>").hideHelp().argParser(refuseToken))
    .addHelpText("after", EXAMPLES)
    .action((run: string, { method }: { readonly method?: string }) =>
      serveUntilSignal(run, method, settings.resolve().serve),
    );
}

function refuseToken(): never {
  throw new UsageError(
    `--token: everybody on this machine could read it in the list of processes; use --token-file or ${TOKEN_VARIABLE}`,
  );
}

async function serveUntilSignal(source: string, method: string | undefined, settings: ServeSettings): Promise<void> {
  const token = readToken(settings);
  if (token === undefined && !isLoopback(settings.host)) {
    console.error(
      `warning: whoever reaches ${settings.host} may ask; set ${TOKEN_VARIABLE} or --token-file, or leave out --host`,
    );
  }
  const end = awaitSignals();
  // Only here, since the HTTP library takes time to load, and signals come at any.
  const { serve } = await import("../../server/serve.ts");
  const server = await serve({ source, method, settings, token, version: programVersion() }).catch((error: unknown) => {
    throw error instanceof RankerLoadError ? new UsageError(`${source}: ${error.message}`) : error;
  });
  const code = await end(server);
  await server.close();
  process.exitCode = code;
}

/**
 * Listens for signals from now on. What it returns waits for the first one that ends the server, and gives the exit
 * code; a second one, or a first one before there is a server, ends the process at once.
 */
function awaitSignals(): (server: RankServer) => Promise<number> {
  let running: RankServer | undefined;
  let stop: ((code: number) => void) | undefined;
  const stopped = new Promise<number>((resolve) => {
    stop = resolve;
  });
  let count = 0;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      count++;
      if (running === undefined || count > 1) process.exit(signalExitCode(signal));
      stop?.(signal === "SIGTERM" ? 0 : signalExitCode(signal));
    });
  }
  process.on("SIGHUP", () => void running?.reload("SIGHUP"));
  onLauncherGone(() => {
    if (running === undefined) process.exit(signalExitCode("SIGTERM"));
    stop?.(0);
  });
  return (server) => {
    running = server;
    return stopped;
  };
}

function readToken({ tokenFile }: ServeSettings): string | undefined {
  if (tokenFile !== undefined) return cleanToken(readFileSync(tokenFile, "utf8"), tokenFile);
  const variable = process.env[TOKEN_VARIABLE];
  return variable === undefined ? undefined : cleanToken(variable, TOKEN_VARIABLE);
}

/** A token as it is read from a file or the environment. @throws RangeError when it cannot be sent in a header */
export function cleanToken(text: string, source: string): string {
  const token = text.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new RangeError(
      `${source} holds no token: expected one line of letters, digits and signs without spaces, such as \`openssl rand -hex 32\` prints`,
    );
  }
  return token;
}

function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}
