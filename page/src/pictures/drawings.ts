/** The strokes of a drawing, prepared as MNIST's digits were: `find_drawing` of `etudes.data.drawings`. */

import { type Mask, type Plane, closing, distanceOutside, grown, mapped, parts, smoothed } from "./filters";
import { type Ink, inkOf } from "./ink";
import { type Raster, raster, roundHalfEven } from "./raster";
import { BOX, resize, thumbnail } from "./resize";

/** Part of MNIST's pictures that the longer side of a digit has; its centre of mass is in the middle. */
const DIGIT = 20 / 28;
/** Pixels of the longer side in which ink is looked for. */
const WORKING_SIDE = 320;
/** Thickness that thinner strokes are brought to, as a part of the drawing's longer side; MNIST's are 0.1 to 0.15. */
const THINNEST = 0.11;

/** The strokes of a picture without what they are drawn on. */
export interface Drawing {
  /** Of the strokes' box; from 0, none, to 1, full ink. */
  strokes: Plane;
  ink: Ink;
  /** Whether the picture has the proportions of MNIST's already: a square, its digit as large and in its middle. */
  likeMnist: boolean;
}

/** As `inkOf`, for a picture of any size. */
export function inkIn(picture: Raster): Ink {
  return inkOf(thumbnail(picture, WORKING_SIDE));
}

/** The strokes of a drawing that was scanned or photographed; null where there are none, or it is no drawing. */
export function findDrawing(picture: Raster): Drawing | null {
  const small = thumbnail(picture, WORKING_SIDE);
  const ink = inkOf(small);
  if (!ink) return null;
  const { height, width } = small;
  const covered = coverageOf(small, ink);
  const smooth = smoothed(covered, Math.max(height, width) / 400);
  const full = meanOfHighest(smooth.data, Math.max(1, Math.floor(smooth.data.length / 500)));
  const least = Math.fround(0.45 * full);
  const mask = largest({ height, width, data: Uint8Array.from(smooth.data, (value) => Number(value > least)) });
  const box = boxOf(mask);
  if (full < 0.08 || !box) return null;
  const near = grown(mask, 2).data;
  const most = Math.fround(0.9 * full);
  const strokes = mapped(smooth, (value, i) => (near[i] ? Math.min(1, Math.max(0, value / most)) : 0));
  const inside = cutMask(mask, box);
  const whole = Math.max(height, width);
  const sized = Math.abs(Math.max(inside.height, inside.width) / whole - DIGIT) < 0.04 && height === width;
  const off = centreOfMass(covered).map((at, axis) => Math.abs(at / [height, width][axis] - 0.5));
  const centred = Math.max(...off) < 0.03;
  return { strokes: thickEnough(cutPlane(strokes, box), inside), ink, likeMnist: sized && centred };
}

/** How much of the light is missing where there is a stroke, 0 to 1; of the channel in which it is most. */
function coverageOf({ height, width, channels, data }: Raster, ink: Ink): Plane {
  let most: Plane | undefined;
  for (let c = 0; c < channels; c++) {
    const plane = { height, width, data: new Float32Array(height * width) };
    for (let i = 0; i < plane.data.length; i++) {
      const value = data[i * channels + c];
      plane.data[i] = ink === "dark" ? value : 255 - value;
    }
    const found = coverage(plane);
    const before = most;
    most = before ? mapped(found, (value, i) => Math.max(value, before.data[i])) : found;
  }
  return most as Plane;
}

function coverage(plane: Plane): Plane {
  const window = Math.max(3, Math.floor(Math.min(plane.height, plane.width) / 3));
  const background = smoothed(closing(smoothed(plane, 1), window), window / 4, "nearest").data;
  return mapped(plane, (value, i) => {
    const light = Math.fround(value / Math.max(background[i], 1));
    return Math.min(1, Math.max(0, 1 - light));
  });
}

function meanOfHighest(values: Float32Array, count: number): number {
  const highest = values.slice().sort().subarray(-count);
  return Math.fround(highest.reduce((sum, value) => sum + value, 0) / count);
}

/** The parts of a mask that belong to the drawing: its largest part, and others that are not specks beside it. */
function largest(mask: Mask): Mask {
  const labels = parts(grown(mask, 1));
  const sizes: number[] = [];
  mask.data.forEach((inside, i) => {
    sizes[labels[i]] = (sizes[labels[i]] ?? 0) + inside;
  });
  const least = 0.08 * sizes.reduce((most, size) => Math.max(most, size), 0);
  return { ...mask, data: mask.data.map((inside, i) => Number(inside && sizes[labels[i]] >= least)) };
}

interface Corners {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

function boxOf({ height, width, data }: Mask): Corners | null {
  const box = { top: height, left: width, bottom: 0, right: 0 };
  data.forEach((inside, i) => {
    if (!inside) return;
    const [y, x] = [Math.floor(i / width), i % width];
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y + 1);
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x + 1);
  });
  return box.bottom ? box : null;
}

function cutPlane(plane: Plane, box: Corners): Plane {
  const [height, width] = [box.bottom - box.top, box.right - box.left];
  const data = new Float32Array(height * width);
  for (let i = 0; i < data.length; i++) {
    data[i] = plane.data[(box.top + Math.floor(i / width)) * plane.width + box.left + (i % width)];
  }
  return { height, width, data };
}

function cutMask(mask: Mask, box: Corners): Mask {
  const cut = cutPlane({ ...mask, data: Float32Array.from(mask.data) }, box);
  return { ...cut, data: Uint8Array.from(cut.data) };
}

/** The centre of mass, from the top and from the left, in pixels. */
function centreOfMass({ height, width, data }: Plane): [number, number] {
  let [mass, down, across] = [0, 0, 0];
  for (let i = 0; i < data.length; i++) {
    mass += data[i];
    down += data[i] * (Math.floor(i / width) + 0.5);
    across += data[i] * ((i % width) + 0.5);
  }
  return mass ? [down / mass, across / mass] : [height / 2, width / 2];
}

/** A plane with so many zeros on each side. */
function padded(plane: Plane, room: number): Plane {
  const [height, width] = [plane.height + 2 * room, plane.width + 2 * room];
  const data = new Float32Array(height * width);
  for (let y = 0; y < plane.height; y++) {
    data.set(plane.data.subarray(y * plane.width, (y + 1) * plane.width), (y + room) * width + room);
  }
  return { height, width, data };
}

/** Thin strokes made thicker, with their soft edges: those of a fine pen would vanish in a small picture. */
function thickEnough(strokes: Plane, mask: Mask): Plane {
  const alone = padded({ ...mask, data: Float32Array.from(mask.data) }, 1);
  const depth = distanceOutside({ ...alone, data: Uint8Array.from(alone.data, (value) => Number(!value)) });
  let [sum, count] = [0, 0];
  alone.data.forEach((inside, i) => {
    sum += inside * depth[i];
    count += inside;
  });
  const thickness = (4 * sum) / count; // of a long strip
  const missing = (THINNEST * Math.max(mask.height, mask.width) - thickness) / 2;
  if (missing < 0.5) return strokes;
  const room = Math.ceil(missing);
  const roomy = padded({ ...mask, data: Float32Array.from(mask.data) }, room);
  const distance = distanceOutside({ ...roomy, data: Uint8Array.from(roomy.data) });
  const soft = (i: number) => Math.min(1, Math.max(0, missing + 0.5 - distance[i]));
  return mapped(padded(strokes, room), (value, i) => Math.max(value, soft(i)));
}

/** A drawing as MNIST's digits were prepared: scaled into a box with its proportions, centred by its mass.
 *
 * The result is light on dark. Source: Y. LeCun, C. Cortes, C. Burges, the MNIST database, 1998.
 */
export function likeMnist({ strokes }: Drawing, height: number, width: number): Raster {
  const scale = (DIGIT * Math.min(height, width)) / Math.max(strokes.height, strokes.width);
  const [down, across] = [strokes.height, strokes.width].map((side) => Math.max(1, roundHalfEven(side * scale)));
  const grey = raster(strokes.height, strokes.width, 1);
  for (let i = 0; i < grey.data.length; i++) grey.data[i] = roundHalfEven(Math.fround(strokes.data[i] * 255));
  const small = resize(grey, down, across, BOX);
  const gain = 255 / Math.max(small.data.reduce((most, value) => Math.max(most, value), 0), 1);
  const levels = { height: down, width: across, data: Float32Array.from(small.data, (value) => value * gain) };
  const centre = centreOfMass(levels);
  const [top, left] = [
    [height, down],
    [width, across],
  ].map(([whole, part], axis) => Math.min(Math.max(roundHalfEven(whole / 2 - centre[axis]), 0), whole - part));
  const page = raster(height, width, 1);
  levels.data.forEach((value, i) => {
    page.data[(top + Math.floor(i / across)) * width + left + (i % across)] = roundHalfEven(value);
  });
  return page;
}
