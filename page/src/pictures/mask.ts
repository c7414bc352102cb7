/** A picture of which a part can be covered by a grey square, and which can be mirrored. */

import type { Text } from "../data";
import { h, label, put } from "../dom";
import { paint } from "./canvas";
import { type Raster, mirrored } from "./raster";

/** The grey of a cover; that of the augmentation "cutout". */
export const GREY = 128;

/** A square that covers a part of a picture, in pixels; parts of it may lie outside. */
export interface Square {
  top: number;
  left: number;
  side: number;
}

/** A picture with a square of it in grey. */
export function covered(picture: Raster, { top, left, side }: Square): Raster {
  const { height, width, channels } = picture;
  const data = picture.data.slice();
  for (let y = Math.max(0, top); y < Math.min(height, top + side); y++) {
    const [from, to] = [Math.max(0, left), Math.min(width, left + side)];
    if (to > from) data.fill(GREY, (y * width + from) * channels, (y * width + to) * channels);
  }
  return { ...picture, data };
}

export interface Editor {
  element: HTMLElement;
  /** What may stand apart from the picture: the size of the cover, and a hint. */
  tools: HTMLElement;
  /** The picture as it is now, mirrored and covered. */
  picture(): Raster;
  /** The picture as it is now without the cover. */
  uncovered(): Raster;
  /** Replace the picture; nothing of it is covered, nor is it mirrored. */
  set(picture: Raster): void;
  /** Cover a part, or none. */
  cover(square: Square | null): void;
}

/** A picture to change.
 *
 * @param named what it shows, for the label.
 * @param changed called after each change by the reader.
 */
export function pictureEditor(named: Text, first: Raster, changed: () => void): Editor {
  let whole = first;
  let square: Square | null = null;
  let side = Math.round(0.3 * Math.min(first.height, first.width));
  const canvas = h("canvas", { class: "pixels" });
  const surface = h("div", { class: "mask-surface", tabindex: 0, role: "application" }, canvas);
  label(surface, { en: `${named.en}. ${HINT.en}`, zh: `${named.zh}。${HINT.zh}` });
  const picture = () => (square ? covered(whole, square) : whole);
  const toggle = h("button", { type: "button" });
  const redraw = () => {
    paint(canvas, picture());
    put(toggle, square ? { en: "Uncover", zh: "取消遮挡" } : { en: "Cover a part", zh: "遮住一部分" });
    size.disabled = !square;
    size.value = String(side);
    put(shown, square ? { en: `${side} × ${side} pixels`, zh: `${side} × ${side} 像素` } : { en: "none", zh: "未遮挡" });
  };
  const change = (next: Square | null) => {
    square = next;
    side = next?.side ?? side;
    redraw();
    changed();
  };
  const around = (y: number, x: number): Square =>
    ({ top: Math.round(y - side / 2), left: Math.round(x - side / 2), side });
  const middle = () => around(whole.height / 2, whole.width / 2);
  toggle.addEventListener("click", () => change(square ? null : middle()));
  const flip = () => {
    whole = mirrored(whole);
    change(square && { ...square, left: whole.width - square.left - square.side });
  };
  const grow = () => {
    if (!square) return;
    side = Number(size.value);
    change(around(square.top + square.side / 2, square.left + square.side / 2));
  };
  const mirror = h("button", { type: "button", onclick: flip }, { en: "Mirror", zh: "左右翻转" });
  const shorter = Math.min(first.height, first.width);
  const [least, most] = [0.1, 0.8].map((part) => Math.max(1, Math.round(part * shorter)));
  const size = h("input", { type: "range", min: least, max: most, value: side, oninput: grow });
  const shown = h("output");
  const sized = h("label", { class: "mask-size" }, { en: "size of the cover", zh: "遮挡块大小" }, size, shown);
  followPointer(surface, () => whole, (y, x) => change(around(y, x)));
  followKeys(surface, () => whole, () => square ?? middle(), change);
  redraw();
  return {
    element: h("div", { class: "mask" }, surface, h("div", { class: "mask-buttons" }, mirror, toggle)),
    tools: h("div", null, sized, h("p", { class: "hint" }, HINT)),
    picture,
    uncovered: () => whole,
    cover: change,
    set: (next) => {
      [whole, square] = [next, null];
      redraw();
    },
  };
}

const HINT = {
  en: "Click or drag on the picture to cover a part. On the keyboard, arrow keys move the cover, Delete takes it off.",
  zh: "在图上点击或拖动可以遮住一部分；用键盘时，方向键移动遮挡块，Delete 键取消。",
};

function followPointer(surface: HTMLElement, whole: () => Raster, cover: (y: number, x: number) => void): void {
  const follow = (event: PointerEvent) => {
    const box = surface.getBoundingClientRect();
    const { height, width } = whole();
    cover(((event.clientY - box.top) / box.height) * height, ((event.clientX - box.left) / box.width) * width);
  };
  surface.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    surface.focus({ preventScroll: true });
    surface.setPointerCapture(event.pointerId);
    follow(event);
  });
  surface.addEventListener("pointermove", (event) => {
    if (surface.hasPointerCapture(event.pointerId)) follow(event);
  });
}

const MOVES: Record<string, [number, number]> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

function followKeys(
  surface: HTMLElement,
  whole: () => Raster,
  square: () => Square,
  change: (next: Square | null) => void,
): void {
  surface.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move && event.key !== "Delete" && event.key !== "Backspace" && event.key !== "Escape") return;
    event.preventDefault();
    if (!move) return change(null);
    const at = square();
    const step = Math.max(1, Math.round(Math.min(whole().height, whole().width) / 16));
    change({ ...at, top: at.top + move[0] * step, left: at.left + move[1] * step });
  });
}
