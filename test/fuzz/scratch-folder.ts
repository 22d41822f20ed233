/** A file that is written again for every input, in memory where the system has a folder there. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const IN_MEMORY = "/dev/shm";

export class ScratchFolder {
  readonly path = mkdtempSync(join(existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir(), "goalrank-fuzz-"));

  write(name: string, content: Uint8Array): string {
    const file = join(this.path, name);
    writeFileSync(file, content);
    return file;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
