/** The nine steps of the game, one at a time, with the reader's own drawing in them. */

import { percent, Cells, h, label, number, put, tensor, type Panel, type Text } from "etudes-page";
import { plain, type Artist } from "./artist";
import { Gauge } from "./judgement";
import { pictureCanvas, type Picture } from "./pictures";
import type { RealPictures } from "./real";
import { stepWords } from "./step_words";

/** Pictures of each kind in the mix that is shown. */
const MIXED = 4;
/** Lines of study.py that are shown of a step, at most. */
const LINES = 12;

interface Shown {
  picture: Picture;
  isReal: boolean;
  label: number;
}

/** Where a step is in a source, and its lines. */
export function codeOf(source: string, step: number): { line: number; code: string } | null {
  const lines = source.split("\n");
  const first = lines.findIndex((line) => line.trimStart().startsWith(`# Step ${step}:`));
  if (first < 0) return null;
  const indent = lines[first].search(/\S/);
  let last = first + 1;
  while (last < lines.length && last < first + LINES && lines[last].trim() && lines[last].search(/\S/) >= indent && !/# Step \d/.test(lines[last])) last++;
  return { line: first + 1, code: lines.slice(first, last).map((line) => line.slice(indent)).join("\n") };
}

export class Steps implements Panel {
  readonly element: HTMLElement;
  private readonly tabs: HTMLButtonElement[];
  private readonly body = h("div", { class: "step", id: "step", role: "tabpanel", tabindex: 0 });
  private at = 0;
  private mixed: Shown[] = [];
  private turn = 0;

  constructor(private readonly artist: Artist, private readonly real: RealPictures) {
    const words = stepWords(artist.content);
    this.tabs = words.map(({ title }, index) => {
      const tab = h("button", { type: "button", role: "tab", "aria-controls": "step", onclick: () => this.go(index) }, index + 1);
      label(tab, { en: `step ${index + 1}: ${title.en}`, zh: `第 ${index + 1} 步：${title.zh}` });
      return tab;
    });
    const strip = h("div", { class: "step-tabs", role: "tablist", label: { en: "the nine steps", zh: "九个步骤" } }, ...this.tabs);
    strip.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      this.go((this.at + by + words.length) % words.length);
      this.tabs[this.at].focus();
    });
    const move = (by: number, name: Text) => h("button", { type: "button", onclick: () => this.go((this.at + by + words.length) % words.length) }, name);
    this.element = h("div", null, h("div", { class: "row" }, move(-1, { en: "‹ back", zh: "‹ 上一步" }), strip, move(1, { en: "next ›", zh: "下一步 ›" })), this.body);
    artist.onDrawing(() => void this.draw(), "settled");
    void this.draw();
  }

  /** The drawing itself calls `draw`. */
  update(): void {}

  private go(index: number): void {
    this.at = index;
    this.show();
  }

  private async draw(): Promise<void> {
    const { artist } = this;
    const turn = ++this.turn;
    const classes = artist.content.classes.length;
    const labels = Array.from({ length: MIXED }, (_, index) => (artist.label.from + index * 3) % classes);
    const drawn = await artist.pictures(labels.slice(1).map((one, index) => ({ z: artist.zOf(1, index), label: plain(one) })));
    if (turn !== this.turn) return;
    const generated: Shown[] = [artist.now.picture, ...drawn].map((picture, index) => ({ picture, isReal: false, label: labels[index] }));
    const reals = labels.flatMap((one, index) => {
      const picture = this.real.some(one, index);
      return picture ? [{ picture, isReal: true, label: one }] : [];
    });
    this.mixed = generated.flatMap((one, index) => (reals[index] ? [one, reals[index]] : [one]));
    this.show();
  }

  private show(): void {
    const { artist, at } = this;
    for (const [index, tab] of this.tabs.entries()) {
      tab.setAttribute("aria-selected", String(index === at));
      tab.tabIndex = index === at ? 0 : -1;
    }
    const { title, what } = stepWords(artist.content)[at];
    const found = codeOf(artist.page.data.source, at + 1);
    const visual = [this.losses, this.inputs, this.chain, this.mix, this.fakeTargets, this.auxTargets, this.judgeLearns, this.artistLearns, this.epochs][at];
    put(this.body, h("h3", null, { en: `Step ${at + 1}: ${title.en}`, zh: `第 ${at + 1} 步：${title.zh}` }), h("p", null, what),
      h("div", { class: "visual" }, visual.call(this)), found && h("pre", { class: "source", tabindex: 0, role: "region", label: `step ${at + 1}` }, h("code", null, found.code)),
      found && this.link(found.line));
  }

  private link(line: number): HTMLElement {
    const link = h("a", { class: "to-source", href: `#line-${line}` }, `study.py:${line}`);
    link.addEventListener("click", () => {
      const shown = document.getElementById(`line-${line}`);
      const folded = shown?.closest("details");
      if (folded) folded.open = true;
      shown?.classList.add("linked");
    });
    return link;
  }

  private thumb(picture: Picture, name: Text, below: Text | string | null = null): HTMLElement {
    return h("figure", { class: "thumb" }, pictureCanvas(name, picture), below && h("figcaption", null, below));
  }

  private own(below: Text | null = null): HTMLElement {
    return this.thumb(this.artist.now.picture, { en: "your drawing", zh: "你的图" }, below ?? { en: "your drawing", zh: "你的图" });
  }

  private get name(): string {
    return this.artist.content.classes[this.artist.label.from];
  }

  private losses(): HTMLElement {
    const { fake, aux } = this.artist.now.judgement;
    const own = aux[this.artist.label.from];
    const row = (question: Text, value: number, right: Text, loss: number) => h("tr", null, h("td", null, question), h("td", null, number(value)), h("td", null, right), h("td", null, number(loss)));
    const heads: Text[] = [{ en: "for your drawing", zh: "对你的图" }, { en: "answer", zh: "回答" }, { en: "if right is", zh: "若正确答案是" }, { en: "loss", zh: "损失" }];
    return h("div", { class: "row" }, this.own(), h("table", { class: "values" }, h("thead", null, h("tr", null, ...heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", null,
      row({ en: "fake", zh: "fake" }, fake, { en: "0, generated", zh: "0，生成" }, -Math.log(Math.max(1e-7, 1 - fake))),
      row({ en: "fake", zh: "fake" }, fake, { en: "1, real", zh: "1，真实" }, -Math.log(Math.max(1e-7, fake))),
      row({ en: `aux of ${this.name}`, zh: `${this.name} 的 aux` }, own, { en: `1, a ${this.name}`, zh: `1，是 ${this.name}` }, -Math.log(Math.max(1e-7, own))))));
  }

  private inputs(): HTMLElement {
    const { artist } = this;
    const z = new Cells({ name: { en: "z", zh: "z" }, scale: 1 });
    const { z: values } = artist;
    queueMicrotask(() => z.show(tensor([10, values.length / 10], values)));
    return h("div", { class: "chain" }, h("figure", { class: "mini" }, z.element, h("figcaption", null, "z")), "+", h("span", { class: "label" }, this.name), "→", h("span", { class: "network" }, { en: "generator", zh: "生成器" }), "→", this.own());
  }

  private chain(): HTMLElement {
    const { judgement, label: wanted } = { judgement: this.artist.now.judgement, label: this.artist.label.from };
    return h("div", { class: "chain" }, h("span", { class: "label" }, `z, ${this.name}`), "→", h("span", { class: "network" }, { en: "generator", zh: "生成器" }), "→", this.own(), "→",
      h("span", { class: "network" }, { en: "discriminator", zh: "判别器" }), "→",
      h("span", { class: "label" }, { en: `real: ${percent(judgement.fake)}`, zh: `真实：${percent(judgement.fake)}` }, h("br"), `${this.name}: ${percent(judgement.aux[wanted])}`));
  }

  private row(below: (one: Shown) => Text | string): HTMLElement {
    const name = ({ isReal, label: of }: Shown): Text => {
      const { classes } = this.artist.content;
      return isReal ? { en: `a real ${classes[of]}`, zh: `真的 ${classes[of]}` } : { en: `a generated ${classes[of]}`, zh: `生成的 ${classes[of]}` };
    };
    return h("div", { class: "row mixed" }, ...this.mixed.map((one) => this.thumb(one.picture, name(one), below(one))));
  }

  private mix(): HTMLElement {
    return this.row(({ isReal }) => (isReal ? { en: "real", zh: "真" } : { en: "generated", zh: "生成" }));
  }

  private fakeTargets(): HTMLElement {
    return this.row(({ isReal }) => (isReal ? (1 - this.artist.content.smoothing).toFixed(this.artist.content.smoothing ? 1 : 0) : "0"));
  }

  private auxTargets(): HTMLElement {
    const { classes, auxOnGenerated } = this.artist.content;
    return this.row(({ isReal, label: of }) => (isReal || auxOnGenerated ? classes[of] : { en: `(${classes[of]})`, zh: `（${classes[of]}）` }));
  }

  private judgeLearns(): HTMLElement {
    const { artist } = this;
    const { fake } = artist.now.judgement;
    const gauge = new Gauge(artist.content);
    gauge.show(fake);
    gauge.pull(fake, 0);
    const parts = [h("div", { class: "tug" }, this.own(), gauge.element)];
    const real = this.real.shown;
    if (real) {
      const other = new Gauge(artist.content);
      other.show(real.fake);
      other.pull(real.fake, 1 - artist.content.smoothing);
      parts.push(h("div", { class: "tug" }, this.thumb(real.picture, { en: "a real picture", zh: "真图" }, { en: "a real picture", zh: "真图" }), other.element));
    }
    return h("div", null, ...parts);
  }

  private artistLearns(): HTMLElement {
    const { artist } = this;
    const { fake, aux } = artist.now.judgement;
    const [real, own] = [new Gauge(artist.content), new Gauge(artist.content, { en: `0: not a ${this.name}`, zh: `0：不是 ${this.name}` }, { en: `1: a ${this.name}`, zh: `1：是 ${this.name}` })];
    for (const [gauge, value] of [[real, fake], [own, aux[artist.label.from]]] as const) {
      gauge.show(value);
      gauge.pull(value, 1);
    }
    return h("div", { class: "tug" }, this.own(), h("div", { class: "both" }, real.element, own.element));
  }

  private epochs(): HTMLElement {
    const { history } = this.artist.page.data;
    const names = ["d_loss", "g_loss", "validation_d_loss", "validation_g_loss", "conditional_accuracy", "diversity"].filter((name) => history.some((epoch) => name in epoch));
    const some = [...new Set([0, 1, 2, 4, 9, history.length - 1])].filter((index) => index >= 0 && index < history.length).sort((one, other) => one - other);
    const cells = (index: number) => names.map((name) => h("td", null, typeof history[index][name] === "number" ? number(Number(history[index][name])) : ""));
    return h("div", { class: "scroll", tabindex: 0, role: "region", label: { en: "after some epochs", zh: "若干轮次之后" } }, h("table", { class: "values" }, h("thead", null, h("tr", null, h("th", { scope: "col" }, { en: "epoch", zh: "轮次" }), ...names.map((name) => h("th", { scope: "col" }, name.replaceAll("_", " "))))),
      h("tbody", null, ...some.map((index) => h("tr", null, h("td", null, history[index].epoch), ...cells(index))))));
  }
}
