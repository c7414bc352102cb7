/** How a number of an LSTM's state came about: the gates, from the state before and the input. */

import { sigmoid } from "./arithmetic";
import type { Layer, Tensor, Text, Values } from "./data";
import type { Network } from "./network";
import type { Explainer, Explanation } from "./study";

/** The gates and the memory after each step, (units,) each. */
export interface Step {
  input: Float64Array;
  forget: Float64Array;
  candidate: Float64Array;
  output: Float64Array;
  memory: Float64Array;
  state: Float64Array;
}

const computed = new WeakMap<Tensor, Map<string, Step[]>>();

/** What an LSTM computes at each step, in double precision; Keras's own functions: sigmoid and tanh.
 *
 * S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory", 1997; forget gate: F. Gers and others, 2000.
 */
export function lstmSteps(layer: Layer, network: Network, values: Values): Step[] {
  const given = values[layer.inputs[0]];
  const known = computed.get(given) ?? new Map<string, Step[]>();
  computed.set(given, known);
  const steps = known.get(layer.name) ?? computeSteps(layer, network, given);
  known.set(layer.name, steps);
  return steps;
}

function computeSteps(layer: Layer, network: Network, given: Tensor): Step[] {
  const [count, features] = given.shape;
  const units = Number(layer.config.units);
  const kernel = network.weight(layer, "kernel")!.data;
  const recurrent = network.weight(layer, "recurrent_kernel")!.data;
  const bias = network.weight(layer, "bias")?.data;
  const steps: Step[] = [];
  for (let t = 0; t < count; t++) {
    const sums = Float64Array.from({ length: 4 * units }, (_, j) => bias?.[j] ?? 0);
    for (let i = 0; i < features; i++) addRow(sums, kernel, i, given.data[t * features + i]);
    for (let i = 0; i < units && t; i++) addRow(sums, recurrent, i, steps[t - 1].state[i]);
    steps.push(stepFrom(sums, units, steps[t - 1]?.memory ?? new Float64Array(units)));
  }
  return steps;
}

function addRow(sums: Float64Array, matrix: Float32Array, row: number, factor: number): void {
  if (factor === 0) return;
  for (let j = 0; j < sums.length; j++) sums[j] += factor * matrix[row * sums.length + j];
}

/** Keras's gates are input, forget, cell, output. */
function stepFrom(sums: Float64Array, units: number, before: Float64Array): Step {
  const gate = (k: number, apply: (x: number) => number) => sums.slice(k * units, (k + 1) * units).map(apply);
  const [input, forget, candidate, output] = [gate(0, sigmoid), gate(1, sigmoid), gate(2, Math.tanh), gate(3, sigmoid)];
  const memory = before.map((value, u) => forget[u] * value + input[u] * candidate[u]);
  return { input, forget, candidate, output, memory, state: memory.map((value, u) => output[u] * Math.tanh(value)) };
}

/** What each gate is made of, in Keras's order: from the input, from the state before, the bias. */
function gateParts(layer: Layer, network: Network, given: Tensor, before: Float64Array | undefined, t: number, unit: number) {
  const [units, features] = [Number(layer.config.units), given.shape[1]];
  const kernel = network.weight(layer, "kernel")!.data;
  const recurrent = network.weight(layer, "recurrent_kernel")!.data;
  const bias = network.weight(layer, "bias")?.data;
  return [0, 1, 2, 3].map((gate) => {
    const at = gate * units + unit;
    let [fromInput, fromState] = [0, 0];
    for (let i = 0; i < features; i++) fromInput += given.data[t * features + i] * kernel[i * 4 * units + at];
    for (let i = 0; i < units && before; i++) fromState += before[i] * recurrent[i * 4 * units + at];
    return [fromInput, fromState, bias?.[at] ?? 0];
  });
}

function factorsOf(layer: Layer, network: Network, given: Tensor, steps: Step[], t: number, unit: number): NonNullable<Explanation["factors"]> {
  const parts = gateParts(layer, network, given, steps[t - 1]?.state, t, unit);
  const now = steps[t];
  const rows: [Text, number, Float64Array][] = [
    [{ en: "forget gate", zh: "遗忘门" }, 1, now.forget],
    [{ en: "input gate", zh: "输入门" }, 0, now.input],
    [{ en: "candidate", zh: "候选值" }, 2, now.candidate],
    [{ en: "output gate", zh: "输出门" }, 3, now.output],
  ];
  return {
    title: { en: "Where the gates come from: sums, then sigmoid (0 to 1); for the candidate tanh (−1 to 1).", zh: "各个门从何而来：先求和，再取 sigmoid（0 到 1）；候选值取 tanh（−1 到 1）。" },
    columns: [{ en: "from the input", zh: "来自输入" }, { en: "from the state before", zh: "来自前一状态" }, { en: "bias", zh: "偏置" }, { en: "result", zh: "结果" }],
    rows: rows.map(([label, gate, values]) => ({ label, values: [...parts[gate], values[unit]] })),
  };
}

const share = (value: number) => `${Math.round(100 * value)} %`;

function wordsOf(now: Step, t: number, unit: number): Text {
  const [keeps, takes, shows] = [now.forget, now.input, now.output].map((gate) => share(gate[unit]));
  const empty = { en: "its memory is still empty; it", zh: "记忆还是空的；" };
  const kept = { en: `it keeps ${keeps} of its memory,`, zh: `保留 ${keeps} 的记忆，` };
  const [first, which] = [t ? kept : empty, { en: `Memory cell ${unit + 1}, step ${t + 1}`, zh: `第 ${unit + 1} 个记忆单元，第 ${t + 1} 步` }];
  return {
    en: `${which.en}: ${first.en} takes in ${takes} of a new value, and shows ${shows} of the result.`,
    zh: `${which.zh}：${first.zh}写入 ${takes} 的新值，再输出结果的 ${shows}。`,
  };
}

export const explainLstm: Explainer = (layer, cell, network, values) => {
  const steps = lstmSteps(layer, network, values);
  const unit = cell[cell.length - 1];
  const t = cell.length === 2 ? cell[0] : steps.length - 1;
  const now = steps[t];
  const before = t ? steps[t - 1].memory[unit] : 0;
  const name = layer.inputs[0];
  const row = Array.from({ length: values[name].shape[1] }, (_, index) => [t, index]);
  const own = layer.inside[0] ?? layer.name;
  const state = t ? Array.from(now.state, (_, index) => [t - 1, index]) : [];
  const shows = Math.tanh(now.memory[unit]);
  return {
    value: now.state[unit],
    words: wordsOf(now, t, unit),
    factors: factorsOf(layer, network, values[name], steps, t, unit),
    terms: [
      { label: { en: "kept: memory before × forget gate", zh: "保留：之前的记忆 × 遗忘门" }, value: before, weight: now.forget[unit] },
      { label: { en: "taken in: candidate × input gate", zh: "写入：候选值 × 输入门" }, value: now.candidate[unit], weight: now.input[unit] },
    ],
    steps: [
      { text: { en: "tanh of the memory", zh: "记忆取 tanh" }, value: shows },
      {
        text: { en: `times the output gate, ${Number(now.output[unit].toPrecision(4))}`, zh: `乘以输出门 ${Number(now.output[unit].toPrecision(4))}` },
        value: now.state[unit],
      },
    ],
    sources: [
      { name, cells: row },
      { name: own, cells: state },
    ],
  };
};
