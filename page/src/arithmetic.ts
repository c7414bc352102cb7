/** What the arithmetic of all layers shares. */

import type { Tensor, Text } from "./data";
import type { AxisLabels, Explanation, Term } from "./study";

/** The place of a cell in `data`. */
export function offset(shape: number[], cell: number[]): number {
  return cell.reduce((sum, index, axis) => sum * shape[axis] + index, 0);
}

/** The cell at a place in `data`. */
export function cellAt(shape: number[], place: number): number[] {
  const cell: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    cell.unshift(place % shape[axis]);
    place = Math.floor(place / shape[axis]);
  }
  return cell;
}

export function valueAt(values: Tensor, cell: number[]): number {
  return values.data[offset(values.shape, cell)];
}

/** A cell in words, counted from 1; with the names of its row and column, where they have some. */
export function cellName(cell: number[], labels: AxisLabels = {}): Text {
  const named = (index: number, names: string[] | undefined) => (names?.[index] ? ` (${names[index]})` : "");
  const [first, second, third] = cell.map((index) => index + 1);
  if (cell.length === 1) {
    const name = named(cell[0], labels.columns);
    return { en: `number ${first}${name}`, zh: `第 ${first} 个数${name}` };
  }
  if (cell.length === 2) {
    const [row, column] = [named(cell[0], labels.rows), named(cell[1], labels.columns)];
    return { en: `row ${first}${row}, number ${second}${column}`, zh: `第 ${first} 行${row}第 ${second} 个数${column}` };
  }
  return { en: `map ${third}, row ${first}, column ${second}`, zh: `第 ${third} 张特征图，第 ${first} 行第 ${second} 列` };
}

const FUNCTIONS: Record<string, { apply: (x: number) => number; text: Text }> = {
  relu: { apply: (x) => Math.max(x, 0), text: { en: "ReLU: negative values become 0", zh: "ReLU：负数变成 0" } },
  tanh: { apply: Math.tanh, text: { en: "tanh, between −1 and 1", zh: "tanh，介于 −1 与 1 之间" } },
  sigmoid: {
    apply: (x) => 1 / (1 + Math.exp(-x)),
    text: { en: "sigmoid, between 0 and 1", zh: "sigmoid，介于 0 与 1 之间" },
  },
};

export function sigmoid(x: number): number {
  return FUNCTIONS.sigmoid.apply(x);
}

/** The step of an activation function; none for "linear". */
export function activationSteps(activation: unknown, x: number): Explanation["steps"] {
  const known = FUNCTIONS[String(activation)];
  return known ? [{ text: known.text, value: known.apply(x) }] : [];
}

export function sum(terms: Term[]): number {
  return terms.reduce((total, { value, weight }) => total + value * (weight ?? 1), 0);
}

/** A weighted sum, plus a bias, through an activation function. */
export function weightedSum(
  words: Text,
  terms: Term[],
  bias: number | undefined,
  activation: unknown,
  sources: Explanation["sources"],
): Explanation {
  const steps: Explanation["steps"] = [];
  let value = sum(terms);
  if (bias !== undefined) {
    value += bias;
    steps.push({ text: { en: `plus the bias, ${signed(bias)}`, zh: `加上偏置 ${signed(bias)}` }, value });
  }
  const activated = activationSteps(activation, value);
  steps.push(...activated);
  return { value: activated.at(-1)?.value ?? value, words, terms, steps, sources };
}

export function signed(value: number): string {
  return String(Number(value.toPrecision(4))).replace("-", "−");
}

/** A value that is taken over from one cell. */
export function copied(words: Text, name: string, cell: number[], value: number): Explanation {
  return { value, words, terms: [{ label: cellName(cell), value }], steps: [], sources: [{ name, cells: [cell] }] };
}
