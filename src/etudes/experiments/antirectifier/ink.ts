/** A slider for the strength of the ink, and what it does before and after the antirectifier, and to a ReLU. */

import { Cells, Legend, type Tensor, type Text, type Values, both, h, number, put, scaleOf, tensor } from "etudes-page";
import { answerText } from "etudes-page/classifier";
import { lengthOf } from "./halves";

export interface InkNames {
  /** Of the first dense layer's output, in the network with the antirectifier. */
  dense: string;
  /** Of the first antirectifier's. */
  layer: string;
  /** Of the network beside it, with its first dense layer and its first activation; null where there is none. */
  baseline: { network: string; named: string; dense: string; layer: string } | null;
}

/** How many of the page's examples each network reads rightly with little ink, in percent. */
export interface FaintInk {
  strength: number;
  right: Record<string, number>;
  of: number;
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
  private readonly cells: { dense: Cells; positive: Cells; negative: Cells };
  private readonly legends = { dense: new Legend(), layer: new Legend() };
  private scales = { dense: 1, layer: 1 };

  constructor(
    private readonly names: InkNames,
    private readonly classes: { names: string[]; source: string },
    private readonly faint: FaintInk[],
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
      positive: new Cells(options({ en: "the first half after the layer", zh: "这一层之后的前一半" }, "layer")),
      negative: new Cells(options({ en: "the second half after the layer", zh: "这一层之后的后一半" }, "layer")),
    };
    const heads: Text[] = [{ en: "", zh: "" }, { en: "full", zh: "原样" }, { en: "now", zh: "现在" }];
    const table = h("table", { class: "values ink-table" },
      h("thead", null, h("tr", null, ...heads.map((head) => h("th", { scope: "col" }, head)))), this.body);
    const hint = (en: string, zh: string) => h("p", { class: "hint" }, { en, zh });
    this.element = h("div", { class: "ink" }, h("h2", null, { en: "Does the strength matter?", zh: "深浅重要吗？" }), this.words,
      hint("before the layer: the dense layer's numbers", "这一层之前：全连接层的数"), this.cells.dense.element, this.legends.dense.element,
      hint("after it, first half: what was positive", "这一层之后，前一半：原来为正的"), this.cells.positive.element,
      hint("second half: what was negative, turned positive", "后一半：原来为负的，取相反数"), this.cells.negative.element, this.legends.layer.element,
      h("div", { class: "scroll", tabindex: 0, role: "region", label: { en: "full ink and less", zh: "原样与变淡之后" } }, table),
      hint("length: the root of the sum of squares", "长度：平方和的平方根"));
  }

  /** Back to the full ink; does not tell of it. */
  reset(): void {
    this.slider.value = this.slider.max;
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
    put(this.shown, `${this.slider.value}\u00a0%`);
    this.scales.dense = scaleOf(own.full[dense].data);
    this.scales.layer = scaleOf(own.full[layer].data);
    this.cells.dense.show(own.now[dense]);
    const { data } = own.now[layer];
    const half = data.length / 2;
    this.cells.positive.show(tensor([half], Array.from(data.subarray(0, half))));
    this.cells.negative.show(tensor([half], Array.from(data.subarray(half))));
    this.legends.dense.show(this.scales.dense, true);
    this.legends.layer.show(this.scales.layer, false);
    const said = ([full, now]: [Tensor, Tensor]) =>
      [full, now].map(({ data }) => answerText(this.classes.names, this.classes.source, data));
    const lengths = (both: Both, name: string) => [both.full, both.now].map((values) => number(lengthOf(values[name].data)));
    const beside = both(baseline?.named ?? "");
    const rows: [Text, (Node | Text)[]][] = [
      [before(OWN), lengths(own, dense)],
      [after(OWN), lengths(own, layer)],
      ...(other && baseline
        ? [[before(beside), lengths(other, baseline.dense)], [after(beside), lengths(other, baseline.layer)]] as [Text, Node[]][] : []),
      [answered(OWN), said(answers.own)],
      ...(answers.other ? [[answered(beside), said(answers.other)] as [Text, Text[]]] : []),
    ];
    put(this.body, ...rows.map(([name, [full, now]]) =>
      h("tr", null, h("th", { scope: "row" }, name), h("td", null, full), h("td", null, now))));
    this.say(own);
  }

  private say({ full, now }: Both): void {
    const { dense, layer } = this.names;
    const shorter = Math.round((100 * lengthOf(now[dense].data)) / Math.max(lengthOf(full[dense].data), 1e-30));
    const turned = Math.round(angle(full[layer].data, now[layer].data));
    const found: Text = this.strength === 1
      ? {
          en: "Move the slider of the ink. The numbers before the layer fade. Those after it always have length 1; only their direction turns a little.",
          zh: "移动笔迹深浅的滑块：这一层之前的数变淡；之后的数长度总是 1，只是方向略转。",
        }
      : {
          en: `The vector before the layer is down to ${shorter} % of its length. After it the length is 1 as ever, and its direction turned by ${turned}°. It would not turn at all but for the constant (bias) that the dense layer adds to each number, and which does not fade with the ink.`,
          zh: `这一层之前，向量的长度只剩 ${shorter} %。这一层之后，长度仍是 1，方向转了 ${turned}°。全连接层给每个数加上一个常数（偏置），它不随笔迹变淡，否则方向根本不会转。`,
        };
    const measured = this.faint.map((one) => this.measured(one));
    put(this.words, { en: [found, ...measured].map(({ en }) => en).join(" "), zh: [found, ...measured].map(({ zh }) => zh).join("") });
  }

  /** How often the networks are right at a strength of the ink, among the examples. */
  private measured({ strength, right, of }: FaintInk): Text {
    const { baseline } = this.names;
    const own = right[OWN_NETWORK];
    const beside = baseline && right[baseline.network];
    return {
      en: `At ${strength} % ink the antirectifier is right on ${own} of the ${of} examples${baseline ? `, ${baseline.named} on ${beside}` : ""}.`,
      zh: `笔迹为 ${strength} % 时，反整流层在 ${of} 个示例中答对 ${own} 个${baseline ? `，${baseline.named} 答对 ${beside} 个` : ""}。`,
    };
  }
}

const OWN_NETWORK = "antirectifier";
const OWN: Text = { en: "antirectifier", zh: "反整流层" };
const before = ({ en, zh }: Text): Text => ({ en: `${en}: length before`, zh: `${zh}：之前的长度` });
const after = ({ en, zh }: Text): Text => ({ en: `${en}: length after`, zh: `${zh}：之后的长度` });
const answered = ({ en, zh }: Text): Text => ({ en: `${en}: answer`, zh: `${zh}：答案` });

/** The angle between two vectors, in degrees. */
function angle(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const dot = Array.from(one).reduce((sum, value, i) => sum + value * other[i], 0);
  const cosine = dot / Math.max(lengthOf(one) * lengthOf(other), 1e-30);
  return (180 / Math.PI) * Math.acos(Math.min(1, Math.max(-1, cosine)));
}
