/** The journey of the reader's input through a network: its layers as bands of cells, in order. */

import { cellName, valueAt } from "./arithmetic";
import { Cells } from "./cells";
import type { Layer, Text, Values } from "./data";
import { Detail, largestTerms } from "./detail";
import { both, h, label } from "./dom";
import { explain } from "./explain";
import { Legend } from "./legend";
import type { Network } from "./network";
import { NumberTable } from "./number_table";
import type { Explainer, Explanation, Journey, LayerWords } from "./study";

const KINDS: Record<string, Text> = {
  Activation: { en: "activation", zh: "激活" },
  Concatenate: { en: "concatenate", zh: "拼接" },
  Conv2D: { en: "convolution", zh: "卷积" },
  Conv2DTranspose: { en: "transposed convolution", zh: "转置卷积" },
  Dense: { en: "dense layer", zh: "全连接层" },
  Embedding: { en: "embedding", zh: "嵌入" },
  Flatten: { en: "flatten", zh: "展平" },
  LSTM: { en: "LSTM", zh: "LSTM" },
  LeakyReLU: { en: "leaky ReLU", zh: "Leaky ReLU" },
  MaxPooling2D: { en: "max pooling", zh: "最大池化" },
  Multiply: { en: "multiply", zh: "逐元素相乘" },
  ReLU: { en: "ReLU", zh: "ReLU" },
  RepeatVector: { en: "repeat", zh: "重复" },
  Rescaling: { en: "rescaling", zh: "缩放" },
  Reshape: { en: "reshape", zh: "变形" },
  TimeDistributed: { en: "dense layer, at each step", zh: "逐步的全连接层" },
  UpsampledConv2D: { en: "upsampling and convolution", zh: "上采样与卷积" },
};

const HIDDEN = ["Flatten"];

const MOST_OUTLINED = 600;

const INPUT: Text = { en: "the input", zh: "输入" };

function isFrozen(layer: Layer): boolean {
  return layer.parameters > 0 && !layer.trainable;
}

/** A layer's kind for people: "convolution", "softmax". */
export function kindOf(layer: Layer): Text {
  const activation = layer.config.activation;
  if (layer.kind === "Activation" && typeof activation === "string") {
    return { relu: both("ReLU"), softmax: both("softmax") }[activation] ?? both(activation);
  }
  return KINDS[layer.kind] ?? both(layer.kind);
}

/** The values of a layer, or inside it, or of an input, as one band. */
interface Band {
  name: string;
  cells: Cells;
  element: HTMLElement;
  update(values: Values): void;
}

export class JourneyView {
  readonly element: HTMLElement;
  private readonly bands: Band[] = [];
  private values: Values = {};
  private readonly detail = new Detail((by) => this.step(by));
  private chosen: { name: string; cell: number[] } | null = null;

  constructor(
    readonly journey: Journey,
    private readonly network: Network,
    private readonly own: Record<string, Explainer>,
    private readonly lineOf: (snippet: string) => HTMLElement | null,
  ) {
    const list = h("div", { class: "bands" });
    for (const { name, shape } of network.data.inputs) list.append(this.inputBand(name, shape));
    for (const layer of network.data.layers) if (!this.isHidden(layer)) list.append(...this.layerBands(layer));
    this.element = h("section", { class: "journey", id: `journey-${network.name}` },
      h("h2", null, journey.title), ...journey.words.map((text) => h("p", null, text)), this.overview(), list);
  }

  private isHidden(layer: Layer): boolean {
    const hidden = this.journey.hidden ?? HIDDEN;
    return hidden.includes(layer.kind) || hidden.includes(layer.name);
  }

  private wordsOf(layer: Layer): LayerWords {
    return this.journey.layers[layer.name] ?? this.journey.layers[layer.kind] ?? {};
  }

  /** All layers as boxes, each a way to its band. */
  private overview(): HTMLElement {
    const nav = h("nav", { class: "overview", label: { en: "the layers", zh: "各层" } });
    const box = (name: string, title: Text, shape: number[], frozen: boolean) =>
      nav.append(h("a", { href: `#band-${this.network.name}-${name}`, class: frozen ? "box frozen" : "box" },
        h("span", null, title), h("small", null, shape.join(" × "))));
    for (const { name, shape } of this.network.data.inputs) {
      const { short, title } = this.journey.layers[name] ?? {};
      box(name, short ?? title ?? INPUT, shape, false);
    }
    for (const layer of this.network.data.layers) {
      if (this.isHidden(layer)) continue;
      const { short, title } = this.wordsOf(layer);
      box(layer.name, short ?? title ?? kindOf(layer), layer.shape, isFrozen(layer));
    }
    return nav;
  }

  private inputBand(name: string, shape: number[]): HTMLElement {
    const words = this.journey.layers[name] ?? {};
    const title = words.title ?? INPUT;
    const head = h("h3", null, title, " ", h("span", { class: "shape" }, shape.join(" × ")));
    return this.band(name, title, head, words, { picture: shape.length === 3 });
  }

  private layerBands(layer: Layer): HTMLElement[] {
    const words = this.wordsOf(layer);
    const title = words.title ?? kindOf(layer);
    const frozen = isFrozen(layer);
    const parameters = layer.parameters.toLocaleString("en");
    const head = h("h3", null, title, " ", h("span", { class: "shape" }, layer.shape.join(" × ")), " ",
      layer.parameters > 0 && h("small", null, { en: `${parameters} parameters`, zh: `${parameters} 个参数` }),
      frozen && h("small", { class: "lock" }, { en: "🔒 frozen", zh: "🔒 冻结" }));
    const inside = layer.inside.filter((name) => this.journey.layers[name]).map((name) => {
      const named = this.journey.layers[name];
      const heading = named.title ?? both(name);
      return this.band(name, heading, h("h3", null, heading), named, {});
    });
    const main = this.band(layer.name, title, head, words, words.picture ? { picture: true } : {});
    if (frozen) for (const element of [...inside, main]) element.classList.add("frozen");
    return [...inside, main];
  }

  private band(name: string, title: Text, head: HTMLElement, words: LayerWords, look: { picture?: boolean }): HTMLElement {
    const labels = this.journey.labels?.[name];
    const isProbability = this.network.layer(name)?.config.activation === "softmax";
    const cells = new Cells({
      name: title,
      ...(labels ? { labels } : {}),
      ...(look.picture ? { picture: true } : {}),
      ...(isProbability ? { scale: 1 } : {}),
      choose: (cell) => {
        this.choose(name, cell);
        this.detail.element.scrollIntoView({ block: "nearest" });
      },
    });
    const legend = new Legend();
    const table = new NumberTable(labels);
    const line = words.source ? this.lineOf(words.source) : null;
    const element = h("article", { class: "band", id: `band-${this.network.name}-${name}` },
      h("header", null, head, line), words.what ? h("p", { class: "what" }, words.what) : null,
      cells.element, look.picture ? null : legend.element, table.element, words.panel?.element ?? null);
    element.dataset.value = name;
    this.bands.push({
      name, cells, element,
      update: (values) => {
        const value = values[name];
        if (!value) return;
        element.dataset.shape = value.shape.join(",");
        cells.show(value);
        legend.show(cells.scale, value.data.some((one) => one < 0));
        table.show(value);
      },
    });
    return element;
  }

  /** Draw all bands with new values. */
  show(values: Values): void {
    this.values = values;
    for (const band of this.bands) band.update(values);
    if (this.chosen) this.choose(this.chosen.name, this.chosen.cell);
  }

  /** The arithmetic of a cell, whose terms have the names of where they stand. */
  private explained(name: string, cell: number[]): Explanation | null {
    const found = explain(this.network, name, cell, this.values, this.own);
    const labels = this.journey.labels?.[found?.sources[0]?.name ?? ""];
    for (const term of found?.terms ?? []) if (term.cell && labels) term.label = cellName(term.cell, labels);
    return found;
  }

  /** Choose a cell: show how it came about, and outline where from. */
  choose(name: string, cell: number[]): void {
    const band = this.bands.find((one) => one.name === name);
    const tensor = this.values[name];
    if (!band || !tensor) return;
    this.chosen = { name, cell };
    const explanation = this.explained(name, cell);
    for (const one of this.bands) {
      const source = explanation?.sources.find((from) => from.name === one.name);
      one.cells.mark(one === band ? cell : null, source ? outlined(source.cells, explanation!) : []);
    }
    label(band.cells.canvas, band.cells.describe(cell));
    const title = band.element.querySelector("h3")!;
    const where = cellName(cell, this.journey.labels?.[name]);
    this.detail.show({ name: nameOf(title), where, cell, value: valueAt(tensor, cell) }, explanation);
    if (this.detail.element.previousSibling !== band.cells.element) band.cells.element.after(this.detail.element);
  }

  /** Choose the neighbour of the chosen cell. */
  private step(by: number[]): void {
    if (!this.chosen) return;
    const { name, cell } = this.chosen;
    const { shape } = this.values[name];
    const moved = cell.map((index, axis) => Math.max(0, Math.min(shape[axis] - 1, index + (by[axis] ?? 0))));
    this.choose(name, moved);
  }
}

/** Cells to outline: all that another came from or, of very many, those that count most. */
function outlined(cells: number[][], explanation: Explanation): number[][] {
  if (cells.length <= MOST_OUTLINED) return cells;
  return largestTerms(explanation.terms).flatMap((term) => (term.cell ? [term.cell] : []));
}

function nameOf(heading: Element): Text {
  const [en, zh] = ["en", "zh-CN"].map((lang) => heading.querySelector(`:scope > [lang="${lang}"]`)?.textContent ?? "");
  return { en, zh };
}
