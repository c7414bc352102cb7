/** Pictures to and from the canvases of a browser. */

import { type Raster, fromRgba, toImageData } from "./raster";

/** Show a picture, pixel by pixel; the style enlarges it. */
export function paint(canvas: HTMLCanvasElement, picture: Raster): void {
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d")?.putImageData(toImageData(picture), 0, 0);
}

/** A canvas that shows a picture, pixel by pixel; `drawn` says what it shows to those who do not see it. */
export function canvasOf(picture: Raster): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.className = "pixels";
  paint(canvas, picture);
  return canvas;
}

/** What is drawn in a canvas of that size. */
export function rendered(height: number, width: number, draw: (pen: CanvasRenderingContext2D) => void): Raster {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("this browser gives no canvas");
  draw(pen);
  return fromRgba(pen.getImageData(0, 0, width, height).data, height, width);
}

/** A picture in a file or at an address of data, upright as its EXIF says, in the browser's sRGB. */
export async function decoded(source: Blob | string): Promise<Raster> {
  const bitmap = await createImageBitmap(typeof source === "string" ? fromDataAddress(source) : source);
  try {
    return rendered(bitmap.height, bitmap.width, (pen) => pen.drawImage(bitmap, 0, 0));
  } finally {
    bitmap.close();
  }
}

function fromDataAddress(address: string): Blob {
  const [head, body] = address.split(",");
  const bytes = Uint8Array.from(atob(body), (sign) => sign.charCodeAt(0));
  return new Blob([bytes], { type: head.slice("data:".length).split(";")[0] });
}
