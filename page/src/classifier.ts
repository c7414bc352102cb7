/** What the pages of classifiers share: a picture in, the classes with their probabilities out; mistakes and breaks. */

import "./classifier.css";
import type { PageData, Tensor, Text, Values } from "./data";
import { h, percent, put } from "./dom";
import type { ExamplePicture } from "./pictures/input";
import type { PictureInfo } from "./pictures/fit";
import type { Stroke } from "./pictures/pad";
import { type Raster, toFloats } from "./pictures/raster";
import { worstOrNone } from "./sections";
import type { Break, Mistake } from "./study";

/** What `etudes.analysis.page_content` puts in. Pictures are PNG of the network's size, at addresses of data. */
export interface ClassifierContent {
  examples: { picture: string; truth: string }[];
  mistakes: { picture: string; truth: string; answer: string; confidence: number }[];
  breaks: { kind: BreakKind; picture: string; before: string; answer: string; confidence: number }[];
  /** Of `pictures` of the test split. */
  wrong: number;
  pictures: number;
}

type BreakKind = "corner" | "small" | "negative" | "noise" | "upside_down" | "grey" | "unknown";

/** What a network was trained on. */
export interface ClassifierInfo extends PictureInfo {
  class_names: string[];
}

/** A three, for networks that learned from drawings and have no example. */
export const DRAWING: Stroke[] = [
  [[32, 24], [44, 17], [58, 20], [63, 31], [57, 42], [45, 48], [60, 53], [67, 66], [60, 79], [44, 84], [30, 77]],
];

const CHINESE: Record<string, Record<string, string>> = {
  cifar10: {
    airplane: "飞机", automobile: "汽车", bird: "鸟", cat: "猫", deer: "鹿",
    dog: "狗", frog: "青蛙", horse: "马", ship: "船", truck: "卡车",
  },
};

/** A class by its name in both languages, where the set is known. */
export function className(name: string, source: string): Text {
  return { en: name, zh: CHINESE[source]?.[name] ?? name };
}

/** A picture as an input of a network. */
export function pictureTensor(picture: Raster): Tensor {
  return { shape: [picture.height, picture.width, picture.channels], data: toFloats(picture) };
}

/** The examples of a page with their names. */
export function examplesOf({ examples }: ClassifierContent, source: string): ExamplePicture[] {
  return examples.map(({ picture, truth }) => ({ picture, truth: truth ? className(truth, source) : null }));
}

/** Calls a function with the newest of what it is asked, one at a time: while one is at work, others wait, and only
 * the last of them is done. */
export function newest<T>(work: (item: T) => Promise<void>): (item: T) => Promise<void> {
  let waiting: { item: T } | null = null;
  let busy: Promise<void> | null = null;
  const all = async () => {
    while (waiting) {
      const { item } = waiting;
      waiting = null;
      await work(item);
    }
    busy = null;
  };
  return (item) => {
    waiting = { item };
    busy ??= all();
    return busy;
  };
}

/** Classes that are shown; of more, the likeliest. */
const MOST_CLASSES = 10;

/** Characters of a name that is written smaller. */
const LONG = 12;

/** The answer of a network: the likeliest class, and a bar for each. */
export class Answers {
  private readonly result = h("p", { class: "result" });
  private readonly bars = h("ol", { class: "bars" });
  readonly element: HTMLElement;
  private count = 0;

  constructor(private readonly names: string[], private readonly source: string, title?: Text) {
    this.element = h("div", { class: "answer" }, title ? h("h2", null, title) : null, this.result, this.bars);
  }

  /** Show probabilities, one for each class; null where there is no input. */
  show(probabilities: ArrayLike<number> | null): void {
    this.element.classList.toggle("waiting", !probabilities);
    if (!probabilities) return;
    const all = this.names.map((name, index) => ({ name, share: probabilities[index], index }));
    const sorted = [...all].sort((one, other) => other.share - one.share || one.index - other.index);
    const [best] = sorted;
    this.element.dataset.answer = best.name;
    this.element.dataset.count = String(++this.count); // of answers, by which tests tell a new one
    put(this.result, h("output", { class: best.name.length > LONG ? "long" : undefined }, className(best.name, this.source)),
      h("data", { class: "confidence", value: String(best.share) }, percent(best.share)));
    const shown = all.length > MOST_CLASSES ? sorted.slice(0, MOST_CLASSES) : all;
    put(this.bars, ...shown.map(({ name, share }) =>
      h("li", { class: name === best.name ? "best" : undefined },
        h("span", { class: "name" }, className(name, this.source)),
        h("span", { class: "meter" }, h("span", { style: `width:${100 * share}%` })),
        h("data", { value: String(share) }, percent(share)))));
  }
}

/** The likeliest class and its probability, in words. */
export function answerText(names: string[], source: string, probabilities: ArrayLike<number>): Text {
  const best = bestOf(probabilities);
  const { en, zh } = className(names[best], source);
  return { en: `${en}, ${percent(probabilities[best])}`, zh: `${zh}，${percent(probabilities[best])}` };
}

/** The index of the largest value. */
export function bestOf(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** Puts a picture of the page in, and says what it is in truth. */
export type PutIn = (address: string, truth: Text | null) => void;

/** What the mistakes are, and how far the network's percentages can be trusted. */
export function mistakesWords({ metrics }: PageData, content: ClassifierContent, also: Text = { en: "", zh: "" }): Text {
  const shown = worstOrNone(content.mistakes.length);
  const error = metrics.calibration_error as number | undefined;
  const points = (100 * (error ?? 0)).toFixed(1);
  const sure: Text = error === undefined ? { en: "", zh: "" } : {
    en: ` Calibration error ${error.toFixed(3)}: its percentages miss its hit rate by ${points} points on average.`,
    zh: `校准误差 ${error.toFixed(3)}：它说的把握与实际正确率平均相差 ${points} 个百分点。`,
  };
  return { en: `${shown.en}${also.en && ` ${also.en}`}${sure.en}`, zh: `${shown.zh}${also.zh}${sure.zh}` };
}

/** The mistakes of a page, each of which can be put in. */
export function mistakesOf(content: ClassifierContent, source: string, putIn: PutIn): Mistake[] {
  return content.mistakes.map(({ picture, truth, answer, confidence }) => {
    const [is, said] = [className(truth, source), className(answer, source)];
    return {
      shown: h("img", { src: picture, alt: "" }),
      words: {
        en: `${is.en}, taken for ${said.en}: ${percent(confidence)}`,
        zh: `是${quoted(is.zh)}，却认成${quoted(said.zh)}：${percent(confidence)}`,
      },
      put: () => putIn(picture, is),
    };
  });
}

const quoted = (name: string) => `“${name}”`;

const BREAKS: Record<BreakKind, { title: Text; why: Text }> = {
  corner: {
    title: { en: "In the corner", zh: "放到角落" },
    why: {
      en: "In training, what it saw was near the middle. Nobody told it that a thing stays the same when it moves.",
      zh: "训练时看到的东西都在中间附近。没有人告诉它：东西换了位置，还是同一个东西。",
    },
  },
  small: {
    title: { en: "Half as large", zh: "缩小一半" },
    why: {
      en: "It learned strokes of one size; these are half as long and half as thick.",
      zh: "它学到的笔画只有一种大小；这些笔画的长度和粗细都只有一半。",
    },
  },
  negative: {
    title: { en: "Light and dark exchanged", zh: "明暗反转" },
    why: {
      en: "You still see the shape. The network has only numbers, and nearly all of them changed.",
      zh: "人还能看出形状；网络只有数，而数几乎全变了。",
    },
  },
  upside_down: {
    title: { en: "Upside down", zh: "上下颠倒" },
    why: {
      en: "It never saw a picture upside down in training.",
      zh: "训练时从没见过上下颠倒的图。",
    },
  },
  grey: {
    title: { en: "Without colours", zh: "去掉颜色" },
    why: {
      en: "Without colour this one was misread.",
      zh: "去掉颜色，这张就认错了。",
    },
  },
  noise: {
    title: { en: "Nothing but noise", zh: "纯噪声" },
    why: {
      en: "Softmax always shares out 100 %. There is no answer “nothing”, so it may be sure of what is not there.",
      zh: "softmax 总要把 100 % 分给各个类别，没有“什么都不是”这个答案，所以它可能对不存在的东西很有把握。",
    },
  },
  unknown: {
    title: { en: "Something that it never saw", zh: "从没见过的东西" },
    why: {
      en: "It must choose among its classes, also where none of them is in the picture.",
      zh: "即使图里没有任何一类东西，它也只能在学过的类别里选一个。",
    },
  },
};

/** The pictures at which a network fails, with why.
 *
 * @param own what a study says of a kind of change in place of the common words.
 */
export function breaksOf(content: ClassifierContent, source: string, putIn: PutIn, own: Partial<Record<BreakKind, Text>> = {}): Break[] {
  const changed = content.breaks.findIndex(({ before }) => before);
  return content.breaks.map(({ kind, picture, before, answer, confidence }, index) => {
    const { title, why: common } = BREAKS[kind];
    const why = own[kind] ?? common;
    const [was, is] = [className(before, source), className(answer, source)];
    const picked = index === changed ? PICKED : { en: "", zh: "" };
    const change = before
      ? {
          en: `${was.en} before, now ${is.en}, ${percent(confidence)}.`,
          zh: `原来认作${quoted(was.zh)}，现在认作${quoted(is.zh)}，${percent(confidence)}。`,
        }
      : { en: `It says ${is.en}, ${percent(confidence)}.`, zh: `它说是${quoted(is.zh)}，${percent(confidence)}。` };
    return {
      title,
      why: { en: `${picked.en}${change.en} ${why.en}`, zh: `${picked.zh}${change.zh}${why.zh}` },
      put: () => putIn(picture, before ? was : null),
    };
  });
}

/** How the changed pictures were found: see `breaks` in `etudes.analysis.page_content`. */
const PICKED: Text = {
  en: "For each change one picture that it had right, picked because the answer changes; others may survive. This one: ",
  zh: "每种改动只举一张原来答对、改动后答错的图；别的图不一定会错。这一张：",
};

/** The output of a network that classifies. */
export function outputOf(data: PageData, network: string, values: Values): Tensor {
  return values[data.networks[network].outputs[0]];
}
