/** The way from question to answer as a film: it reads character by character into one vector, and writes from it. */

import { Cells, h, put, tensor, type Layer, type Page, type Tensor, type Text } from "etudes-page";
import type { Asked } from "./page_asking";
import { isPadding, percent, readOrder, visible, type Content } from "./page_content";

/** Milliseconds of the whole film, and of a step at most. */
const [FILM, SLOWEST] = [3600, 330];

export class Replay {
  readonly element: HTMLElement;
  private readonly reads = h("ol", { class: "reads", label: { en: "the characters that it reads, in order", zh: "依次读入的字符" } });
  private readonly writes = h("ol", { class: "characters", label: { en: "the characters that it writes, in order", zh: "依次写出的字符" } });
  private readonly whose = h("h3");
  private readonly caption = h("p", { class: "step" });
  private readonly vector: Cells;
  private readonly slider: HTMLInputElement;
  private readonly encoder: Layer;
  private readonly decoder: Layer;
  private asked: Asked | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly page: Page<Content>) {
    const lstms = page.data.networks.adder.layers.filter((layer) => layer.kind === "LSTM");
    [this.encoder, this.decoder] = [lstms[0], lstms[lstms.length - 1]];
    const { content } = page.data;
    const units = this.encoder.shape[0];
    this.vector = new Cells({ name: { en: `the ${units} numbers at this step`, zh: `这一步的 ${units} 个数` }, scale: 1 });
    this.slider = h("input", { type: "range", min: 0, max: this.last, value: this.last, label: { en: "step", zh: "步骤" } });
    this.slider.addEventListener("input", () => {
      this.stop();
      this.draw();
    });
    const order: Text = content.reverse ? { en: "reads, from the end", zh: "从末尾开始读" } : { en: "reads", zh: "读" };
    const title: Text = { en: "What it does: read, remember, write", zh: "它所做的：读、记、写" };
    const play = h("button", { type: "button", class: "play", onclick: () => this.play(true) }, { en: "▶ Watch it", zh: "▶ 播放" });
    this.element = h("figure", { class: "replay" }, h("figcaption", null, title),
      h("div", { class: "film" },
        h("div", null, h("h3", null, order), this.reads),
        h("div", { class: "memory" }, this.whose, this.vector.element),
        h("div", null, h("h3", null, { en: "writes", zh: "写" }), this.writes)),
      h("p", { class: "hint" }, { en: "␣ = space, fills up the length", zh: "␣ 表示空格，用来补足长度" }),
      h("div", { class: "player" }, play, this.slider, this.caption));
  }

  private get last(): number {
    return this.page.data.content.questionLength + this.page.data.content.answerLength;
  }

  /** Show a question at its end: read, and answered. */
  show(asked: Asked): void {
    this.stop();
    this.asked = asked;
    this.slider.value = String(this.last);
    const { content } = this.page.data;
    put(this.reads, ...readOrder(asked.question, content).map((sign) => h("li", null, visible(sign))));
    put(this.writes, ...asked.answer.characters.map(([best, second]) =>
      h("li", { class: isPadding(best.sign) ? "padding" : undefined }, h("b", null, visible(best.sign)),
        h("span", { class: "meter" }, h("span", { style: `width:${100 * best.share}%` })), h("small", null, percent(best.share)),
        second.share >= 0.001 && h("small", null, { en: "or ", zh: "或 " }, `${visible(second.sign)} ${percent(second.share)}`))));
    this.writes.classList.toggle("many", content.answerLength > 12);
    this.draw();
  }

  /** Show all steps, one after another.
   *
   * @param wanted whether a person asked for it; else not where motion is unwelcome.
   */
  play(wanted = false): void {
    if (!wanted && matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.stop();
    this.slider.value = "0";
    const next = () => {
      this.draw();
      if (Number(this.slider.value) >= this.last) return;
      this.timer = setTimeout(() => {
        this.slider.value = String(Number(this.slider.value) + 1);
        next();
      }, Math.min(SLOWEST, FILM / this.last));
    };
    next();
  }

  private stop(): void {
    clearTimeout(this.timer);
  }

  private draw(): void {
    if (!this.asked) return;
    const step = Number(this.slider.value);
    const { questionLength } = this.page.data.content;
    mark(this.reads, step - 1);
    mark(this.writes, step - 1 - questionLength);
    this.vector.show(this.vectorAt(step));
    const units = this.encoder.shape[0];
    put(this.whose, step <= questionLength
      ? { en: `the reader's state, ${units} numbers`, zh: `编码器的状态，${units} 个数` }
      : { en: `the writer's state, ${units} numbers`, zh: `解码器的状态，${units} 个数` });
    const text = this.captionAt(step);
    put(this.caption, text);
    this.slider.setAttribute("aria-valuetext", text[document.documentElement.lang === "en" ? "en" : "zh"]);
  }

  private vectorAt(step: number): Tensor {
    const { questionLength } = this.page.data.content;
    const values = this.asked!.values;
    const units = this.encoder.shape[0];
    if (step === 0) return tensor([units], new Float32Array(units));
    const reading = step <= questionLength;
    const { data } = values[reading ? `${this.encoder.name}.states` : this.decoder.name];
    const row = reading ? step - 1 : step - 1 - questionLength;
    return tensor([units], data.slice(row * units, (row + 1) * units));
  }

  private captionAt(step: number): Text {
    const { questionLength } = this.page.data.content;
    if (step === 0) return { en: "Before the first character: nothing but zeros.", zh: "读第一个字符之前：全是零。" };
    if (step <= questionLength) {
      const sign = this.reads.children[step - 1].textContent ?? "";
      const last = step === questionLength;
      return {
        en: `Step ${step} of ${this.last}: it reads ${sign}.${last ? " These numbers are all that is handed over." : ""}`,
        zh: `第 ${step} 步，共 ${this.last} 步：读入 ${sign}。${last ? "交接出去的只有这些数。" : ""}`,
      };
    }
    const [best] = this.asked!.answer.characters[step - 1 - questionLength];
    const end = isPadding(best.sign) ? { en: "it writes ␣: the answer is over.", zh: "写出 ␣：答案已结束。" } : { en: `it writes ${best.sign}.`, zh: `写出 ${best.sign}。` };
    return { en: `Step ${step} of ${this.last}: ${end.en}`, zh: `第 ${step} 步，共 ${this.last} 步：${end.zh}` };
  }
}

/** The characters before this one are done, those after it still to come. */
function mark(list: HTMLElement, at: number): void {
  for (const [index, item] of [...list.children].entries()) {
    item.classList.toggle("now", index === at);
    item.classList.toggle("later", index > at);
  }
}
