/** Runs the small grid in the folder of its argument and says on stdout when a trial starts: to be killed by a test. */
import { runSmall } from "./small-grid.ts";
import { QUIET } from "./trials.ts";

const listener = { ...QUIET, progress: ({ method }: { readonly method: string }) => console.log(`training ${method}`) };
await runSmall(process.argv[2], { listener });
