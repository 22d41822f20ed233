/** Starts the server: its port, its workers and its ranker; and ends it without losing a request. */
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { findRankerFile } from "../ranker/load-ranker.ts";
import { createApp } from "./app.ts";
import { idleConnections } from "./connections.ts";
import { ServedImpressions } from "./impressions.ts";
import { ServerMetrics } from "./metrics.ts";
import { RankerReloader } from "./ranker-reloader.ts";
import { RankingService } from "./ranking/ranking-service.ts";
import { RANKER_WORKER, RankerLoadError } from "./ranking/worker-process.ts";
import type { LogDestination } from "./request-log.ts";
import type { RoutesOptions } from "./routes.ts";
import { countWorkers } from "./settings.ts";

/** How often connections are looked for that have fallen idle since the server began to end. */
const SWEEP_MILLISECONDS = 50;

export interface ServeOptions
  extends Pick<RoutesOptions, "settings" | "version">,
    Partial<Pick<RoutesOptions, "token">> {
  /** A ranker's file, or the folder of a run. */
  readonly source: string;
  /** Of a run's folder: the method that serves, where it is not the deployed one. */
  readonly method?: string | undefined;
  /** Where the log goes; stderr unless given. */
  readonly log?: LogDestination;
  /** The module that workers run; the one that ranks unless given. */
  readonly workerEntry?: string;
}

export interface RankServer {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Process numbers of the workers. */
  readonly workerIds: readonly number[];
  /** Loads the ranker's file anew, without dropping a request; what goes wrong is logged. */
  reload(reason: string): Promise<void>;
  /** Refuses new connections, answers what has arrived, within the settings' grace, and ends the workers. */
  close(): Promise<void>;
}

/**
 * Listens, loads the ranker and serves.
 * @throws RankerLoadError when the file is no good; a system error such as EADDRINUSE when the port cannot be had
 */
export async function serve(options: ServeOptions): Promise<RankServer> {
  const { source, method, settings, token, version, log = process.stderr } = options;
  const file = await findRankerFile(source, method).catch((error: Error) => {
    throw new RankerLoadError(error.message);
  });
  let shuttingDown = false;
  const metrics = new ServerMetrics(() => service);
  const service = new RankingService(settings, {
    ranked: (requests, milliseconds) => {
      metrics.batchSize.observe(requests);
      metrics.batchDuration.observe(milliseconds / 1000);
    },
    refused: (reason, requests) => metrics.refused.inc({ reason }, requests),
    lost: (retried, givenUp) => {
      metrics.retried.inc(retried);
      if (givenUp > 0) app.log.error({ requests: givenUp }, "requests were given up: two workers died over them");
    },
  });
  const isShuttingDown = () => shuttingDown;
  let kept: ServedImpressions | undefined;
  const impressions = () => kept;
  const app = createApp({ settings, token, version, log, service, metrics, impressions, isShuttingDown });
  const idle = idleConnections(app.server);
  const entry = options.workerEntry ?? RANKER_WORKER;
  const workers = { ...settings, workers: countWorkers(settings), entry };
  const reloader = new RankerReloader(file, service, workers, app.log, metrics);

  const close = async () => {
    shuttingDown = true;
    reloader.close();
    const { delayMilliseconds, graceMilliseconds } = settings.shutdown;
    await pause(delayMilliseconds);
    const hurry = setTimeout(() => app.server.closeAllConnections(), graceMilliseconds);
    const sweep = setInterval(() => idle.close(), SWEEP_MILLISECONDS);
    await app.close();
    clearTimeout(hurry);
    clearInterval(sweep);
    service.close();
    await kept?.close();
  };

  kept = ServedImpressions.open(settings.impressions, metrics, app.log);
  await app.listen({ host: settings.host, port: settings.port, listenTextResolver: (url) => `listening on ${url}` });
  try {
    await reloader.load();
  } catch (error) {
    await close();
    throw error;
  }
  reloader.watchFile(settings.watchMilliseconds);
  return {
    url: urlOf(app.server.address() as AddressInfo),
    get workerIds() {
      return service.workerIds;
    },
    reload: (reason) => reloader.reload(reason),
    close,
  };
}

function urlOf({ address, port, family }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
