/** Prepared datasets: edits of the bytes, and of the description with the checksum that it should have. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import * as assert from "uvu/assert";
import { DataError } from "../../../src/data/errors.ts";
import { prepare } from "../../../src/data/prepare.ts";
import { openPreparedDataset, writePreparedDataset } from "../../../src/data/prepared/prepared-dataset.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../src/nn/index.ts";
import type { FuzzReader } from "../fuzz.ts";
import { nearlyValid, nearlyValidJson } from "../mutations.ts";
import { ScratchFolder } from "../scratch-folder.ts";

export async function preparedReader(): Promise<FuzzReader> {
  const folder = new ScratchFolder();
  const rows = Array.from({ length: 72 }, (_, n) => `u${n % 4},i${(n * 7) % 31},${1 + (n % 5)},${n}\n`);
  const log = folder.write("log.csv", Buffer.from(`user_id,item_id,rating,timestamp\n${rows.join("")}`));
  const source = { format: "csv", file: log } as const;
  const shape = { core: 1, listLength: 3, candidateCount: 5, historyLength: 2, retriever: "popularity" } as const;
  const path = join(folder.path, "sample.goalrank");
  await writePreparedDataset(path, await prepare(source, { ...shape, seed: 1 }));
  const sample = Uint8Array.from(readFileSync(path));
  const whole = decodeSafetensors(sample);
  const described = nearlyValidJson([JSON.parse(whole.metadata.goalrank)]).map((value) => {
    const goalrank = JSON.stringify(value) ?? "";
    const goalrank_sha256 = createHash("sha256").update(goalrank).digest("hex");
    return encodeSafetensors(whole.tensors, { goalrank, goalrank_sha256 });
  });
  const header = fc.nat(new DataView(sample.buffer).getUint32(0, true) + 8);
  // Most of the file is tensors, where every change is told by its checksum.
  const inHeader = fc.tuple(header, fc.nat(255)).map(([place, byte]) => {
    const changed = Uint8Array.from(sample);
    changed[place] = byte;
    return changed;
  });
  return {
    name: "prepared",
    inputs: fc.oneof(nearlyValid([sample], ['"shape":', "[0,0]", "I32", "version"]), inHeader, described),
    async read(input) {
      const data = await openPreparedDataset(folder.write("data.goalrank", input));
      try {
        for (const split of ["training", "validation", "test"] as const) {
          const { size, candidates, candidateCount, history, historyLength } = await data.read(split);
          assert.is(size, data.splits[split].size);
          assert.is(candidates.length, size * candidateCount);
          assert.is(history.length, size * historyLength);
        }
        assert.is(data.catalogue.userIds?.length, data.catalogue.userCount);
      } finally {
        await data.close();
      }
    },
    refusals: [DataError],
    close: () => folder.remove(),
  };
}
