/** How a cell of a convolution came about. */

import { cellName, offset, weightedSum } from "./arithmetic";
import type { Tensor, Text } from "./data";
import type { Explainer, Explanation, Term } from "./study";

interface Window {
  /** Of the input and of the kernel: row and column of each. */
  places: { from: [number, number]; tap: [number, number] }[];
}

/** Where a window of a convolution begins, in one dimension: with padding "same" as TensorFlow pads. */
export function beginning(index: number, size: number, kernel: number, stride: number, padding: unknown): number {
  if (padding !== "same") return index * stride;
  const missing = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  return index * stride - Math.floor(missing / 2);
}

function windowAt(cell: number[], input: number[], kernel: number[], strides: number[], padding: unknown): Window {
  const [top, left] = [0, 1].map((axis) => beginning(cell[axis], input[axis], kernel[axis], strides[axis], padding));
  const places: Window["places"] = [];
  for (let r = 0; r < kernel[0]; r++) {
    for (let c = 0; c < kernel[1]; c++) {
      const [row, column] = [top + r, left + c];
      if (row >= 0 && column >= 0 && row < input[0] && column < input[1]) places.push({ from: [row, column], tap: [r, c] });
    }
  }
  return { places };
}

interface Kernel {
  shape: number[];
  /** The weight from a map to the map of the cell. */
  at(tap: [number, number], from: number): number;
}

function products(input: Tensor, window: Window, kernel: Kernel): { terms: Term[]; cells: number[][] } {
  const terms: Term[] = [];
  const cells: number[][] = [];
  for (let map = 0; map < input.shape[2]; map++) {
    for (const { from, tap } of window.places) {
      const cell = [...from, map];
      cells.push(cell);
      terms.push({ label: cellName(cell), cell, value: input.data[offset(input.shape, cell)], weight: kernel.at(tap, map) });
    }
  }
  return { terms, cells };
}

/** The map that counts most in a window, what the window sees there, and the weights. */
function strongest(input: Tensor, window: Window, kernel: Kernel): NonNullable<Explanation["window"]> {
  let [best, most] = [0, -1];
  const value = (from: [number, number], map: number) => input.data[offset(input.shape, [...from, map])];
  for (let map = 0; map < input.shape[2]; map++) {
    const size = window.places.reduce((sum, { from, tap }) => sum + Math.abs(value(from, map) * kernel.at(tap, map)), 0);
    if (size > most) [best, most] = [map, size];
  }
  const [rows, columns] = kernel.shape;
  const patch = Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
  for (const { from, tap } of window.places) patch[tap[0]][tap[1]] = value(from, best);
  const weights = patch.map((row, r) => row.map((_, c) => kernel.at([r, c], best)));
  return { map: best, patch, kernel: weights };
}

function words(rows: number, columns: number, maps: number, count: number): Text {
  const where = maps === 1 ? "" : `, in all ${maps} maps`;
  return {
    en: `a window of ${rows}×${columns}${where}: ${count} products, summed`,
    zh: `${rows}×${columns} 的窗口${maps === 1 ? "" : `，遍及全部 ${maps} 张特征图`}：${count} 个乘积之和`,
  };
}

export const explainConvolution: Explainer = (layer, cell, network, values) => {
  const name = layer.inputs[0];
  const strides = layer.config.strides as number[];
  return convolved(layer.config, strides, name, values[name], cell, network.weight(layer, "kernel")!, network.weight(layer, "bias"));
};

/** Nearest upsampling, then a convolution: the window is on the doubled map. */
export const explainUpsampled: Explainer = (layer, cell, network, values) => {
  const name = layer.inside[0];
  const config = { ...layer.config, padding: "same" };
  return convolved(config, [1, 1], name, values[name], cell, network.weight(layer, "kernel")!, network.weight(layer, "bias"));
};

interface Weights {
  shape: number[];
  data: Float32Array;
}

function convolved(
  config: Record<string, unknown>,
  strides: number[],
  name: string,
  input: Tensor,
  cell: number[],
  weights: Weights,
  bias: Weights | undefined,
): Explanation {
  const [rows, columns, maps, filters] = weights.shape;
  const kernel: Kernel = {
    shape: [rows, columns],
    at: ([r, c], map) => weights.data[((r * columns + c) * maps + map) * filters + cell[2]],
  };
  const window = windowAt(cell, input.shape, [rows, columns], strides, config.padding);
  const { terms, cells } = products(input, window, kernel);
  const found = weightedSum(words(rows, columns, maps, terms.length), terms, bias?.data[cell[2]], config.activation, [
    { name, cells },
  ]);
  return { ...found, window: strongest(input, window, kernel) };
}

/** A transposed convolution with padding "same": each cell before spreads over a window of the output. */
export const explainTransposed: Explainer = (layer, cell, network, values) => {
  const name = layer.inputs[0];
  const input = values[name];
  const weights = network.weight(layer, "kernel")!;
  const [rows, columns, filters, maps] = weights.shape;
  const strides = layer.config.strides as number[];
  const kernel: Kernel = {
    shape: [rows, columns],
    at: ([r, c], map) => weights.data[((r * columns + c) * filters + cell[2]) * maps + map],
  };
  const sizes = [rows, columns];
  const cut = sizes.map((size, axis) => Math.floor(Math.max(size - strides[axis], 0) / 2));
  const window: Window = { places: [] };
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const [down, right] = [cell[0] + cut[0] - r, cell[1] + cut[1] - c];
      const [row, column] = [down / strides[0], right / strides[1]];
      const inside = row >= 0 && column >= 0 && row < input.shape[0] && column < input.shape[1];
      if (down % strides[0] === 0 && right % strides[1] === 0 && inside) {
        window.places.push({ from: [row, column], tap: [r, c] });
      }
    }
  }
  const { terms, cells } = products(input, window, kernel);
  const text = {
    en: `the cells before that spread over this one, in all ${maps} maps: ${terms.length} products, summed`,
    zh: `前一层中铺展到此处的单元，遍及全部 ${maps} 张特征图：${terms.length} 个乘积之和`,
  };
  const bias = network.weight(layer, "bias")?.data[cell[2]];
  const found = weightedSum(text, terms, bias, layer.config.activation, [{ name, cells }]);
  return found;
};
