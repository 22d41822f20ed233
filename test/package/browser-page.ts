/** What the page of `browser.test.ts` does: it loads a ranker, ranks, and writes what came out into itself. */
import { loadRanker, type RankedList, type RankRequest, RankRequestError, tensor } from "goalrank";
import type { DeviceName } from "goalrank/kernels";

/** What the page writes, as JSON. */
export interface PageReport {
  /** Whether threads can share memory here. */
  readonly isIsolated: boolean;
  /** In the order of the requests; an error by its message. */
  readonly answers: readonly (RankedList | string)[];
  /** Of the sum of the squares of 1, 2 and 3. */
  readonly gradient: readonly number[];
}

/** The part of a page's globals that is used; the rest of the project knows Node's alone. */
interface Page {
  readonly crossOriginIsolated: boolean;
  readonly location: { readonly search: string };
  readonly document: { readonly body: { append(text: string): void } };
}

const page = globalThis as unknown as Page;
const asked = new URLSearchParams(page.location.search);

async function work(): Promise<PageReport> {
  const device = (asked.get("device") ?? "cpu") as DeviceName;
  const ranker = await loadRanker(asked.get("file") ?? "/ranker.safetensors", { device, threads: 2 });
  const response = await fetch("/requests.json");
  const answers = await ranker.rankMany((await response.json()) as RankRequest[]);
  ranker.dispose();
  const x = tensor([1, 2, 3], [3]).requireGrad();
  x.square().sum().backward();
  return {
    isIsolated: page.crossOriginIsolated,
    answers: answers.map((answer) => (answer instanceof RankRequestError ? answer.message : answer)),
    gradient: [...((await x.grad?.data()) ?? [])],
  };
}

const outcome = await work().catch((error: Error) => `${error.name}: ${error.message}`);
page.document.body.append(JSON.stringify(outcome));
