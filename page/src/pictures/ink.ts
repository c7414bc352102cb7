/** Which side of a drawing is the ink: `ink_of` of `etudes.data.drawings`. */

import { type Plane, closing, opening } from "./filters";
import { type Raster, roundHalfEven } from "./raster";

/** Whether strokes are lighter or darker than what they are drawn on; empty where a picture is no drawing. */
export type Ink = "light" | "dark" | "";

/** Pixels of the shorter side from which on a picture may have a shadow with an edge. */
const LARGE = 64;
/** Part of each side that is taken for the edge, where a drawing has its background. */
const RING = 0.06;

/** Whether a picture is drawn dark on light or light on dark; empty if it is no drawing.
 *
 * Strokes are what differs from the edge, in one sense only; light that falls off smoothly is no difference. Where a
 * shadow with an edge crosses a large picture, they are the smaller part of what is dark and light close together.
 */
export function inkOf(picture: Raster): Ink {
  const grey = meanOfChannels(picture);
  const { difference, noise } = fromTheEdge(grey);
  const least = Math.max(24, 4 * noise);
  let [count, sum, size] = [0, 0, 0];
  for (const off of difference) {
    if (Math.abs(off) <= least) continue;
    count++;
    sum += off;
    size += Math.abs(off);
  }
  const share = count / difference.length;
  const signed = sum / Math.max(size, 1);
  const found: Ink = !(0.002 <= share && share <= 0.6) || Math.abs(signed) < 0.5 ? "" : signed > 0 ? "light" : "dark";
  const clean = Math.min(grey.height, grey.width) < LARGE || (found !== "" && noise < 1);
  return clean ? found : inkWithinShadows(grey, found);
}

function meanOfChannels({ height, width, channels, data }: Raster): Plane {
  const mean = new Float32Array(height * width);
  for (let i = 0; i < mean.length; i++) {
    mean[i] = channels === 1 ? data[i] : (data[3 * i] + data[3 * i + 1] + data[3 * i + 2]) / 3;
  }
  return { height, width, data: mean };
}

/** The ink of a large picture, given what its edge shows; empty where much is neither dark nor light. */
function inkWithinShadows(grey: Plane, found: Ink): Ink {
  const values = meansOfBlocks(grey, Math.max(1, Math.floor(Math.min(grey.height, grey.width) / 96)));
  const window = roundHalfEven(0.7 * Math.min(values.height, values.width));
  const dark = opening(values, window).data;
  const lightest = closing(values, window).data;
  let [weights, light, between] = [0, 0, 0];
  for (let i = 0; i < dark.length; i++) {
    const contrast = Math.fround(lightest[i] - dark[i]);
    if (contrast <= 24) continue;
    const weight = contrast * contrast;
    const level = Math.fround((values.data[i] - dark[i]) / contrast); // 0 as dark as anything near, 1 as light
    weights += weight;
    light += weight * level;
    if (level > Math.fround(0.2) && level < Math.fround(0.8)) between += weight;
  }
  if (!weights) return found;
  if (between / weights > (found ? 0.5 : 0.35)) return "";
  if (Math.abs(light / weights - 0.5) < 0.1) return found;
  return light / weights > 0.5 ? "dark" : "light";
}

function meansOfBlocks({ height, width, data }: Plane, side: number): Plane {
  if (side === 1) return { height, width, data };
  const [lines, columns] = [Math.ceil(height / side), Math.ceil(width / side)];
  const means = new Float32Array(lines * columns);
  for (let v = 0; v < lines; v++) {
    for (let u = 0; u < columns; u++) {
      const [bottom, right] = [Math.min((v + 1) * side, height), Math.min((u + 1) * side, width)];
      let sum = 0;
      for (let y = v * side; y < bottom; y++) for (let x = u * side; x < right; x++) sum += data[y * width + x];
      means[v * columns + u] = sum * (1 / ((bottom - v * side) * (right - u * side)));
    }
  }
  return { height: lines, width: columns, data: means };
}

/** How each pixel differs from a surface of second degree through the edge, and how far the edge itself is off it.
 *
 * The noise is infinite where the edge is not even, as it is in most photographs of anything but paper.
 */
function fromTheEdge(grey: Plane): { difference: Float32Array; noise: number } {
  const { height, width, data } = grey;
  const along = (i: number, n: number) => (n > 1 ? -1 + (2 / (n - 1)) * i : -1);
  const columnsAt = Float32Array.from({ length: width }, (_, i) => along(i, width));
  const linesAt = Float32Array.from({ length: height }, (_, i) => along(i, height));
  const powers = (i: number) => {
    const [x, y] = [columnsAt[i % width], linesAt[Math.floor(i / width)]];
    return [1, x, y, x * x, x * y, y * y];
  };
  const [rows, columns] = [height, width].map((side) => Math.max(1, roundHalfEven(RING * side)));
  const edge: number[] = [];
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    if (y < rows || y >= height - rows || x < columns || x >= width - columns) edge.push(i);
  }
  const known = edge.map(powers);
  const values = edge.map((i) => data[i]);
  let kept = values.map(() => true);
  let surface: number[] = [];
  let middle = 0;
  for (let round = 0; round < 4; round++) { // strokes that reach the edge are left out
    surface = leastSquares(known.filter((_, i) => kept[i]), values.filter((_, i) => kept[i]));
    const off = values.map((value, i) => Math.abs(value - dot(known[i], surface)));
    middle = median(off);
    const most = Math.max(12, 2.5 * middle);
    kept = off.map((distance) => distance <= most);
  }
  const noise = 1.48 * middle;
  const even = kept.filter(Boolean).length / kept.length > 0.6 && noise < 20;
  return { difference: data.map((value, i) => value - dot(powers(i), surface)), noise: even ? noise : Infinity };
}

function dot(a: number[], b: number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function median(values: number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The coefficients with the least squared error; of several, nearly the shortest. */
function leastSquares(known: number[][], values: number[]): number[] {
  const size = 6;
  const matrix = Array.from({ length: size }, (_, row) =>
    Array.from({ length: size + 1 }, (_, column) => {
      let sum = row === column ? 1e-9 * known.length : 0;
      for (let i = 0; i < known.length; i++) sum += known[i][row] * (column < size ? known[i][column] : values[i]);
      return sum;
    }),
  );
  for (let pivot = 0; pivot < size; pivot++) {
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = matrix[row][pivot] / matrix[pivot][pivot];
      for (let column = pivot; column <= size; column++) matrix[row][column] -= factor * matrix[pivot][column];
    }
  }
  return matrix.map((row, i) => row[size] / row[i]);
}
