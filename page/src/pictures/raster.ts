/** Pictures as arrays: the one form in which they go to a network, whatever they came from. */

/** A picture in 8 bits: `data` of height × width × channels values in 0..255, in C order. */
export interface Raster {
  height: number;
  width: number;
  /** 1 for grey, 3 for colour. */
  channels: 1 | 3;
  data: Uint8Array;
}

/** An empty picture. */
export function raster(height: number, width: number, channels: 1 | 3): Raster {
  return { height, width, channels, data: new Uint8Array(height * width * channels) };
}

/** Grey levels as Pillow computes them from colours (ITU-R 601-2, in 16 bits). */
export function greyLevel(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** A picture in grey; itself if it is. */
export function toGrey(picture: Raster): Raster {
  if (picture.channels === 1) return picture;
  const { data } = picture;
  const grey = raster(picture.height, picture.width, 1);
  for (let i = 0; i < grey.data.length; i++) grey.data[i] = greyLevel(data[3 * i], data[3 * i + 1], data[3 * i + 2]);
  return grey;
}

/** A picture in three channels; itself if it has them. */
export function toColour(picture: Raster): Raster {
  if (picture.channels === 3) return picture;
  const colour = raster(picture.height, picture.width, 3);
  for (let i = 0; i < colour.data.length; i++) colour.data[i] = picture.data[Math.floor(i / 3)];
  return colour;
}

/** Dark and light exchanged. */
export function inverted(picture: Raster): Raster {
  return { ...picture, data: picture.data.map((value) => 255 - value) };
}

/** A picture of RGBA values, as canvases give them: what is transparent is put on white, as `etudes use` does it. Where
 * all that is visible is as white as paper, it is put on black. Grey if all of its colours are. */
export function fromRgba(rgba: ArrayLike<number>, height: number, width: number): Raster {
  const behind = backgroundFor(rgba);
  const colour = raster(height, width, 3);
  let isGrey = true;
  let highest = 0;
  for (let i = 0; i < height * width; i++) {
    const alpha = rgba[4 * i + 3];
    for (let c = 0; c < 3; c++) {
      const value = over(rgba[4 * i + c], behind, alpha);
      colour.data[3 * i + c] = value;
      highest = Math.max(highest, value);
    }
    isGrey &&= colour.data[3 * i] === colour.data[3 * i + 1] && colour.data[3 * i] === colour.data[3 * i + 2];
  }
  if (highest === 1) for (let i = 0; i < colour.data.length; i++) colour.data[i] *= 255;
  return isGrey ? toGrey(colour) : colour;
}

/** A value laid over another, in Pillow's rounding. */
function over(front: number, behind: number, alpha: number): number {
  const sum = behind * (255 - alpha) + front * alpha + 128;
  return ((sum >> 8) + sum) >> 8;
}

/** White, unless all that can be seen is as light; both in 0..255. */
function backgroundFor(rgba: ArrayLike<number>): number {
  let visible = 0;
  let light = 0;
  let least = 255;
  for (let i = 0; i < rgba.length; i += 4) {
    const alpha = rgba[i + 3];
    least = Math.min(least, alpha);
    visible += alpha;
    light += alpha * greyLevel(rgba[i], rgba[i + 1], rgba[i + 2]);
  }
  return least < 255 && visible && light / visible > 240 ? 0 : 255;
}

/** Left and right exchanged. */
export function mirrored(picture: Raster): Raster {
  const { height, width, channels, data } = picture;
  const other = raster(height, width, channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        other.data[(y * width + x) * channels + c] = data[(y * width + width - 1 - x) * channels + c];
      }
    }
  }
  return other;
}

/** Values of a picture as networks take them, float32 0..255 of shape (height, width, channels). */
export function toFloats(picture: Raster): Float32Array {
  return Float32Array.from(picture.data);
}

/** RGBA values of a picture, for a canvas. */
export function toImageData(picture: Raster): ImageData {
  const { height, width, channels, data } = picture;
  const image = new ImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = data[i * channels + (channels === 3 ? c : 0)];
    image.data[4 * i + 3] = 255;
  }
  return image;
}

/** The nearest whole number; of two as near, the even one, as in Python. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
