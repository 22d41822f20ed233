#!/usr/bin/env node
/** The program `goalrank`. */
import { runCommandLine } from "./command-line.ts";

await runCommandLine(process.argv.slice(2));
