/** The server's log: JSON lines, or short lines where a person reads them on a terminal. Never bodies, never tokens. */
import type { FastifyLoggerOptions } from "fastify";
import type { ServeSettings } from "./settings.ts";

/** Where lines go, such as `process.stderr`. */
export interface LogDestination {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export function loggerOptions(
  level: ServeSettings["logLevel"],
  destination: LogDestination,
): FastifyLoggerOptions & Record<string, unknown> {
  return {
    level,
    stream: { write: (line: string) => destination.write(destination.isTTY ? shorten(line) : line) },
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
}

interface LogEntry {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly err?: { readonly stack?: string };
  readonly [field: string]: unknown;
}

/** `12:03:05 error the new ranker is no good; path: runs/x/ranker.safetensors, reason: ...` */
function shorten(line: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as LogEntry;
  const shown = Object.entries(fields).map(([name, value]) => `${name} ${format(value)}`);
  const message = shown.length === 0 ? msg : `${msg}: ${shown.join(", ")}`;
  const stack = err?.stack === undefined ? "" : `\n${err.stack}`;
  return `${time.slice(11, 19)} ${level === "info" ? "" : `${level} `}${message}${stack}\n`;
}

function format(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
