/** A person's picture as a network expects it, and what was done to it in words: `fit_drawing` of
 * `etudes.analysis.answers` with its defaults. */

import type { Text } from "../data";
import { findDrawing, inkIn, likeMnist } from "./drawings";
import { type PictureInfo, fitPicture } from "./fit";
import { type Raster, inverted, toColour } from "./raster";

/** Sets whose pictures are light on dark. */
const LIGHT_ON_DARK = ["mnist", "digits", "fashion_mnist"];

/** A picture as a network takes it, and what was done to it. */
export interface Prepared {
  /** Of the network's height, width and channels. */
  picture: Raster;
  words: Text[];
}

/** Whether a network learned from drawings, and from which: then its input is a pad, else a photograph. */
export function inkExpected(info: PictureInfo): "light" | "dark" | "" {
  if (info.ink === "light" || info.ink === "dark") return info.ink;
  return LIGHT_ON_DARK.includes(sourceOf(info)) ? "light" : "";
}

function sourceOf(info: PictureInfo): string {
  return info.source.split(" to ").at(-1) ?? "";
}

/** A picture as a network expects it. */
export function prepare(picture: Raster, info: PictureInfo): Prepared {
  const expected = inkExpected(info);
  const sized = picture.height === info.height && picture.width === info.width;
  const found = ["mnist", "digits"].includes(sourceOf(info)) && !sized ? findDrawing(picture) : null;
  const drawing = found?.likeMnist ? null : found;
  const ink = found ? found.ink : expected ? inkIn(picture) : "";
  const words: Text[] = [];
  let result: Raster;
  if (drawing) {
    const page = likeMnist(drawing, info.height, info.width);
    result = drawing.ink === "light" ? page : inverted(page);
    if (info.channels === 3) result = toColour(result);
    words.push(CUT_OUT);
  } else {
    result = fitPicture(picture, info);
  }
  if (expected && ink && ink !== expected) {
    result = inverted(result);
    words.push(INVERTED[expected]);
  }
  return { picture: result, words };
}

const CUT_OUT = {
  en: "The drawing was cut out, scaled and centred, as MNIST's digits were.",
  zh: "画中的笔迹被裁出、缩放并居中，与 MNIST 数字的制作方式相同。",
};

const INVERTED = {
  light: {
    en: "It is dark on light and was inverted, because the network was trained on light on dark.",
    zh: "原图是浅底深字，已反色，因为网络是用深底浅字的图像训练的。",
  },
  dark: {
    en: "It is light on dark and was inverted, because the network was trained on dark on light.",
    zh: "原图是深底浅字，已反色，因为网络是用浅底深字的图像训练的。",
  },
};
