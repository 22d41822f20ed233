/**
 * A device that counts the floating-point operations of another: those of matrix products and of attention, which is
 * where a Transformer's work is. A multiply-add counts as two, as is usual for training budgets.
 */
import type { Device, LiveStorage } from "./device.ts";
import type { MatmulAttributes } from "./ops/matmul/matmul.ts";
import { sizeOf } from "./shape.ts";

/** Another device that counts the operations it is given. */
export class CountingDevice implements Device {
  readonly name: string;
  /** Operations since it was made. */
  operations = 0;
  readonly allocate: Device["allocate"];
  readonly release: Device["release"];
  readonly write: Device["write"];
  readonly read: Device["read"];
  readonly readSync?: NonNullable<Device["readSync"]>;
  readonly view?: NonNullable<Device["view"]>;

  constructor(private readonly device: Device) {
    this.name = device.name;
    this.allocate = device.allocate.bind(device);
    this.release = device.release.bind(device);
    this.write = device.write.bind(device);
    this.read = device.read.bind(device);
    if (device.readSync !== undefined) this.readSync = device.readSync.bind(device);
    if (device.view !== undefined) this.view = device.view.bind(device);
  }

  get live(): LiveStorage {
    return this.device.live;
  }

  readonly run: Device["run"] = (operation, inputs, outputs, attributes) => {
    this.operations += countOperations(operation, inputs, outputs, attributes);
    this.device.run(operation, inputs, outputs, attributes);
  };
}

function countOperations(...[{ name }, inputs, outputs, attributes]: Parameters<Device["run"]>): number {
  if (name === "matmul") {
    const { transposeA } = attributes as MatmulAttributes;
    return 2 * sizeOf(outputs[0].shape) * (inputs[0].shape.at(transposeA ? -2 : -1) ?? 0);
  }
  // q k^T and p v forwards; for the gradient of each of the two, one product for either factor.
  const products = name === "attention" ? 2 : name === "attention.gradient" ? 4 : 0;
  if (products === 0) return 0;
  const [queries, keys] = inputs;
  return products * 2 * sizeOf(queries.shape) * (keys.shape.at(-2) ?? 0);
}
