/** What an antirectifier makes of the numbers before it: both halves, and what a ReLU would have thrown away. */

import { type Panel, type Tensor, type Text, type Values, h, label, number, put, shown } from "etudes-page";
import "./page.css";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 100;

/** Numbers as bars from a line of zero: those above, and those below, each in a colour. */
class Bars {
  private readonly above = document.createElementNS(SVG, "path");
  private readonly below = document.createElementNS(SVG, "path");
  readonly element = document.createElementNS(SVG, "svg");

  constructor(named: Text, lost: boolean) {
    this.element.setAttribute("class", "half");
    this.element.setAttribute("preserveAspectRatio", "none");
    this.element.setAttribute("role", "img");
    label(this.element, named);
    this.above.setAttribute("class", "above");
    this.below.setAttribute("class", lost ? "below lost" : "below");
    this.element.append(this.above, this.below);
  }

  /** @param most the number that is as high as the picture. */
  show(values: ArrayLike<number>, most: number): void {
    const lowest = Math.min(0, ...Array.from(values));
    const top = lowest < 0 ? HEIGHT / 2 : HEIGHT;
    const bars = { above: "", below: "" };
    for (let i = 0; i < values.length; i++) {
      const length = (top * values[i]) / (most || 1);
      bars[length < 0 ? "below" : "above"] += `M${i} ${top}v${(-length).toFixed(2)}h.8V${top}z`;
    }
    this.element.setAttribute("viewBox", `0 0 ${values.length} ${HEIGHT}`);
    this.above.setAttribute("d", bars.above);
    this.below.setAttribute("d", bars.below);
  }
}

/** Both halves of an antirectifier's output.
 *
 * @param before the name of the dense layer's output.
 * @param layer that of the antirectifier.
 */
export function halvesPanel(network: string, before: string, layer: string): Panel {
  const raw = new Bars({ en: "the dense layer's numbers", zh: "全连接层的数" }, true);
  const positive = new Bars({ en: "the positive half", zh: "正的一半" }, false);
  const negative = new Bars({ en: "the negative half", zh: "负的一半" }, false);
  negative.element.classList.add("negative");
  const lost = h("figcaption");
  const kept = h("figcaption");
  const other = h("figcaption");
  const element = h("div", { class: "halves" },
    h("figure", null, raw.element, lost), h("figure", null, positive.element, kept), h("figure", null, negative.element, other));
  const update = (values: Record<string, Values>) => {
    const found = values[network];
    if (!found) return;
    const [x, y] = [found[before].data, found[layer].data];
    const half = y.length / 2;
    raw.show(x, largest(x));
    positive.show(y.subarray(0, half), largest(y));
    negative.show(y.subarray(half), largest(y));
    sayLost(lost, x);
    put(kept, { en: "First half: the positive part. Its sum is ", zh: "前一半：正的部分，总和为 " }, number(total(y.subarray(0, half))));
    put(other, { en: "Second half: the negative part, turned positive. Its sum is ", zh: "后一半：负的部分取相反数，总和为 " }, number(total(y.subarray(half))));
  };
  return { element, update };
}

function sayLost(place: HTMLElement, x: Tensor["data"]): void {
  const negative = Array.from(x).filter((value) => value < 0);
  const share = Math.round((100 * squares(negative)) / Math.max(squares(x), 1e-30));
  put(place, {
    en: `The numbers before. A ReLU would throw away the pale ones: ${negative.length} of the ${x.length} numbers, ${share} % of the sum of squares.`,
    zh: `进入这一层之前的数。ReLU 会丢掉浅色的部分：${x.length} 个数中的 ${negative.length} 个，占平方和的 ${share} %。`,
  });
}

const total = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0);
const squares = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value * value, 0);
const largest = (values: ArrayLike<number>) => Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The length of a vector. */
export const lengthOf = (values: ArrayLike<number>) => Math.sqrt(squares(values));

const mean = (values: ArrayLike<number>) => total(values) / values.length;

/** What a step of the layer did to these numbers: how large the mean was, or the length.
 *
 * @param before the name of the numbers before the step.
 */
export function stepPanel(network: string, before: string, step: "mean" | "length"): Panel {
  const element = h("p", { class: "step-words" });
  const update = (values: Record<string, Values>) => {
    const found = values[network]?.[before]?.data;
    if (!found) return;
    const size = signed(step === "mean" ? mean(found) : lengthOf(found));
    put(element, step === "mean" ? ofMean(mean(found), lengthOf(found), found.length) : {
      en: `Each is divided by ${size}. The pattern of colours is the same; see the scale.`,
      zh: `每个数都除以 ${size}。颜色的样子不变，变的是刻度。`,
    });
  };
  return { element, update };
}

function ofMean(value: number, length: number, count: number): Text {
  const isSmall = Math.abs(value) * Math.sqrt(count) < LITTLE * length;
  const little: Text = isSmall ? { en: ", so little changes", zh: "，所以变化很小" } : { en: "", zh: "" };
  return { en: `The mean is ${signed(value)} here${little.en}.`, zh: `这里的均值是 ${signed(value)}${little.zh}。` };
}

/** The part of a vector's length up to which a change is called little. */
const LITTLE = 0.1;

const signed = (value: number) => shown(value).replace("-", "−");
