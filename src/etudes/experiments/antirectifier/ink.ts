/** A slider for the strength of the ink, and what it does before and after the antirectifier, and to a ReLU. */

import { Cells, type Tensor, type Text, type Values, h, number, put, scaleOf } from "etudes-page";
import { answerText } from "etudes-page/classifier";
import { lengthOf } from "./halves";

export interface InkNames {
  /** Of the first dense layer's output, in the network with the antirectifier. */
  dense: string;
  /** Of the first antirectifier's. */
  layer: string;
  /** Of the network beside it and its first activation; null where there is none. */
  baseline: { network: string; layer: string } | null;
}

/** What a network computes of the full ink, and of as much as there is now. */
interface Both {
  full: Values;
  now: Values;
}

export class Ink {
  readonly slider = h("input", { type: "range", min: 5, max: 100, value: 100, step: 5 });
  readonly control: HTMLElement;
  readonly element: HTMLElement;
  private readonly shown = h("output");
  private readonly words = h("p");
  private readonly body = h("tbody");
  private readonly cells: { dense: Cells; layer: Cells };
  private scales = { dense: 1, layer: 1 };

  constructor(
    private readonly names: InkNames,
    private readonly classes: { names: string[]; source: string },
    drawn: boolean,
    changed: () => void,
  ) {
    const what: Text = drawn ? { en: "Strength of the ink", zh: "笔迹的深浅" } : { en: "Brightness", zh: "亮度" };
    this.control = h("label", { class: "ink-control" }, h("strong", null, what), this.slider, this.shown);
    this.slider.addEventListener("input", changed);
    const { scales } = this;
    const options = (name: Text, key: "dense" | "layer") => ({ name, get scale() { return scales[key]; } });
    this.cells = {
      dense: new Cells(options({ en: "the numbers before the layer", zh: "这一层之前的数" }, "dense")),
      layer: new Cells(options({ en: "the numbers after the layer", zh: "这一层之后的数" }, "layer")),
    };
    const heads: Text[] = [{ en: "", zh: "" }, { en: "full", zh: "原样" }, { en: "now", zh: "现在" }];
    const table = h("table", { class: "values ink-table" },
      h("thead", null, h("tr", null, ...heads.map((head) => h("th", { scope: "col" }, head)))), this.body);
    this.element = h("div", { class: "ink" }, h("h2", null, { en: "Does the strength matter?", zh: "深浅重要吗？" }), this.words,
      h("p", { class: "hint" }, { en: "before the layer: the dense layer's numbers", zh: "这一层之前：全连接层的数" }), this.cells.dense.element,
      h("p", { class: "hint" }, { en: "after it: both halves", zh: "这一层之后：两半" }), this.cells.layer.element,
      h("div", { class: "scroll", tabindex: 0, role: "region", label: { en: "full ink and less", zh: "原样与变淡之后" } }, table));
  }

  /** The part of the ink that there is. */
  get strength(): number {
    return Number(this.slider.value) / 100;
  }

  /** Show what the strength changes.
   *
   * @param own of the network with the antirectifier.
   * @param other of the baseline, and the answers of both.
   */
  show(own: Both, other: Both | null, answers: { own: [Tensor, Tensor]; other: [Tensor, Tensor] | null }): void {
    const { dense, layer, baseline } = this.names;
    put(this.shown, `${this.slider.value}%`);
    this.scales.dense = scaleOf(own.full[dense].data);
    this.scales.layer = scaleOf(own.full[layer].data);
    this.cells.dense.show(own.now[dense]);
    this.cells.layer.show(own.now[layer]);
    const said = ([full, now]: [Tensor, Tensor]) =>
      [full, now].map(({ data }) => answerText(this.classes.names, this.classes.source, data));
    const lengths = (both: Both, name: string) => [both.full, both.now].map((values) => number(lengthOf(values[name].data)));
    const rows: [Text, (Node | Text)[]][] = [
      [{ en: "length of the vector before", zh: "之前的向量长度" }, lengths(own, dense)],
      [{ en: "length after the antirectifier", zh: "反整流层之后的长度" }, lengths(own, layer)],
      ...(other && baseline ? [[RELU, lengths(other, baseline.layer)] as [Text, Node[]]] : []),
      [{ en: "answer with the antirectifier", zh: "用反整流层的答案" }, said(answers.own)],
      ...(answers.other ? [[BASELINE, said(answers.other)] as [Text, Text[]]] : []),
    ];
    put(this.body, ...rows.map(([name, [full, now]]) =>
      h("tr", null, h("th", { scope: "row" }, name), h("td", null, full), h("td", null, now))));
    this.say(own);
  }

  private say({ full, now }: Both): void {
    const { dense, layer } = this.names;
    const shorter = lengthOf(now[dense].data) / Math.max(lengthOf(full[dense].data), 1e-30);
    const apart = lengthOf(Array.from(now[layer].data, (value, i) => value - full[layer].data[i]));
    if (this.strength === 1) {
      put(this.words, {
        en: "Move the slider of the ink. The numbers before the layer fade; those after it hardly change, for they are always brought to length 1.",
        zh: "移动笔迹深浅的滑块：这一层之前的数变淡，之后的数几乎不变，因为长度总被归一到 1。",
      });
      return;
    }
    put(this.words, {
      en: `The vector before the layer is down to ${Math.round(100 * shorter)}% of its length. After it the length is 1 as ever, and the vector moved by ${apart.toFixed(2)}. It would not move at all but for the dense layer's bias, which does not fade with the ink.`,
      zh: `这一层之前，向量的长度只剩 ${Math.round(100 * shorter)}%。这一层之后，长度仍是 1，向量只移动了 ${apart.toFixed(2)}。全连接层的偏置不随笔迹变淡，否则它根本不会动。`,
    });
  }
}

const RELU = { en: "length after the ReLU", zh: "ReLU 之后的长度" };
const BASELINE = { en: "answer with ReLU", zh: "用 ReLU 的答案" };
