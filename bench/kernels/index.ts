/** All kernels that are measured, family by family. */
import { attentionCases } from "./attention.ts";
import { elementwiseCases } from "./elementwise.ts";
import type { KernelCase } from "./kernel-case.ts";
import { layoutCases } from "./layout.ts";
import { lookupCases } from "./lookups.ts";
import { matmulCases } from "./matmul.ts";
import { optimiserCases } from "./optimiser.ts";
import { reductionCases } from "./reductions.ts";
import { rowCases } from "./rows.ts";
import { samplingCases } from "./sampling.ts";

export type { KernelCase, Work } from "./kernel-case.ts";

export const kernelCases: readonly KernelCase[] = [
  ...matmulCases,
  ...attentionCases,
  ...rowCases,
  ...lookupCases,
  ...reductionCases,
  ...elementwiseCases,
  ...layoutCases,
  ...samplingCases,
  ...optimiserCases,
];
