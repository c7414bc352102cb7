/** Puts weights into an ONNX model, and asks for further outputs. A model is a protocol buffer: fields with numbers, of
 * which those that are repeated may follow anywhere, so that new ones are appended. Field numbers:
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */

const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const GRAPH_OUTPUT = 12;
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9, dataLocation: 14 };
const FLOAT = 1;
const EXTERNAL = 1;
const LENGTH_DELIMITED = 2;

export interface Weight {
  shape: number[];
  data: Float32Array;
}

interface Field {
  number: number;
  wire: number;
  /** The whole field, its tag included. */
  bytes: Uint8Array;
  /** What a field of bytes holds; of numbers nothing. */
  content: Uint8Array;
  value: number;
}

function readVarint(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at++];
    value += (byte & 127) * factor;
    if (byte < 128) return [value, at];
  }
}

function* fields(bytes: Uint8Array): Generator<Field> {
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    let tag: number;
    let value = 0;
    let content = bytes.subarray(0, 0);
    [tag, at] = readVarint(bytes, at);
    const wire = tag & 7;
    if (wire === 0) [value, at] = readVarint(bytes, at);
    else if (wire === LENGTH_DELIMITED) {
      [value, at] = readVarint(bytes, at);
      content = bytes.subarray(at, at + value);
      at += value;
    } else at += wire === 1 ? 8 : 4;
    yield { number: tag >> 3, wire, bytes: bytes.subarray(start, at), content, value };
  }
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function field(number: number, content: Uint8Array): Uint8Array[] {
  return [Uint8Array.from([...varint(number * 8 + LENGTH_DELIMITED), ...varint(content.length)]), content];
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function tensor(name: string, weight: Weight): Uint8Array {
  const numbers = weight.shape.flatMap((extent) => [...varint(TENSOR.dims * 8), ...varint(extent)]);
  const kind = [...varint(TENSOR.dataType * 8), FLOAT];
  const raw = new Uint8Array(weight.data.buffer, weight.data.byteOffset, weight.data.byteLength);
  return joined([Uint8Array.from([...numbers, ...kind]), ...field(TENSOR.name, text(name)), ...field(TENSOR.rawData, raw)]);
}

/** A model with its weights inside, and with further outputs.
 *
 * @param model as in a run's `graphs`: its weights are named, and elsewhere.
 * @param weights by name; those that the model does not name are left out.
 * @param outputs names of values inside the model.
 */
export function complete(model: Uint8Array, weights: Map<string, Weight>, outputs: string[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const part of fields(model)) {
    if (part.number === MODEL_GRAPH) parts.push(...field(MODEL_GRAPH, completeGraph(part.content, weights, outputs)));
    else parts.push(part.bytes);
  }
  return joined(parts);
}

function completeGraph(graph: Uint8Array, weights: Map<string, Weight>, outputs: string[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const part of fields(graph)) {
    const name = part.number === GRAPH_INITIALIZER ? externalName(part.content) : null;
    if (name === null) {
      parts.push(part.bytes);
      continue;
    }
    const weight = weights.get(name);
    if (!weight) throw new Error(`the page has no weight ${name}`);
    parts.push(...field(GRAPH_INITIALIZER, tensor(name, weight)));
  }
  for (const name of outputs) parts.push(...field(GRAPH_OUTPUT, joined(field(1, text(name)))));
  return joined(parts);
}

/** The name of a tensor whose values are elsewhere; null for one that holds them. */
function externalName(bytes: Uint8Array): string | null {
  let name = "";
  let external = false;
  for (const part of fields(bytes)) {
    if (part.number === TENSOR.name) name = new TextDecoder().decode(part.content);
    if (part.number === TENSOR.dataLocation) external = part.value === EXTERNAL;
  }
  return external ? name : null;
}
