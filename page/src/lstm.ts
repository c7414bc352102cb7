/** How a number of an LSTM's state came about: the gates, from the state before and the input. */

import { sigmoid } from "./arithmetic";
import type { Layer, Tensor, Text, Values } from "./data";
import type { Network } from "./network";
import type { Explainer } from "./study";

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

export const explainLstm: Explainer = (layer, cell, network, values) => {
  const steps = lstmSteps(layer, network, values);
  const unit = cell[cell.length - 1];
  const t = cell.length === 2 ? cell[0] : steps.length - 1;
  const now = steps[t];
  const before = t ? steps[t - 1].memory[unit] : 0;
  const words: Text = {
    en: `memory cell ${unit + 1} after step ${t + 1}: what it keeps, plus what it takes in; then how much of it shows`,
    zh: `第 ${t + 1} 步后的第 ${unit + 1} 个记忆单元：保留的部分加上写入的部分，再看输出多少`,
  };
  const name = layer.inputs[0];
  const row = Array.from({ length: values[name].shape[1] }, (_, index) => [t, index]);
  const own = layer.inside[0] ?? layer.name;
  const state = t ? Array.from(now.state, (_, index) => [t - 1, index]) : [];
  const shows = Math.tanh(now.memory[unit]);
  return {
    value: now.state[unit],
    words,
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
