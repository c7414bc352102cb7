/** Pillow's `Image.resize`, `reduce` and `thumbnail`, to the bit: two passes, each rounded to 8 bits.
 *
 * Source: Pillow's documentation of filters, and its `Resample.c` and `Reduce.c`.
 */

import { type Raster, raster } from "./raster";

/** Left, top, right and bottom, in pixels and parts of them. */
export type Box = [number, number, number, number];

interface Filter {
  weight: (distance: number) => number;
  support: number;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

/** A truncated sinc: sharp, for pictures. */
export const LANCZOS: Filter = { weight: (x) => (-3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0), support: 3 };
/** The mean of the pixels that fall into one. */
export const BOX: Filter = { weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0), support: 0.5 };

/** Bits after the point of a weight. */
const PRECISION = 22;

/** How the pixels of one line are made of another's: for each, the first that it takes, and the weights from there. */
interface Weights {
  first: number[];
  weights: Int32Array[];
}

function weightsFor(size: number, from: number, to: number, count: number, filter: Filter): Weights {
  const scale = Math.fround(to - from) / count;
  const stretch = Math.max(scale, 1);
  const support = filter.support * stretch;
  const result: Weights = { first: [], weights: [] };
  for (let i = 0; i < count; i++) {
    const centre = from + (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(size, Math.trunc(centre + support + 0.5));
    const off = (k: number) => (k + first - centre + 0.5) * (1 / stretch);
    const exact = Array.from({ length: end - first }, (_, k) => filter.weight(off(k)));
    const sum = exact.reduce((total, weight) => total + weight, 0);
    result.first.push(first);
    result.weights.push(
      Int32Array.from(exact, (weight) => {
        const share = sum === 0 ? weight : weight / sum;
        return Math.trunc(share * 2 ** PRECISION + (share < 0 ? -0.5 : 0.5));
      }),
    );
  }
  return result;
}

/** A picture, or a part of it, in another size. */
export function resize(picture: Raster, height: number, width: number, filter: Filter, box?: Box): Raster {
  const [left, top, right, bottom] = (box ?? [0, 0, picture.width, picture.height]).map(Math.fround);
  let result = picture;
  if (width !== picture.width || left || right !== width) {
    result = acrossLines(result, weightsFor(picture.width, left, right, width, filter));
  }
  if (height !== picture.height || top || bottom !== height) {
    result = acrossColumns(result, weightsFor(picture.height, top, bottom, height, filter));
  }
  return result;
}

function acrossLines(picture: Raster, { first, weights }: Weights): Raster {
  const { channels, data } = picture;
  const result = raster(picture.height, first.length, channels);
  let at = 0;
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < first.length; x++) {
      for (let c = 0; c < channels; c++) {
        let sum = 1 << (PRECISION - 1);
        let from = (y * picture.width + first[x]) * channels + c;
        for (const weight of weights[x]) {
          sum += data[from] * weight;
          from += channels;
        }
        result.data[at++] = clipped(sum);
      }
    }
  }
  return result;
}

function acrossColumns(picture: Raster, { first, weights }: Weights): Raster {
  const length = picture.width * picture.channels;
  const result = raster(first.length, picture.width, picture.channels);
  for (let y = 0; y < first.length; y++) {
    for (let x = 0; x < length; x++) {
      let sum = 1 << (PRECISION - 1);
      let from = first[y] * length + x;
      for (const weight of weights[y]) {
        sum += picture.data[from] * weight;
        from += length;
      }
      result.data[y * length + x] = clipped(sum);
    }
  }
  return result;
}

function clipped(sum: number): number {
  return Math.min(255, Math.max(0, sum >> PRECISION));
}

/** The means of blocks of pixels; those at the right and lower edge may be smaller. */
export function reduce(picture: Raster, down: number, across: number): Raster {
  const { height, width, channels, data } = picture;
  const result = raster(Math.ceil(height / down), Math.ceil(width / across), channels);
  let at = 0;
  for (let top = 0; top < height; top += down) {
    for (let left = 0; left < width; left += across) {
      const bottom = Math.min(top + down, height);
      const right = Math.min(left + across, width);
      const count = (bottom - top) * (right - left);
      const share = Math.trunc(Math.fround(2 ** 32 / (256 * count)));
      for (let c = 0; c < channels; c++) {
        let sum = Math.floor(count / 2);
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) sum += data[(y * width + x) * channels + c];
        }
        result.data[at++] = Math.floor((sum * share) / 2 ** 24);
      }
    }
  }
  return result;
}

/** A picture whose longer side has at most so many pixels, in its proportions; itself if it has no more. */
export function thumbnail(picture: Raster, side: number): Raster {
  const { height, width } = picture;
  if (height <= side && width <= side) return picture;
  const aspect = width / height;
  const nearest = (exact: number, off: (size: number) => number) => {
    const [below, above] = [Math.floor(exact), Math.ceil(exact)];
    return Math.max(1, off(above) < off(below) ? above : below);
  };
  const [toHeight, toWidth] =
    aspect <= 1
      ? [side, nearest(side * aspect, (n) => Math.abs(aspect - n / side))]
      : [nearest(side / aspect, (n) => (n === 0 ? 0 : Math.abs(aspect - side / n))), side];
  const down = Math.floor(height / toHeight / 2) || 1;
  const across = Math.floor(width / toWidth / 2) || 1;
  const reduced = down > 1 || across > 1 ? reduce(picture, down, across) : picture;
  return resize(reduced, toHeight, toWidth, BOX, [0, 0, width / across, height / down]);
}
