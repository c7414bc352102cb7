/** The networks of a page: ONNX Runtime computes them, and every value on the way can be seen. */

import type { InferenceSession, Tensor as OrtTensor, TypedTensor } from "onnxruntime-common";
import { unpack } from "./blobs";
import type { Layer, NetworkData, PageData, Tensor, Values, WeightData } from "./data";
import { complete, type Weight } from "./onnx";

interface Runtime {
  env: { wasm: { numThreads: number; wasmBinary: ArrayBuffer }; logLevel: string };
  InferenceSession: { create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> };
  Tensor: new (kind: "float32" | "int32", data: Float32Array | Int32Array, shape: number[]) => OrtTensor;
}

async function startRuntime(): Promise<Runtime> {
  const [module, binary] = await Promise.all([unpack("runtime-module"), unpack("runtime-wasm")]);
  const address = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
  const runtime = (await import(address)) as Runtime; // a page of a file may import nothing but this
  runtime.env.wasm.numThreads = 1; // nor share memory
  runtime.env.wasm.wasmBinary = binary;
  runtime.env.logLevel = "error";
  return runtime;
}

function expandHalf(bits: Uint16Array): Float32Array {
  // A float16 in the upper bits of a float32, with its exponent 112 too small: multiplied by 2^112 it is right, also
  // where it is subnormal.
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = ((bits[i] & 0x8000) << 16) | ((bits[i] & 0x7fff) << 13);
  const values = new Float32Array(wide.buffer);
  for (let i = 0; i < values.length; i++) values[i] *= 2 ** 112;
  return values;
}

function readWeight(blob: ArrayBuffer, entry: WeightData): Weight {
  const count = entry.shape.reduce((product, extent) => product * extent, 1);
  if (entry.dtype === "float32") return { shape: entry.shape, data: new Float32Array(blob, entry.offset, count) };
  const bits = new Uint16Array(blob, entry.offset, count);
  if (entry.dtype === "float16") return { shape: entry.shape, data: expandHalf(bits) };
  const wide = new Uint32Array(count); // a bfloat16 is the upper half of a float32
  for (let i = 0; i < count; i++) wide[i] = bits[i] << 16;
  return { shape: entry.shape, data: new Float32Array(wide.buffer) };
}

/** Start the runtime and open the networks of the page. */
export async function openNetworks(data: PageData): Promise<Record<string, Network>> {
  const names = Object.keys(data.networks);
  if (!names.length) return {};
  const [runtime, blob, ...graphs] = await Promise.all([
    startRuntime(),
    unpack("weights"),
    ...names.map((name) => unpack(`graph-${name}`)),
  ]);
  const weights = new Map(data.weights.map((entry) => [entry.name, readWeight(blob, entry)]));
  const opened: Record<string, Network> = {};
  for (const [index, name] of names.entries()) {
    opened[name] = await Network.open(runtime, name, data.networks[name], new Uint8Array(graphs[index]), weights);
  }
  return opened;
}

/** A network with its weights. */
export class Network {
  private constructor(
    readonly name: string,
    readonly data: NetworkData,
    readonly weights: Map<string, Weight>,
    private readonly runtime: Runtime,
    private readonly session: InferenceSession,
  ) {}

  static async open(
    runtime: Runtime,
    name: string,
    data: NetworkData,
    graph: Uint8Array,
    weights: Map<string, Weight>,
  ): Promise<Network> {
    const inside = data.layers.flatMap((layer) => [layer.name, ...layer.inside]);
    const model = complete(graph, weights, inside);
    const session = await runtime.InferenceSession.create(model, { executionProviders: ["wasm"] });
    return new Network(name, data, weights, runtime, session);
  }

  /** All values on the way of one example, without the batch axis.
   *
   * @param inputs by name; arrays without the batch axis.
   */
  async run(inputs: Values): Promise<Values> {
    const given = Object.fromEntries(
      Object.entries(inputs).map(([name, tensor]) => [name, { ...tensor, shape: [1, ...tensor.shape] }]),
    );
    const found = await this.compute(given, undefined);
    const values: Values = { ...inputs };
    for (const [name, tensor] of Object.entries(found)) values[name] = { ...tensor, shape: tensor.shape.slice(1) };
    return values;
  }

  /** The outputs for several examples at once; all arrays have the batch axis. */
  async predict(inputs: Values): Promise<Values> {
    return this.compute(inputs, this.data.outputs);
  }

  /** One after another: a session computes for one caller at a time. */
  private compute(inputs: Values, wanted: string[] | undefined): Promise<Values> {
    const turn = this.last.then(() => this.computeNow(inputs, wanted));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private last: Promise<unknown> = Promise.resolve();

  private async computeNow(inputs: Values, wanted: string[] | undefined): Promise<Values> {
    const feeds: Record<string, OrtTensor> = {};
    for (const { name, dtype } of this.data.inputs) {
      feeds[name] = new this.runtime.Tensor(dtype, inputs[name].data, inputs[name].shape);
    }
    const found = await (wanted ? this.session.run(feeds, wanted) : this.session.run(feeds));
    const values: Values = {};
    for (const [name, tensor] of Object.entries(found)) {
      const { data, dims } = tensor as TypedTensor<"float32">;
      values[name] = { shape: [...dims], data };
    }
    return values;
  }

  /** The layer whose output has this name. */
  layer(name: string): Layer | undefined {
    return this.data.layers.find((layer) => layer.name === name);
  }

  /** A weight of a layer, by Keras's name for it. */
  weight(layer: Layer, role: string): Weight | undefined {
    return this.weights.get(layer.weights[role] ?? "");
  }
}

/** A float32 array. */
export function tensor(shape: number[], data: ArrayLike<number>): Tensor {
  return { shape, data: Float32Array.from(data) };
}
