/** The dream as something to go through: its picture beside the photograph, a slider, and the loss that rises. */

import { both, h, inLanguage, number, put, shown, type Text } from "etudes-page";

import { knowsImageNet, octaveSize, photographOf, placeOf, sizeOf, type DreamPage, type Frame } from "./page_content";
import { LossCurve } from "./page_curve";

const MILLISECONDS = 170;
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

const PHOTOGRAPH: Text = { en: "photograph", zh: "原照片" };
const DREAM: Text = { en: "dream", zh: "梦境" };

/** Two pictures in one place; a divider that one drags shows more of the one or the other. */
export class Comparison {
  readonly element: HTMLElement;
  private readonly front: HTMLImageElement;
  private readonly caption = h("span", { class: "tag right" }, DREAM);

  constructor(original: string | null, [width, height]: [number, number], begin: number) {
    this.front = h("img", { class: "front", decoding: "sync", alt: "" });
    this.element = h("div", { class: "stage", style: `--wide: ${width}; --high: ${height}` });
    if (!original) {
      this.element.append(this.front, this.caption);
      return;
    }
    const divider = h("input", {
      type: "range", min: 0, max: 100, value: begin, class: "divider",
      label: { en: "how much of the photograph shows, in percent", zh: "显示原照片的百分比" },
    });
    const move = () => this.element.style.setProperty("--at", divider.value);
    divider.addEventListener("input", move);
    this.element.append(h("img", { class: "back", src: original, alt: "" }), this.front,
      h("span", { class: "tag left" }, PHOTOGRAPH), this.caption, h("span", { class: "line", "aria-hidden": "true" }), divider);
    move();
  }

  show(picture: string, alt: Text, caption: Text = DREAM): void {
    this.front.src = picture;
    inLanguage((language) => (this.front.alt = alt[language]));
    put(this.caption, caption);
  }

  /** Save the picture that is shown, without the photograph, as a PNG. */
  async save(name: string): Promise<void> {
    await this.front.decode();
    const canvas = h("canvas", { width: this.front.naturalWidth, height: this.front.naturalHeight });
    canvas.getContext("2d")!.drawImage(this.front, 0, 0);
    h("a", { href: canvas.toDataURL("image/png"), download: name }).click();
  }
}

/** A step, of values from -1 to 1, in levels of 0 … 255. */
function levels(step: number): string {
  const found = step * 127.5;
  return shown(found >= 1 ? Math.round(found) : Number(found.toPrecision(1)));
}

/** The first thing on the page. */
export class Viewer {
  readonly element: HTMLElement;
  at: number;
  /** Called with each frame that is shown. */
  readonly followers: ((frame: Frame) => void)[] = [];
  private readonly comparison: Comparison;
  private readonly curve: LossCurve;
  private readonly slider: HTMLInputElement;
  private readonly play = h("button", { type: "button", class: "play" });
  private readonly readout = h("div", { class: "readout" });
  private readonly finer = h("p", { class: "how" });
  private readonly thumbnails: HTMLButtonElement[];
  private readonly last: number;
  private timer = 0;
  private hasPlayed = false;

  constructor(private readonly page: DreamPage, readonly frames: Frame[]) {
    const { data } = page;
    this.last = data.content.octaves.at(-1)!.number;
    this.comparison = new Comparison(photographOf(data), sizeOf(data), 30);
    this.curve = new LossCurve(data, frames, (index) => this.choose(index));
    this.at = frames.length - 1;
    this.slider = h("input", {
      type: "range", min: 0, max: frames.length - 1, value: this.at, class: "way",
      label: { en: "the way from the photograph to the dream", zh: "从照片到梦境的过程" },
    });
    this.slider.addEventListener("input", () => this.choose(Number(this.slider.value)));
    for (const touched of ["pointerdown", "keydown"]) this.slider.addEventListener(touched, () => this.stop());
    this.play.addEventListener("click", () => (this.timer ? this.stop() : this.start()));
    this.thumbnails = data.content.octaves.map(({ number: octave, end }) => this.thumbnail(octave, end));
    const widths = data.content.octaves.map(({ number: octave }) => `${octaveSize(data, octave)[0]}fr`).join(" ");
    this.element = h("div", { class: "dream" },
      h("div", { class: "seen" }, this.comparison.element, h("div", { class: "controls" }, this.play, this.slider)),
      h("div", { class: "beside" }, this.whole(), this.readout,
        h("details", { class: "finer" }, h("summary", null, { en: "the gradient", zh: "梯度" }), this.finer), this.curve.element),
      h("div", { class: "sizes" },
        h("div", { class: "octaves", style: `grid-template-columns: ${widths}` }, ...this.thumbnails),
        h("button", { type: "button", class: "save", onclick: () => void this.comparison.save("dream.png") }, { en: "save this picture", zh: "保存这幅图" }),
        this.credit(), this.ownPhotograph()));
    inLanguage(() => this.sayWhere());
    this.put(this.at);
  }

  private thumbnail(octave: number, picture: string): HTMLButtonElement {
    const [width, height] = octaveSize(this.page.data, octave);
    const button = h("button", { type: "button", label: { en: `end of octave ${octave}, ${width}×${height}`, zh: `第 ${octave} 个八度结束时，${width}×${height}` } },
      h("img", { src: picture, alt: "" }), h("span", null, { en: `octave ${octave}`, zh: `第 ${octave} 个八度` }));
    button.addEventListener("click", () => this.choose(this.frames.findLastIndex((frame) => frame.octave === octave)));
    return button;
  }

  /** The response at full size, before and after: the numbers of the headline. */
  private whole(): HTMLElement | null {
    const { loss_before: before, loss_after: after, loss_ratio: ratio } = this.page.data.metrics;
    if (before === undefined || after === undefined) return null;
    const times = ratio > 0 ? shown(Number(ratio.toPrecision(2))) : "";
    return h("p", { class: "whole" }, { en: "Response of the full-size photograph ", zh: "响应：原尺寸照片 " }, number(before),
      { en: " → dream ", zh: " → 梦境 " }, number(after),
      ...(times ? [{ en: ": ", zh: "：" }, h("b", null, { en: `${times} times`, zh: `${times} 倍` })] : []));
  }

  private ownPhotograph(): HTMLElement {
    const why: Text = knowsImageNet(this.page.data)
      ? { en: "The network is too large for this page: all pictures were computed before. Your own: ", zh: "网络太大，没有放进本页，图片都是事先算好的。用自己的照片：" }
      : { en: "The network is not in this page: all pictures were computed before. Your own: ", zh: "网络没有放进本页，图片都是事先算好的。用自己的照片：" };
    return h("p", { class: "credit" }, why, h("code", null, "etudes use deep_dream photo.jpg dream.png"));
  }

  private credit(): HTMLElement | null {
    const { credit } = this.page.data.content;
    if (!credit) return null;
    const licence = h("a", { href: "https://creativecommons.org/licenses/by/2.0/" }, "CC BY 2.0");
    return h("p", { class: "credit" }, { en: "Photograph: ", zh: "照片：" }, h("a", { href: credit.address }, credit.author), ", ", licence,
      { en: "; the dream is a change of it.", zh: "；梦境是对它的改动。" });
  }

  /** Show a frame that a person chose, and remember it. */
  choose(index: number): void {
    this.stop();
    this.put(index);
    const frame = this.frames[index];
    this.page.remember("at", `${frame.octave}.${frame.taken}`);
  }

  /** Show a picture that is not on the way, and its loss before and after. */
  showOther(picture: string, what: Text, why: Text, [before, after]: [number, number]): void {
    this.stop();
    this.comparison.show(picture, what, what);
    this.element.classList.add("aside");
    for (const button of this.thumbnails) button.setAttribute("aria-pressed", "false");
    put(this.readout, h("p", { class: "where" }, what), h("p", null, why),
      h("p", { class: "how" }, { en: "response, in the photograph and in this picture: ", zh: "响应，在照片中与在这幅图中：" }, number(before), " → ", number(after)),
      h("button", { type: "button", onclick: () => this.choose(this.at) }, { en: "back to the dream", zh: "回到梦境" }));
    this.page.announce(what);
  }

  private put(index: number): void {
    this.at = index;
    this.element.classList.remove("aside");
    const frame = this.frames[index];
    const where = placeOf(frame, this.last);
    this.comparison.show(frame.picture, where);
    this.slider.value = String(index);
    this.curve.show(index);
    this.thumbnails.forEach((button, k) =>
      button.setAttribute("aria-pressed", String(this.page.data.content.octaves[k].number === frame.octave)));
    this.say(frame);
    for (const follower of this.followers) follower(frame);
    this.sayWhere();
    this.showPlay();
  }

  private sayWhere(): void {
    const frame = this.frames[this.at];
    const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
    const loss = frame.line ? `, ${{ en: "response", zh: "响应" }[language]} ${shown(frame.line.loss)}` : "";
    this.slider.setAttribute("aria-valuetext", placeOf(frame, this.last)[language] + loss);
  }

  private say(frame: Frame): void {
    const size = frame.size.join("×");
    const step = Number(this.page.data.settings.step);
    this.finer.parentElement?.toggleAttribute("hidden", !frame.line);
    if (!frame.line) {
      put(this.readout,
        h("p", { class: "where" }, frame.octave ? { en: `Octave ${frame.octave}`, zh: `第 ${frame.octave} 个八度` } : { en: "The photograph", zh: "原照片" }),
        h("p", { class: "how" }, both(size)));
      return;
    }
    const { loss, gradient } = frame.line;
    put(this.finer, { en: "mean magnitude ", zh: "平均幅度 " }, number(gradient));
    put(this.readout,
      h("p", { class: "where" }, { en: `Octave ${frame.octave} of ${this.last}`, zh: `第 ${frame.octave} 个八度（共 ${this.last} 个）` }),
      h("p", { class: "how" }, { en: `an octave is a size of the picture: ${size} here`, zh: `（一种尺寸：这里是 ${size}）` }),
      h("p", { class: "how" }, { en: `after ${frame.taken} of ${frame.steps} steps`, zh: `已走 ${frame.taken} / ${frame.steps} 步` }),
      h("p", { class: "loss" }, { en: "response ", zh: "响应 " }, h("b", null, number(loss)), { en: " (called loss; here it is meant to rise)", zh: "（即“损失”，这里要它变大）" }),
      h("p", { class: "how" }, this.whenMeasured(frame)),
      step ? h("p", { class: "how" }, { en: `One step changes a pixel by about ${levels(step)} of 255 levels.`, zh: `每一步平均把像素改变约 ${levels(step)} 级（共 255 级）。` }) : null);
  }

  private whenMeasured({ isEnd }: Frame): Text {
    const isShifted = Number(this.page.data.settings.jitter) > 0;
    return {
      en: `before ${isEnd ? "the last" : "the next"} step${isShifted ? ", on the shifted picture" : ""}`,
      zh: `${isShifted ? "在平移后的图上测得，" : ""}${isEnd ? "最后一步之前" : "下一步之前"}`,
    };
  }

  // --- playing ---------------------------------------------------------------------------------------------------

  /** Go through the dream once; from its beginning if it stands at the end. */
  start(): void {
    if (this.at === this.frames.length - 1) this.put(0);
    const next = () => {
      this.put(Math.min(this.at + 1, this.frames.length - 1));
      if (this.at < this.frames.length - 1) return;
      this.hasPlayed = true;
      this.stop();
    };
    this.timer = window.setInterval(next, CALM.matches ? 4 * MILLISECONDS : MILLISECONDS);
    this.showPlay();
  }

  stop(): void {
    window.clearInterval(this.timer);
    this.timer = 0;
    this.showPlay();
  }

  private showPlay(): void {
    const isReplay = this.hasPlayed && this.at === this.frames.length - 1;
    const still = isReplay ? { en: "↻ replay", zh: "↻ 重播" } : { en: "▶ play", zh: "▶ 播放" };
    put(this.play, this.timer ? { en: "❚❚ pause", zh: "❚❚ 暂停" } : still);
  }

  /** Begin where the address says; else with the dream. */
  open(): void {
    const [octave, taken] = (this.page.state.at ?? "").split(".").map(Number);
    const wanted = this.frames.findLastIndex((frame) => frame.octave === octave && frame.taken === taken);
    if (wanted >= 0) this.put(wanted);
  }
}
