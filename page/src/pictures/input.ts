/** Where a reader brings a picture: a pad for networks that learned from drawings, an editor for others; both with
 * examples, and open to pictures that are dropped, chosen, pasted or taken. */

import type { Text } from "../data";
import { add, h, inLanguage, label, put } from "../dom";
import { canvasOf, decoded, paint } from "./canvas";
import { pictureDrop } from "./drop";
import type { PictureInfo } from "./fit";
import { type Square, pictureEditor } from "./mask";
import { type Pad, type Stroke, drawingPad } from "./pad";
import "./pictures.css";
import { inkExpected, prepare } from "./prepare";
import { type Raster, raster, toColour, toGrey } from "./raster";

/** A picture that comes with the page: PNG at an address of data, of the network's size. */
export interface ExamplePicture {
  picture: string;
  /** What it is; null where nobody knows. */
  truth: Text | null;
}

export interface PictureInputOptions {
  info: PictureInfo;
  /** What is to be drawn or shown. */
  named: Text;
  examples: ExamplePicture[];
  /** A drawing to begin with where there are no examples. */
  strokes: Stroke[];
  /** Called with the picture as the network takes it, after each change; null once nothing is drawn. */
  changed(picture: Raster | null): void;
  /** Called when a picture of the page is put in. */
  chosen?(): void;
}

export interface PictureInput {
  element: HTMLElement;
  /** Examples and further ways in, which may stand apart. */
  tools: HTMLElement;
  /** Put a picture of the network's size in as it is, and say what it is, if that is known. */
  put(address: string, truth: Text | null): Promise<void>;
  /** Put in the example of that number, or the drawing if there is none. */
  begin(number: number): Promise<void>;
  /** Cover a part, or none; does nothing on a pad. */
  cover(square: Square | null): void;
  /** The picture without its cover. */
  uncovered(): Raster;
}

/** The way in that suits a network. */
export function pictureInput(options: PictureInputOptions): PictureInput {
  return inkExpected(options.info) ? drawingInput(options) : photoInput(options);
}

/** A PNG of the page as the network takes it. */
async function ofNetwork(address: string, { channels }: PictureInfo): Promise<Raster> {
  const picture = await decoded(address);
  return channels === 1 ? toGrey(picture) : toColour(picture);
}

/** While nothing is drawn, the page is of the last picture: all that follows is pale. */
function markStale(isEmpty: boolean): void {
  document.documentElement.classList.toggle("stale", isEmpty);
}

const STALE = { en: "Draw something: what follows is still the last picture.", zh: "请先画；下面仍是上一张图的结果。" };

function drawingInput({ info, named, examples, strokes, changed, chosen }: PictureInputOptions): PictureInput {
  const given = new GivenView(info);
  const truth = new TruthLine();
  let asItIs: Raster | null = null;
  let last = raster(info.height, info.width, info.channels === 1 ? 1 : 3);
  const pad: Pad = drawingPad(named, () => {
    markStale(pad.isEmpty());
    const picture = pad.isEmpty() ? null : pad.picture();
    if (picture !== asItIs) truth.say(null);
    if (!picture) return changed(null);
    const found = picture === asItIs ? { picture, words: [] } : prepare(picture, info);
    last = found.picture;
    given.show(found.picture, found.words);
    changed(found.picture);
  });
  const putIn = async (address: string, known: Text | null) => {
    asItIs = await ofNetwork(address, info);
    chosen?.();
    truth.say(known);
    pad.show(asItIs);
  };
  const drop = pictureDrop((picture) => pad.show(picture));
  return {
    element: h("div", null, pad.element, truth.element, h("p", { class: "stale-note", role: "status" }, STALE)),
    tools: h("div", { class: "picture-tools" }, given.element, exampleList(examples, putIn), drop, pad.tools),
    put: putIn,
    begin: async (number) => {
      const example = examples[number];
      if (example) await putIn(example.picture, example.truth);
      else pad.draw(strokes);
    },
    cover: () => undefined,
    uncovered: () => last,
  };
}

function photoInput({ info, named, examples, changed, chosen }: PictureInputOptions): PictureInput {
  const words = h("p", { class: "hint", role: "status" });
  const truth = new TruthLine();
  const blank = raster(info.height, info.width, info.channels === 1 ? 1 : 3);
  const editor = pictureEditor(named, blank, () => changed(editor.picture()));
  const set = (picture: Raster) => {
    editor.set(picture);
    changed(picture);
  };
  const putIn = async (address: string, known: Text | null) => {
    put(words);
    const picture = await ofNetwork(address, info);
    chosen?.();
    truth.say(known);
    set(picture);
  };
  const drop = pictureDrop((picture) => {
    const found = prepare(picture, info);
    put(words, seenSmall(info));
    for (const text of found.words) add(words, " ", text);
    truth.say(null);
    set(found.picture);
  });
  return {
    element: h("div", null, editor.element, truth.element, words),
    tools: h("div", { class: "picture-tools" }, exampleList(examples, putIn), drop, editor.tools),
    put: putIn,
    begin: async (number) => {
      const example = examples[number] ?? examples[0];
      if (example) await putIn(example.picture, example.truth);
      else set(blank);
    },
    cover: (square) => editor.cover(square),
    uncovered: () => editor.uncovered(),
  };
}

/** What the picture is in truth, where that is known. */
class TruthLine {
  readonly element = h("p", { class: "truth" });

  say(truth: Text | null): void {
    if (truth) put(this.element, inTruth(truth));
    else put(this.element);
  }
}

const inTruth = ({ en, zh }: Text): Text => ({ en: `In truth: ${en}`, zh: `实际：${zh}` });

function seenSmall({ height, width }: PictureInfo): Text {
  return {
    en: `Its middle, at ${width}×${height} pixels: that is all the network sees.`,
    zh: `取图片中央，缩小到 ${width}×${height} 像素：网络看到的只有这些。`,
  };
}

/** What a network is given of a drawing, and what was done to it. */
class GivenView {
  private readonly canvas = canvasOf(raster(1, 1, 1));
  private readonly words = h("div", { class: "given-words" });
  readonly element: HTMLElement;

  constructor({ height, width }: PictureInfo) {
    this.canvas.setAttribute("role", "img");
    label(this.canvas, { en: "what the network is given", zh: "网络实际得到的图像" });
    const title = {
      en: `What the network is given: ${width}×${height} pixels`,
      zh: `网络实际得到的图像：${width}×${height} 像素`,
    };
    this.element = h("div", { class: "given" }, this.canvas, h("div", null, h("strong", null, title), this.words));
  }

  show(picture: Raster, words: Text[]): void {
    paint(this.canvas, picture);
    put(this.words, ...words.map((text) => h("p", { class: "hint" }, text)));
  }
}

function exampleList(examples: ExamplePicture[], putIn: (address: string, truth: Text | null) => Promise<void>): HTMLElement | null {
  if (!examples.length) return null;
  const items = examples.map(({ picture, truth }) => {
    const image = h("img", { src: picture, alt: "", class: "pixels" });
    const button = h("button", { type: "button", class: "example", onclick: () => void putIn(picture, truth) }, image);
    const named = truth ?? { en: "example", zh: "示例" };
    label(button, named);
    inLanguage((language) => (button.title = named[language]));
    return h("li", null, button);
  });
  const list = h("ul", { class: "picture-examples" }, ...items);
  label(list, { en: "examples", zh: "示例" });
  return list;
}
