/** Pictures of values 0 … 255 on canvases, one pixel for one. */

import { h, label, type Tensor, type Text } from "etudes-page";

export interface Picture {
  shape: number[];
  data: ArrayLike<number>;
}

/** Paint a picture; the canvas gets its size. Values are rounded as NumPy rounds them. */
export function paintPicture(canvas: HTMLCanvasElement, { shape, data }: Picture): void {
  const [rows, columns, channels] = shape;
  canvas.width = columns;
  canvas.height = rows;
  const image = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    for (let k = 0; k < 3; k++) image.data[4 * i + k] = data[i * channels + (channels === 3 ? k : 0)];
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

/** A canvas with a picture, or for one. */
export function pictureCanvas(name: Text, picture?: Picture): HTMLCanvasElement {
  const canvas = h("canvas", { class: "pixels", role: "img" });
  label(canvas, name);
  if (picture) paintPicture(canvas, picture);
  return canvas;
}

/** The pictures of a batch. */
export function split(batch: Tensor): Picture[] {
  const [count, ...shape] = batch.shape;
  const size = shape.reduce((product, extent) => product * extent, 1);
  return Array.from({ length: count }, (_, index) => ({ shape, data: batch.data.subarray(index * size, (index + 1) * size) }));
}

/** The mean square of the difference of two pictures. */
export function distance(one: Picture, other: Picture): number {
  let sum = 0;
  for (let i = 0; i < one.data.length; i++) sum += (one.data[i] - other.data[i]) ** 2;
  return sum / one.data.length;
}
