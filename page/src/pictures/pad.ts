/** A field to draw in with mouse, finger, pen or keyboard. */

import type { Text } from "../data";
import { h, label } from "../dom";
import { canvasOf, rendered } from "./canvas";
import type { Raster } from "./raster";

/** Points of a line, from 0, left and top, to 100. */
export type Stroke = [number, number][];

/** Width of the pen: about an eighth of a digit that fills the field, as thick as MNIST's strokes. */
const PEN = 8.5;
/** Pixels of the picture that is made of a drawing. */
const SIDE = 140;
const SVG = "http://www.w3.org/2000/svg";

export interface Pad {
  element: HTMLElement;
  /** What may stand apart from the pad: a hint. */
  tools: HTMLElement;
  /** What is drawn or shown: dark on white, 140×140, or the picture that was put in. */
  picture(): Raster;
  /** Whether nothing is drawn or shown. */
  isEmpty(): boolean;
  /** Replace the drawing. */
  draw(strokes: Stroke[]): void;
  /** Show a picture in place of a drawing; the next stroke begins a new one. */
  show(picture: Raster): void;
}

/** An empty pad.
 *
 * @param named what is to be drawn, for the label.
 * @param changed called after each change, while a line is drawn too.
 */
export function drawingPad(named: Text, changed: () => void): Pad {
  const field = document.createElementNS(SVG, "svg");
  field.setAttribute("viewBox", "0 0 100 100");
  field.setAttribute("aria-hidden", "true");
  const invitation = h("span", { class: "pad-invitation", "aria-hidden": "true" }, { en: "✎ draw here", zh: "✎ 在这里画" });
  const surface = h("div", { class: "pad-surface", tabindex: 0, role: "application" }, field, invitation);
  label(surface, { en: `${named.en}. ${HINT.en}`, zh: `${named.zh}。${HINT.zh}` });
  const sheet: Sheet = new Sheet(field, surface, () => {
    undo.disabled = !sheet.strokes.length;
    changed();
  });
  followPointer(surface, sheet);
  followKeys(surface, sheet);
  const undo = h("button", { type: "button", disabled: true, onclick: () => sheet.undo() }, { en: "Undo", zh: "撤销" });
  const clear = h("button", { type: "button", onclick: () => sheet.replace([]) }, { en: "Clear", zh: "清除" });
  const element = h("div", { class: "pad" }, surface, h("div", { class: "pad-buttons" }, undo, clear));
  return {
    element,
    tools: h("p", { class: "hint" }, HINT),
    picture: () => sheet.shown ?? pictureOf(sheet.strokes),
    isEmpty: () => !sheet.shown && !sheet.strokes.length,
    draw: (strokes) => sheet.replace(strokes),
    show: (picture) => sheet.show(picture),
  };
}

const HINT = {
  en: "Draw with mouse, finger or pen. On the keyboard, arrow keys move the pen; hold the space bar to draw.",
  zh: "用鼠标、手指或触控笔画；用键盘时，方向键移动画笔，按住空格键落笔。",
};

/** A drawing as a picture, dark on white. */
export function pictureOf(strokes: Stroke[], side = SIDE): Raster {
  return rendered(side, side, (pen) => {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, side, side);
    pen.scale(side / 100, side / 100);
    Object.assign(pen, { lineWidth: PEN, lineCap: "round", lineJoin: "round", strokeStyle: "#000" });
    for (const [first, ...rest] of strokes) {
      pen.beginPath();
      pen.moveTo(...first);
      for (const point of rest.length ? rest : [first]) pen.lineTo(...point);
      pen.stroke();
    }
  });
}

/** The drawing of a pad, and what shows it. */
class Sheet {
  strokes: Stroke[] = [];
  /** Where the keyboard's pen is. */
  at: [number, number] = [50, 50];
  shown: Raster | null = null;
  drawing = false;
  private readonly pen = document.createElementNS(SVG, "circle");
  private waiting = 0;

  constructor(
    private readonly field: SVGSVGElement,
    private readonly surface: HTMLElement,
    private readonly changed: () => void,
  ) {
    this.pen.setAttribute("class", "pad-pen");
    this.pen.setAttribute("r", String(PEN / 2));
    field.append(this.pen);
  }

  begin(point: [number, number]): void {
    if (this.shown) this.forget();
    this.strokes.push([point]);
    this.surface.classList.add("drawn-on");
    this.drawing = true;
    const line = document.createElementNS(SVG, "polyline");
    line.setAttribute("stroke-width", String(PEN));
    this.field.insertBefore(line, this.pen);
    this.redraw();
  }

  extend(points: [number, number][]): void {
    this.strokes.at(-1)?.push(...points);
    this.redraw();
  }

  end(): void {
    this.drawing = false;
  }

  /** Take the last stroke back; a picture that is shown has none. */
  undo(): void {
    if (this.strokes.length) this.replace(this.strokes.slice(0, -1));
  }

  replace(strokes: Stroke[]): void {
    this.forget();
    for (const [first, ...rest] of strokes) {
      this.begin(first);
      this.extend(rest);
    }
    this.end();
    this.redraw();
  }

  show(picture: Raster): void {
    this.forget();
    this.shown = picture;
    this.surface.prepend(canvasOf(picture));
    this.redraw();
  }

  /** Move the keyboard's pen, with a line if it is down. */
  move(right: number, down: number): void {
    this.at = [this.at[0] + right, this.at[1] + down].map((to) => Math.min(97, Math.max(3, to))) as [number, number];
    this.pen.setAttribute("cx", String(this.at[0]));
    this.pen.setAttribute("cy", String(this.at[1]));
    if (this.drawing) this.extend([this.at]);
  }

  private forget(): void {
    this.surface.classList.remove("drawn-on");
    this.shown = null;
    this.strokes = [];
    this.surface.querySelector("canvas")?.remove();
    for (const line of this.field.querySelectorAll("polyline")) line.remove();
  }

  /** Shows the last line as it is now, and tells of it once before the next frame. */
  private redraw(): void {
    const lines = this.field.querySelectorAll("polyline");
    const last = this.strokes.at(-1);
    if (last) {
      const points = last.length > 1 ? last : [last[0], last[0]];
      const written = points.map((point) => point.map((to) => to.toFixed(1)).join());
      lines[lines.length - 1]?.setAttribute("points", written.join(" "));
    }
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.changed();
    });
  }
}

function followPointer(surface: HTMLElement, sheet: Sheet): void {
  const place = (event: PointerEvent): [number, number] => {
    const box = surface.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * 100, ((event.clientY - box.top) / box.height) * 100];
  };
  let held: number | null = null;
  surface.addEventListener("pointerdown", (event) => {
    if (event.button || held !== null) return;
    event.preventDefault();
    surface.focus({ preventScroll: true });
    surface.classList.add("by-pointer");
    held = event.pointerId;
    surface.setPointerCapture(held);
    sheet.begin(place(event));
  });
  surface.addEventListener("pointermove", (event) => {
    if (event.pointerId !== held) return;
    const all = event.getCoalescedEvents?.() ?? [];
    sheet.extend((all.length ? all : [event]).map(place));
  });
  for (const kind of ["pointerup", "pointercancel"] as const) {
    surface.addEventListener(kind, (event) => {
      if (event.pointerId !== held) return;
      held = null;
      sheet.end();
    });
  }
}

const MOVES: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function followKeys(surface: HTMLElement, sheet: Sheet): void {
  surface.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move && event.key !== " " && event.key !== "Backspace" && event.key !== "Delete") return;
    event.preventDefault();
    surface.classList.remove("by-pointer");
    const step = event.shiftKey ? 1 : 4;
    if (move) sheet.move(move[0] * step, move[1] * step);
    else if (event.key !== " ") sheet.undo();
    else if (!sheet.drawing) sheet.begin(sheet.at);
  });
  surface.addEventListener("keyup", (event) => {
    if (event.key === " ") sheet.end();
  });
  surface.addEventListener("blur", () => sheet.end());
  sheet.move(0, 0);
}
