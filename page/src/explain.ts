/** How a cell of each of Keras's layers came about, with the numbers of the reader's own input. */

import { activationSteps, cellAt, cellName, copied, offset, valueAt, weightedSum } from "./arithmetic";
import { explainConvolution, explainTransposed, explainUpsampled } from "./convolutions";
import type { Layer, Values } from "./data";
import { explainLstm } from "./lstm";
import type { Network } from "./network";
import type { Explainer, Explanation, Term } from "./study";

const dense: Explainer = (layer, cell, network, values) => {
  const name = shapedValue(network, layer.inputs[0]);
  const { shape, data } = values[name];
  const kernel = network.weight(layer, "kernel")!;
  const [count, units] = kernel.shape;
  const unit = cell[cell.length - 1];
  const first = offset(layer.shape, [...cell.slice(0, -1), 0]) / units * count;
  const terms: Term[] = [];
  for (let i = 0; i < count; i++) {
    const from = cellAt(shape, first + i);
    terms.push({ label: cellName(from), cell: from, value: data[first + i], weight: kernel.data[i * units + unit] });
  }
  const cells = terms.map((term) => term.cell!);
  const many = count.toLocaleString("en");
  const words = {
    en: `each of the ${many} values before, times a weight of its own, summed`,
    zh: `前面的 ${many} 个值各乘以自己的权重，再求和`,
  };
  const bias = network.weight(layer, "bias")?.data[unit];
  return weightedSum(words, terms, bias, layer.config.activation, [{ name, cells }]);
};

/** A value before it was flattened, so that its places have rows, columns and maps. */
function shapedValue(network: Network, name: string): string {
  const layer = network.layer(name);
  return layer?.kind === "Flatten" ? shapedValue(network, layer.inputs[0]) : name;
}

const activation: Explainer = (layer, cell, _network, values) => {
  const name = layer.inputs[0];
  const value = valueAt(values[name], cell);
  if (layer.config.activation === "softmax") return softmax(name, cell, values);
  const kind = layer.kind === "ReLU" ? "relu" : layer.config.activation;
  const steps = activationSteps(kind, value);
  const found = copied({ en: "the value before", zh: "前面的值" }, name, cell, value);
  return { ...found, value: steps.at(-1)?.value ?? value, steps };
};

function softmax(name: string, cell: number[], values: Values): Explanation {
  const { shape } = values[name];
  const count = shape[shape.length - 1];
  const row = Array.from({ length: count }, (_, index) => [...cell.slice(0, -1), index]);
  const scores = row.map((one) => valueAt(values[name], one));
  const own = scores[cell[cell.length - 1]];
  const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
  return {
    value: Math.exp(own) / total,
    words: { en: `softmax: e raised to this score, divided by the same for all ${count} scores`, zh: `softmax：e 的该得分次方，除以全部 ${count} 个得分的同一项之和` },
    terms: scores.map((score, index) => ({ label: cellName(row[index]), cell: row[index], value: score })),
    steps: [
      { text: { en: "e raised to this score", zh: "e 的该得分次方" }, value: Math.exp(own) },
      { text: { en: `divided by the sum of all ${count}`, zh: `除以全部 ${count} 项之和` }, value: Math.exp(own) / total },
    ],
    sources: [{ name, cells: row }],
  };
}

const leakyRelu: Explainer = (layer, cell, _network, values) => {
  const name = layer.inputs[0];
  const slope = Number(layer.config.negative_slope);
  const value = valueAt(values[name], cell);
  const result = value < 0 ? slope * value : value;
  const text = { en: `leaky ReLU: negative values times ${slope}`, zh: `Leaky ReLU：负数乘以 ${slope}` };
  return { ...copied({ en: "the value before", zh: "前面的值" }, name, cell, value), value: result, steps: [{ text, value: result }] };
};

const rescaling: Explainer = (layer, cell, _network, values) => {
  const name = layer.inputs[0];
  const { scale, offset: added } = layer.config as { scale: number; offset: number };
  const value = valueAt(values[name], cell);
  const [factor, shift] = [scale, added].map((one) => String(Number(one.toPrecision(4))).replace("-", "−"));
  const steps = [{ text: { en: `times ${factor}`, zh: `乘以 ${factor}` }, value: value * scale }];
  if (added) steps.push({ text: { en: `plus ${shift}`, zh: `加上 ${shift}` }, value: value * scale + added });
  const words = { en: "the value before, brought to another range; nothing here was learned", zh: "前面的值换到另一个范围；这里没有学来的数" };
  return { ...copied(words, name, cell, value), value: value * scale + added, steps };
};

const pooling: Explainer = (layer, cell, _network, values) => {
  const name = layer.inputs[0];
  const input = values[name];
  const [rows, columns] = layer.config.pool_size as number[];
  const [down, right] = (layer.config.strides as number[] | null) ?? [rows, columns];
  const cells: number[][] = [];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const from = [cell[0] * down + r, cell[1] * right + c, cell[2]];
      if (from[0] < input.shape[0] && from[1] < input.shape[1]) cells.push(from);
    }
  }
  const terms = cells.map((from) => ({ label: cellName(from), value: valueAt(input, from) }));
  const words = { en: `the largest of ${rows}×${columns} neighbours`, zh: `${rows}×${columns} 个相邻值中最大的一个` };
  return { value: Math.max(...terms.map((term) => term.value)), words, terms, steps: [], sources: [{ name, cells }] };
};

const sameOrder: Explainer = (layer, cell, _network, values) => {
  const name = layer.inputs[0];
  const from = cellAt(values[name].shape, offset(layer.shape, cell));
  const words = { en: "the same value, in another order of rows and columns", zh: "同一个值，只是排列方式变了" };
  return copied(words, name, from, valueAt(values[name], from));
};

const repeatVector: Explainer = (layer, cell, _network, values) => {
  const name = layer.inputs[0];
  const words = { en: "the same state again, for each character of the answer", zh: "同一个状态，为答案的每个字符重复一次" };
  return copied(words, name, [cell[1]], valueAt(values[name], [cell[1]]));
};

const embedding: Explainer = (layer, cell, network, values) => {
  const name = layer.inputs[0];
  const table = network.weight(layer, "embeddings")!;
  const row = valueAt(values[name], cell.slice(0, -1));
  const column = cell[cell.length - 1];
  const words = {
    en: `number ${column + 1} of the learned vector of class ${row + 1}`,
    zh: `第 ${row + 1} 类所学向量的第 ${column + 1} 个数`,
  };
  return copied(words, name, cell.slice(0, -1), table.data[row * table.shape[1] + column]);
};

const multiply: Explainer = (layer, cell, _network, values) => {
  const parts = layer.inputs.map((name) => valueAt(values[name], cell));
  const [first, second] = parts;
  return {
    value: parts.reduce((product, part) => product * part, 1),
    words: { en: "the two values before, multiplied", zh: "前面两个值相乘" },
    terms: [{ label: cellName(cell), value: first, weight: second }],
    steps: [],
    sources: layer.inputs.map((name) => ({ name, cells: [cell] })),
  };
};

const concatenate: Explainer = (layer, cell, _network, values) => {
  let index = cell[cell.length - 1];
  for (const name of layer.inputs) {
    const { shape } = values[name];
    const size = shape[shape.length - 1];
    if (index < size) {
      const from = [...cell.slice(0, -1), index];
      return copied({ en: "taken over", zh: "原样取来" }, name, from, valueAt(values[name], from));
    }
    index -= size;
  }
  throw new RangeError("no such cell");
};

const negative: Explainer = (layer, cell, _network, values) => {
  const name = layer.inputs[0];
  const terms = [{ label: cellName(cell), value: valueAt(values[name], cell), weight: -1 }];
  return weightedSum({ en: "the value before, negated", zh: "前面的值取负" }, terms, undefined, "linear", [
    { name, cells: [cell] },
  ]);
};

const EXPLAINERS: Record<string, Explainer> = {
  Activation: activation,
  Concatenate: concatenate,
  Conv2D: explainConvolution,
  Conv2DTranspose: explainTransposed,
  Dense: dense,
  Embedding: embedding,
  Flatten: sameOrder,
  LSTM: explainLstm,
  "LSTM.states": explainLstm,
  LeakyReLU: leakyRelu,
  MaxPooling2D: pooling,
  Multiply: multiply,
  Negative: negative,
  ReLU: activation,
  RepeatVector: repeatVector,
  Rescaling: rescaling,
  Reshape: sameOrder,
  TimeDistributed: dense,
  UpsampledConv2D: explainUpsampled,
};

/** How a cell came about; null for the inputs of a network, and where nothing is known.
 *
 * @param name of the value: of a layer, or inside one.
 */
export function explain(
  network: Network,
  name: string,
  cell: number[],
  values: Values,
  own: Record<string, Explainer> = {},
): Explanation | null {
  const layer = ownerOf(network, name);
  if (!layer) return null;
  const kind = layer.kind + name.slice(layer.name.length);
  const explainer = own[kind] ?? EXPLAINERS[kind];
  return explainer ? explainer(layer, cell, network, values) : null;
}

/** The layer that a value belongs to. */
export function ownerOf(network: Network, name: string): Layer | undefined {
  return network.data.layers.find((layer) => layer.name === name || layer.inside.includes(name));
}
