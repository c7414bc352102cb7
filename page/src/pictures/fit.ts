/** Pictures in the size and the proportions that a network takes: `fit_picture` of `etudes.data.pictures`. */

import { type Raster, toColour, toGrey } from "./raster";
import { type Box, LANCZOS, resize } from "./resize";

/** What a network was trained on, as far as it decides how pictures are prepared; `info` of a classifier's page. */
export interface PictureInfo {
  source: string;
  height: number;
  width: number;
  channels: number;
  /** "light" or "dark" where one's own pictures are drawings with such strokes. */
  ink?: string;
}

/** Crop a picture to a network's proportions around its centre, then resize it. */
export function fitPicture(picture: Raster, info: PictureInfo): Raster {
  const flat = info.channels === 1 ? toGrey(picture) : toColour(picture);
  return resize(flat, info.height, info.width, LANCZOS, centreOf(picture, info.width / info.height));
}

/** The largest part around the centre with these proportions, width to height. */
export function centreOf({ height, width }: Raster, proportions: number): Box {
  let [across, down] = [width, height];
  if (width / height > proportions) across = proportions * height;
  else if (width / height < proportions) down = width / proportions;
  const [left, top] = [(width - across) * 0.5, (height - down) * 0.5];
  return [left, top, left + across, top + down];
}
