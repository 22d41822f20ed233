/**
 * The `npx` or `npm` that launched this program. Whoever kills it means the program, which its signals do not reach:
 * between the two stands a shell, and nothing is told of SIGKILL. So a program that goes on for long looks for it.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** How often it is looked for. */
const WATCH_MILLISECONDS = 500;

const SHELLS = /(^|\/)-?(sh|dash|bash|zsh|ksh|ash|busybox)$/;

/**
 * Calls back when the launcher is gone; not at all where nobody launched this program by npm: a shell or a service manager
 * may leave a program to itself.
 */
export function onLauncherGone(gone: () => void): void {
  const launcher = isLaunchedByNpm(process.env) ? findLauncher() : undefined;
  if (launcher === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent && isRunning(launcher)) return;
    clearInterval(watch);
    gone();
  }, WATCH_MILLISECONDS);
  watch.unref();
}

/** npm says so to all that it runs; `npm_command` is "exec" by npx and "run-script" by a script of package.json. */
function isLaunchedByNpm({ npm_command }: NodeJS.ProcessEnv): boolean {
  return npm_command === "exec" || npm_command === "run-script" || npm_command === "start";
}

/** The process number of the nearest ancestor that is no shell. */
function findLauncher(): number | undefined {
  let pid = process.ppid;
  // Nobody runs so many shells inside of each other.
  for (let depth = 0; depth < 8 && pid > 1; depth++) {
    const parent = parentOfShell(pid);
    if (parent === undefined) return pid;
    pid = parent;
  }
  return undefined;
}

/** The parent of a process that is a shell; undefined for any other, and where the system does not say. */
function parentOfShell(pid: number): number | undefined {
  try {
    const [, command = "", parent] = /^\d+ \((.*)\) \S (\d+)/s.exec(statusOf(pid)) ?? [];
    return SHELLS.test(command) ? Number(parent) : undefined;
  } catch {
    return undefined;
  }
}

/** `12 (sh) S 11 ...`, as Linux says it, and `ps` elsewhere. */
function statusOf(pid: number): string {
  if (process.platform === "linux") return readFileSync(`/proc/${pid}/stat`, "utf8");
  const [parent, ...command] = execFileSync("ps", ["-o", "ppid=,comm=", "-p", String(pid)], { encoding: "utf8" })
    .trim()
    .split(/\s+/);
  return `${pid} (${command.join(" ")}) S ${parent}`;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Of another user's process it is known that it is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
