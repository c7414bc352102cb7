/** A walk from one drawing to another: from class to class, from z to z, or both. */

import { percent, h, label, put, type Panel, type Text } from "etudes-page";
import { LONG, plain, type Artist, type Judgement, type Label } from "./artist";

import { paintPicture, pictureCanvas, type Picture } from "./pictures";

/** Drawings of the strip. */
const STRIP = 9;
/** Drawings between two of the strip; none where a drawing takes long. */
const BETWEEN = 2;
const [WIDTH, HEIGHT] = [520, 150];
const SVG = "http://www.w3.org/2000/svg";

const likeliest = (aux: ArrayLike<number>) => Array.from(aux).reduce((most, share, k) => (share > aux[most] ? k : most), 0);

interface End {
  label: number;
  z: Float32Array;
  list: HTMLSelectElement;
  number: HTMLSelectElement;
  element: HTMLElement;
}

export class Walk implements Panel {
  readonly element: HTMLElement;
  private readonly ends: [End, End];
  private readonly tiles: HTMLButtonElement[];
  private readonly canvas = pictureCanvas({ en: "where the walk is now", zh: "走到的位置" });
  private readonly place = h("input", { type: "range", min: 0, max: 1, step: 1, value: 0, id: "walk", label: { en: "the way", zh: "进程" } });
  private readonly play = h("button", { type: "button", class: "play" });
  private readonly chart = document.createElementNS(SVG, "svg");
  private readonly keys = h("ul", { class: "keys" });
  private readonly said = h("p", { class: "said" });
  private stops: { z: Float32Array; label: Label }[] = [];
  private pictures: Picture[] = [];
  private judged: Judgement[] = [];
  private timer = 0;
  private forward = true;
  private turn = 0;

  constructor(private readonly artist: Artist) {
    const { classes } = artist.content;
    const first = Math.min(7, classes.length - 1);
    this.ends = [this.end({ en: "from", zh: "从" }, first, 0), this.end({ en: "to", zh: "到" }, classes.length > 4 ? 3 : 0, 0)];
    this.tiles = Array.from({ length: STRIP }, (_, index) =>
      h("button", { type: "button", class: "tile", label: { en: `put in drawing ${index + 1} of ${STRIP}`, zh: `放入第 ${index + 1} 幅（共 ${STRIP} 幅）` }, onclick: () => this.take(index) }, h("canvas", { class: "pixels", "aria-hidden": "true" })));
    this.place.addEventListener("input", () => {
      this.pause();
      this.show(Number(this.place.value));
    });
    this.play.addEventListener("click", () => (this.timer ? this.pause() : this.start()));
    this.pause();
    this.chart.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.chart.setAttribute("class", "chart");
    this.chart.setAttribute("role", "img");
    this.element = h("div", { class: "walk" },
      h("div", { class: "row" }, this.ends[0].element, this.ends[1].element, this.shortcuts()),
      h("div", { class: "strip film", role: "group", label: { en: "the walk", zh: "过程" } }, ...this.tiles),
      h("div", { class: "row" }, this.play, this.place),
      h("div", { class: "sides" }, h("figure", { class: "pull" }, this.canvas, h("figcaption", null, this.said)),
        h("figure", { class: "answers" }, h("figcaption", null, { en: "what the discriminator says on the way", zh: "一路上判别器怎么说" }), this.chart as unknown as HTMLElement, this.keys)));
    setTimeout(() => void this.draw(), 500);
  }

  private end(name: Text, chosen: number, number: number): End {
    const { classes, drawings } = this.artist.content;
    const list = h("select", null, ...classes.map((one, index) => h("option", { value: index, selected: index === chosen }, one)));
    label(list, { en: `${name.en}: the class`, zh: `${name.zh}：类别` });
    const numbers = h("select", null, ...Array.from({ length: drawings }, (_, index) => h("option", { value: index, selected: index === number }, `z ${index + 1}`)));
    label(numbers, { en: `${name.en}: z of seed 0`, zh: `${name.zh}：种子 0 的 z` });
    const end: End = { label: chosen, z: this.artist.zOf(0, number), list, number: numbers, element: h("span", { class: "end" }, name, list, numbers) };
    list.addEventListener("change", () => void this.draw());
    numbers.addEventListener("change", () => void this.draw());
    return end;
  }

  private shortcuts(): HTMLElement {
    const go = (name: Text, sameClass: boolean, sameZ: boolean) => h("button", { type: "button", onclick: () => {
      const [from, to] = this.ends;
      const classes = this.artist.content.classes.length;
      if (sameClass) to.list.value = from.list.value;
      else if (to.list.value === from.list.value) to.list.value = String((Number(from.list.value) + 1) % classes);
      if (sameZ) to.number.value = from.number.value;
      else if (to.number.value === from.number.value) to.number.value = String((Number(from.number.value) + 1) % this.artist.content.drawings);
      void this.draw();
    } }, name);
    return h("span", { class: "row" }, go({ en: "class to class", zh: "类别到类别" }, false, true), go({ en: "z to z", zh: "z 到 z" }, true, false));
  }

  private async draw(): Promise<void> {
    const turn = ++this.turn;
    const { artist } = this;
    const [one, other] = this.ends.map(({ list, number }) => ({ label: Number(list.value), z: artist.zOf(0, Number(number.value)) }));
    const between = artist.cost > LONG ? 0 : BETWEEN;
    const count = (STRIP - 1) * (between + 1) + 1;
    this.stops = Array.from({ length: count }, (_, index) => {
      const share = index / (count - 1);
      const label: Label = share === 1 || one.label === other.label ? plain(other.label) : share === 0 ? plain(one.label) : { from: one.label, to: other.label, share };
      return { z: one.z.map((value, i) => (1 - share) * value + share * other.z[i]), label };
    });
    const pictures = await artist.pictures(this.stops);
    const judged = await artist.judge(pictures);
    if (turn !== this.turn) return;
    [this.pictures, this.judged] = [pictures, judged];
    this.place.max = String(count - 1);
    for (const [index, tile] of this.tiles.entries()) paintPicture(tile.querySelector("canvas")!, pictures[index * (between + 1)]);
    this.drawChart(one.label, other.label);
    this.show(Math.min(Number(this.place.value), count - 1));
  }

  private show(index: number): void {
    if (!this.pictures[index]) return;
    this.place.value = String(index);
    paintPicture(this.canvas, this.pictures[index]);
    const { aux, fake } = this.judged[index];
    const { classes } = this.artist.content;
    const best = likeliest(aux);
    put(this.said, { en: `judged: ${classes[best]} (${percent(aux[best], 0)}), real (${percent(fake, 0)})`, zh: `判为：${classes[best]}（${percent(aux[best], 0)}），真图（${percent(fake, 0)}）` });
    const step = (this.pictures.length - 1) / (STRIP - 1);
    for (const [at, tile] of this.tiles.entries()) tile.setAttribute("aria-pressed", String(Math.round(index / step) === at));
    this.chart.querySelector(".now")?.setAttribute("transform", `translate(${this.x(index)} 0)`);
  }

  private x(index: number): number {
    return 8 + ((WIDTH - 16) * index) / Math.max(1, this.pictures.length - 1);
  }

  /** The class of neither end that is seen with the highest probability where it is the likeliest of all, if any. */
  private third(from: number, to: number): number[] {
    const others = this.judged.map(({ aux }) => ({ best: likeliest(aux), share: aux[likeliest(aux)] })).filter(({ best }) => best !== from && best !== to);
    return others.sort((one, other) => other.share - one.share).slice(0, 1).map(({ best }) => best);
  }

  /** The probability of each end's class, of a third that comes between, and of real, along the walk. */
  private drawChart(from: number, to: number): void {
    const { classes } = this.artist.content;
    const y = (share: number) => 8 + (HEIGHT - 16) * (1 - share);
    const lines: { name: Text; values: number[] }[] = [
      ...[...new Set([from, to, ...this.third(from, to)])].map((index) => ({ name: { en: `aux: ${classes[index]}`, zh: `aux：${classes[index]}` }, values: this.judged.map(({ aux }) => aux[index]) })),
      { name: { en: "fake: real", zh: "fake：真实" }, values: this.judged.map(({ fake }) => fake) },
    ];
    const draw = (tag: string, attributes: Record<string, string | number>) => {
      const element = document.createElementNS(SVG, tag);
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
      return element;
    };
    this.chart.replaceChildren(
      ...[0, 0.5, 1].map((share) => draw("line", { x1: 8, x2: WIDTH - 8, y1: y(share), y2: y(share), class: "rule" })),
      ...lines.map(({ values }, index) => draw("polyline", { points: values.map((value, i) => `${this.x(i)},${y(value)}`).join(" "), class: `line line-${index} ${index === lines.length - 1 ? "real" : ""}` })),
      draw("line", { x1: 0, x2: 0, y1: 0, y2: HEIGHT, class: "now" }));
    label(this.chart, { en: `probabilities between 0 and 1 along the walk: ${lines.map(({ name }) => name.en).join(", ")}`, zh: `沿途的概率（0 到 1）：${lines.map(({ name }) => name.zh).join("、")}` });
    put(this.keys, ...lines.map(({ name }, index) => h("li", { class: `key key-${index} ${index === lines.length - 1 ? "real" : ""}` }, name)));
  }

  private take(index: number): void {
    const step = (this.stops.length - 1) / (STRIP - 1);
    this.pause();
    this.show(index * step);
    void this.artist.put(this.stops[index * step]);
  }

  private start(): void {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches; // then one drawing of the strip a second
    const step = isCalm ? (this.pictures.length - 1) / (STRIP - 1) : 1;
    const next = () => {
      const last = this.pictures.length - 1;
      let index = Number(this.place.value) + (this.forward ? step : -step);
      if (index < 0 || index > last) {
        this.forward = !this.forward;
        index = Math.max(0, Math.min(last, index));
      }
      this.show(index);
    };
    this.timer = setInterval(next, isCalm ? 1000 : 110) as unknown as number;
    put(this.play, { en: "⏸ Pause", zh: "⏸ 暂停" });
  }

  private pause(): void {
    clearInterval(this.timer);
    this.timer = 0;
    put(this.play, { en: "▶ Play", zh: "▶ 播放" });
  }

  /** It shows drawings of its own. */
  update(): void {}
}
