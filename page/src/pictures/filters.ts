/** What finding a drawing needs of image processing: `etudes.data.filters`, in the same arithmetic. */

/** Values of one channel: `data` of height × width values in C order. */
export interface Plane {
  height: number;
  width: number;
  data: Float32Array;
}

/** A plane of which each value is a function of that of another. */
export function mapped(plane: Plane, value: (old: number, index: number) => number): Plane {
  return { ...plane, data: Float32Array.from(plane.data, value) };
}

/** The largest of the smallest values in a square window: what is light and narrower than the window is gone. */
export function opening(values: Plane, window: number): Plane {
  const smallest = extreme(values, window, false, window >> 1);
  return extreme(smallest, window, true, (window - 1) >> 1);
}

/** The smallest of the largest values in a square window: what is dark and narrower than the window is gone. */
export function closing(values: Plane, window: number): Plane {
  const largest = extreme(values, window, true, (window - 1) >> 1);
  return extreme(largest, window, false, window >> 1);
}

/** The greatest or the least value in a square window that begins `before` pixels above and to the left. */
function extreme(values: Plane, window: number, greatest: boolean, before: number): Plane {
  const ofColumns = transposed(extremeOfColumns(values, window, greatest, before));
  return transposed(extremeOfColumns(ofColumns, window, greatest, before));
}

function extremeOfColumns({ height, width, data }: Plane, window: number, greatest: boolean, before: number): Plane {
  let lines = height + window - 1;
  let found = new Float32Array(lines * width);
  for (let y = 0; y < lines; y++) {
    const from = Math.min(Math.max(y - before, 0), height - 1) * width;
    found.set(data.subarray(from, from + width), y * width);
  }
  for (let length = 1; length < window; ) {
    const step = Math.min(length, window - length); // each is the extreme of so many pixels
    lines -= step;
    const next = new Float32Array(lines * width);
    for (let i = 0; i < next.length; i++) {
      const [one, other] = [found[i], found[i + step * width]];
      next[i] = one > other === greatest ? one : other;
    }
    found = next;
    length += step;
  }
  return { height, width, data: found };
}

function transposed({ height, width, data }: Plane): Plane {
  const other = new Float32Array(data.length);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) other[x * height + y] = data[y * width + x];
  return { height: width, width: height, data: other };
}

/** The values under a Gaussian window of that standard deviation in pixels, cut off at four of them. */
export function smoothed(values: Plane, sigma: number, edge: "nearest" | "reflect" = "reflect"): Plane {
  const reach = Math.trunc(4 * sigma + 0.5);
  const window = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp((-0.5 / (sigma * sigma)) * (i - reach) ** 2));
  const sum = window.reduce((total, weight) => total + weight, 0);
  const weights = window.map((weight) => weight / sum);
  return transposed(smoothColumns(transposed(smoothColumns(values, weights, edge)), weights, edge));
}

function smoothColumns({ height, width, data }: Plane, window: number[], edge: "nearest" | "reflect"): Plane {
  const reach = window.length >> 1;
  const nearest = (y: number) => Math.min(Math.max(y, 0), height - 1);
  const line = (y: number) => width * (edge === "nearest" ? nearest(y) : reflected(y, height));
  const result = new Float32Array(data.length);
  const total = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) total[x] = data[y * width + x] * window[reach];
    for (let off = reach; off > 0; off--) {
      const [above, below, weight] = [line(y - off), line(y + off), window[reach - off]];
      for (let x = 0; x < width; x++) total[x] += (data[above + x] + data[below + x]) * weight;
    }
    result.set(total, y * width);
  }
  return { height, width, data: result };
}

/** An index mirrored at the edges, which are doubled. */
function reflected(index: number, size: number): number {
  const within = ((index % (2 * size)) + 2 * size) % (2 * size);
  return within < size ? within : 2 * size - 1 - within;
}

/** Pixels that are in a part of a picture: 1, else 0. */
export interface Mask {
  height: number;
  width: number;
  data: Uint8Array;
}

/** A mask and all that is at most so many steps up, down, left or right of it. */
export function grown(mask: Mask, steps: number): Mask {
  const { height, width } = mask;
  let data = mask.data;
  for (let step = 0; step < steps; step++) {
    const last = data;
    data = last.map((value, i) => {
      const x = i % width;
      const beside = (x ? last[i - 1] : 0) | (x < width - 1 ? last[i + 1] : 0);
      return value | beside | (last[i - width] ?? 0) | (last[i + width] ?? 0);
    });
  }
  return { height, width, data };
}

/** For each pixel, the number of the part that it belongs to, from 1, 0 outside; parts do not touch, nor at corners. */
export function parts({ height, width, data }: Mask): Int32Array {
  const labels = new Int32Array(data.length);
  let count = 0;
  for (let start = 0; start < data.length; start++) {
    if (!data[start] || labels[start]) continue;
    labels[start] = ++count;
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const [y, x] = [Math.floor(at / width), at % width];
      for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++) {
        for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) {
          const next = v * width + u;
          if (!data[next] || labels[next]) continue;
          labels[next] = count;
          open.push(next);
        }
      }
    }
  }
  return labels;
}

/** The distance of each pixel to the nearest one of a mask that is not empty; 0 within it. */
export function distanceOutside({ height, width, data }: Mask): Float64Array {
  const columns = distancesInColumns({ height, width, data });
  const squares = columns.slice();
  let furthest = squares.reduce((most, value) => Math.max(most, value), 0);
  for (let off = 1; off < width && off * off < furthest; off++) {
    furthest = 0;
    for (let i = 0; i < squares.length; i++) {
      const x = i % width;
      let least = squares[i];
      if (x >= off) least = Math.min(least, columns[i - off] + off * off);
      if (x + off < width) least = Math.min(least, columns[i + off] + off * off);
      squares[i] = least;
      furthest = Math.max(furthest, least);
    }
  }
  return squares.map(Math.sqrt);
}

/** The square of the distance to the nearest pixel of a mask in the same column. */
function distancesInColumns({ height, width, data }: Mask): Float64Array {
  const squares = new Float64Array(data.length);
  for (let x = 0; x < width; x++) {
    let above = -height - width;
    for (let y = 0; y < height; y++) {
      if (data[y * width + x]) above = y;
      squares[y * width + x] = (y - above) ** 2;
    }
    let below = 2 * height + width;
    for (let y = height - 1; y >= 0; y--) {
      if (data[y * width + x]) below = y;
      squares[y * width + x] = Math.min(squares[y * width + x], (below - y) ** 2);
    }
  }
  return squares;
}
