/** Where the cells of an array are on a canvas. */

import type { AxisLabels } from "./study";

export interface Layout {
  width: number;
  height: number;
  /** Pixels of the width of a cell, and of its height unless it is one of a matrix of many columns. */
  cell: number;
  high: number;
  /** Room for the names of rows and columns. */
  left: number;
  top: number;
  /** Left, top of a cell. */
  place(cell: number[]): [x: number, y: number];
  /** The cell at a point; null beside all. */
  hit(x: number, y: number): number[] | null;
}

const GAP = 6;

/** Pixels from which on a number can be read in a cell; of up to 16 columns, rather than that, the band scrolls. */
export const READABLE = 28;

/** A layout for the shape of an array, in so many pixels of width. */
export function layoutFor(shape: number[], width: number, labels: AxisLabels = {}): Layout {
  if (shape.length === 3) return maps(shape, width);
  if (shape.length === 2 && shape[0] === 1 && !labels.rows) return inOneRow(vector(shape[1], width, labels));
  if (shape.length === 2) return matrix(shape, width, labels);
  return vector(shape[0] ?? 1, width, labels);
}

/** The layout of a vector for a matrix of one row. */
function inOneRow(layout: Layout): Layout {
  return {
    ...layout,
    place: ([, column]) => layout.place([column]),
    hit: (x, y) => {
      const cell = layout.hit(x, y);
      return cell && [0, ...cell];
    },
  };
}

/** Rows of cells; with names, or few of them, one row. */
function vector(count: number, width: number, labels: AxisLabels): Layout {
  const top = labels.columns ? 18 : 0;
  const inOneRow = Boolean(labels.columns) || count <= 16;
  const fitting = count > 1024 ? 7 : count > 256 ? 10 : 14;
  const columns = inOneRow ? count : Math.min(count, tidy(Math.floor(width / fitting), count));
  const cell = Math.max(4, Math.min(inOneRow ? 56 : fitting, Math.floor(width / columns)));
  const rows = Math.ceil(count / columns);
  return {
    width: columns * cell,
    height: top + rows * cell,
    cell,
    high: cell,
    left: 0,
    top,
    place: ([index]) => [(index % columns) * cell, top + Math.floor(index / columns) * cell],
    hit: (x, y) => {
      const [row, column] = [Math.floor((y - top) / cell), Math.floor(x / cell)];
      const index = row * columns + column;
      return y >= top && column >= 0 && column < columns && index >= 0 && index < count ? [index] : null;
    },
  };
}

/** The largest power of two, or else half of one, that fits: rows of 8, 16, 32, 64 are easy to count. */
function tidy(fitting: number, count: number): number {
  for (const columns of [128, 96, 64, 48, 32, 16, 8]) if (columns <= fitting && columns <= count) return columns;
  return Math.max(1, Math.min(fitting, count));
}

function matrix([rows, columns]: number[], width: number, labels: AxisLabels): Layout {
  const left = labels.rows ? 12 + 8 * Math.max(...labels.rows.map((name) => Math.min(name.length, 8))) : 0;
  const top = labels.columns ? 18 : 0;
  const share = (width - left) / columns;
  const cell = share >= 5 ? Math.min(36, Math.max(columns <= 16 ? READABLE : 0, Math.floor(share))) : Math.max(2.5, share); // many columns: all at a glance
  const high = Math.max(cell, rows > 32 ? 11 : 16);
  return {
    width: left + columns * cell,
    height: top + rows * high,
    cell,
    high,
    left,
    top,
    place: ([row, column]) => [left + column * cell, top + row * high],
    hit: (x, y) => {
      const [row, column] = [Math.floor((y - top) / high), Math.floor((x - left) / cell)];
      return row >= 0 && column >= 0 && row < rows && column < columns ? [row, column] : null;
    },
  };
}

function maps([rows, columns, count]: number[], width: number): Layout {
  const wanted = count <= 3 ? 140 : count <= 32 ? 84 : count <= 64 ? 64 : 44;
  const cell = Math.max(1, Math.min(16, Math.round(Math.min(wanted, width) / columns)));
  const [high, wide] = [rows * cell + GAP, columns * cell + GAP];
  const across = Math.max(1, Math.min(count, Math.floor((width + GAP) / wide)));
  return {
    width: across * wide - GAP,
    height: Math.ceil(count / across) * high - GAP,
    cell,
    high: cell,
    left: 0,
    top: 0,
    place: ([row, column, map]) => [
      (map % across) * wide + column * cell,
      Math.floor(map / across) * high + row * cell,
    ],
    hit: (x, y) => {
      const [across_, down] = [Math.floor(x / wide), Math.floor(y / high)];
      const [row, column] = [Math.floor((y - down * high) / cell), Math.floor((x - across_ * wide) / cell)];
      const map = down * across + across_;
      const inside = across_ >= 0 && across_ < across && row >= 0 && column >= 0 && row < rows && column < columns;
      return inside && map >= 0 && map < count ? [row, column, map] : null;
    },
  };
}
