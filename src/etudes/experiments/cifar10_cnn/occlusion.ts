/** What mattered for an answer: parts of the picture are covered in turn, and the answer is asked for each time. */

import { percent, type Network, type Tensor, h, label, put } from "etudes-page";
import { type ClassifierInfo, bestOf, className } from "etudes-page/classifier";
import { paint as paintColours, scaleOf } from "etudes-page/colours";
import { paint } from "etudes-page/pictures/canvas";
import { type Square, covered } from "etudes-page/pictures/mask";
import { type Raster, toColour, toFloats, toGrey } from "etudes-page/pictures/raster";
import "./page.css";

/** Side of the cover, and steps from one to the next, as parts of the picture's shorter side. */
const SIDE = 0.25;
const STEPS = 10;
/** Pictures that go through the network together. */
const BATCH = 16;
/** Milliseconds without a change before the work begins. */
const PAUSE = 500;

const TITLE = { en: "What mattered", zh: "哪里最重要" };
const HINT = {
  en: "A grey square covers one part after another, and each time the network answers anew. Orange: without this part the answer falls. Blue: it rises.",
  zh: "用灰色方块依次遮住每个部分，每次都让网络重新回答。橙色：遮住这里，概率下降；蓝色：概率上升。",
};

const WHOLE = { en: "For the whole picture:", zh: "对没有遮挡的图：" };

/** How far the answer falls where a square covers the picture. */
interface Fall {
  square: Square;
  fall: number;
}

export class Occlusion {
  readonly element: HTMLElement;
  /** Covers a part of the reader's picture; null where it is drawn rather than shown. */
  cover: ((square: Square) => void) | null = null;
  private readonly picture = h("canvas", { class: "pixels" });
  private readonly map = h("canvas", { class: "pixels heat", role: "img" });
  private readonly words = h("div", { class: "occlusion-words", role: "status" });
  private last: Raster | null = null;
  private timer = 0;
  private turn = 0;

  constructor(private readonly network: Network, private readonly info: ClassifierInfo) {
    label(this.map, { en: "which parts of the picture mattered", zh: "图片的哪些部分重要" });
    const stack = h("div", { class: "occlusion-map" }, this.picture, this.map);
    this.element = h("div", { class: "occlusion" }, stack, h("div", null, h("h2", null, TITLE), h("p", { class: "hint" }, HINT), h("p", { class: "whole" }, WHOLE), this.words));
  }

  /** Look at a picture, once it has not changed for a moment.
   *
   * @param isCovered whether a part of it is covered now; what is said here is of the whole.
   */
  look(picture: Raster, isCovered: boolean): void {
    this.element.classList.toggle("of-whole", isCovered);
    if (picture === this.last) return;
    this.last = picture;
    const turn = ++this.turn;
    clearTimeout(this.timer);
    this.map.classList.add("old");
    this.timer = window.setTimeout(() => void this.work(picture, turn), PAUSE);
  }

  private async work(picture: Raster, turn: number): Promise<void> {
    const [before] = await this.answers([picture]);
    const best = bestOf(before);
    const squares = squaresOn(picture);
    const falls: Fall[] = [];
    let worst = { fall: -Infinity, square: squares[0], answer: before };
    for (let start = 0; start < squares.length; start += BATCH) {
      const some = squares.slice(start, start + BATCH);
      const found = await this.answers(some.map((square) => covered(picture, square)));
      if (turn !== this.turn) return; // the picture has changed
      for (const [index, square] of some.entries()) {
        const fall = before[best] - found[index][best];
        falls.push({ square, fall });
        if (fall > worst.fall) worst = { fall, square, answer: found[index] };
      }
    }
    this.show(picture, falls);
    this.say(before, best, worst.square, worst.answer);
  }

  private async answers(pictures: Raster[]): Promise<Float32Array[]> {
    const [{ height, width, channels }] = pictures;
    const data = new Float32Array(pictures.length * height * width * channels);
    for (const [index, picture] of pictures.entries()) data.set(toFloats(picture), index * height * width * channels);
    const given: Tensor = { shape: [pictures.length, height, width, channels], data };
    const found = await this.network.predict({ [this.network.data.inputs[0].name]: given });
    const output = found[this.network.data.outputs[0]];
    const classes = output.shape[1];
    return pictures.map((_, index) => Float32Array.from(output.data.subarray(index * classes, (index + 1) * classes)));
  }

  private show(picture: Raster, falls: Fall[]): void {
    const { height, width } = picture;
    const sums = new Float32Array(height * width);
    const counts = new Float32Array(height * width);
    for (const { square, fall } of falls) {
      for (let y = Math.max(0, square.top); y < Math.min(height, square.top + square.side); y++) {
        for (let x = Math.max(0, square.left); x < Math.min(width, square.left + square.side); x++) {
          sums[y * width + x] += fall;
          counts[y * width + x]++;
        }
      }
    }
    const means = sums.map((sum, i) => sum / Math.max(counts[i], 1));
    const image = new ImageData(width, height);
    const scale = Math.max(scaleOf(means), 0.02); // where nothing matters, nothing is coloured
    paintColours(image.data, means, scale);
    for (let i = 0; i < means.length; i++) image.data[4 * i + 3] = Math.round(30 + 190 * Math.min(1, Math.abs(means[i]) / scale));
    paint(this.picture, toColour(toGrey(picture)));
    this.map.width = width;
    this.map.height = height;
    this.map.getContext("2d")?.putImageData(image, 0, 0);
    this.map.classList.remove("old");
  }

  private say(before: Float32Array, best: number, square: Square, after: Float32Array): void {
    const { class_names: names, source } = this.info;
    const [was, now] = [className(names[best], source), className(names[bestOf(after)], source)];
    const [from, to] = [percent(before[best]), percent(after[best])];
    const changed = bestOf(after) !== best;
    const share = percent(after[bestOf(after)]);
    const then = changed
      ? { en: `, and the answer becomes “${now.en}”, ${share}`, zh: `，答案变成“${now.zh}”（${share}）` }
      : { en: `, but the answer stays “${was.en}”`, zh: `，但答案仍是“${was.zh}”` };
    const text = {
      en: `The part that mattered most: without it, “${was.en}” falls from ${from} to ${to}${then.en}.`,
      zh: `最重要的部分：遮住它，“${was.zh}”从 ${from} 降到 ${to}${then.zh}。`,
    };
    const button = h("button", { type: "button", onclick: () => this.cover?.(square) }, { en: "Cover it", zh: "遮住它" });
    put(this.words, h("p", null, text), this.cover ? button : null);
  }
}

/** Squares at equal distances, the outer ones half beyond the edge. */
function squaresOn({ height, width }: Raster): Square[] {
  const shorter = Math.min(height, width);
  const side = Math.max(2, Math.round(SIDE * shorter));
  const step = Math.max(1, Math.round(shorter / STEPS));
  const squares: Square[] = [];
  for (let y = 0; y <= height; y += step) {
    for (let x = 0; x <= width; x += step) squares.push({ top: y - (side >> 1), left: x - (side >> 1), side });
  }
  return squares;
}
