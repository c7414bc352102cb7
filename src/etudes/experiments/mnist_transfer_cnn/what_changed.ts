/** What the transfer changed: the weights of each layer before and after it, and what both heads make of a picture. */

import { Cells, type Layer, type Network, type Tensor, type Text, type Values, h, number, put, scaleOf } from "etudes-page";
import "./page.css";

/** A layer of the network before the transfer, and the one after it. */
interface Pair {
  named: Text;
  before: Layer;
  after: Layer;
}

/** The layers with weights that both networks have, from the input on. */
function pairs(before: Network, after: Network): Pair[] {
  const paired = (kind: string, en: string, zh: string) => {
    const [old, fresh] = [before, after].map(({ data }) => data.layers.filter((layer) => layer.kind === kind));
    return old.map((layer, index) => ({
      named: { en: `${en} ${index + 1}`, zh: `${zh} ${index + 1}` }, before: layer, after: fresh[index],
    }));
  };
  return [...paired("Conv2D", "convolution", "卷积"), ...paired("Dense", "dense layer", "全连接层")];
}

/** How far the weights of a layer moved, as a part of their length; null where they do not fit each other. */
function moved({ before, after }: Pair, first: Network, second: Network): number | null {
  let [change, size] = [0, 0];
  for (const role of Object.keys(before.weights)) {
    const [one, other] = [first.weight(before, role)?.data, second.weight(after, role)?.data];
    if (!one || !other || one.length !== other.length) return null;
    for (let i = 0; i < one.length; i++) {
      change += (other[i] - one[i]) ** 2;
      size += one[i] ** 2;
    }
  }
  return Math.sqrt(change / Math.max(size, 1e-30));
}

/** How far the weights of each layer moved in the transfer. */
export function changeTable(first: Network, second: Network): HTMLElement {
  const heads: Text[] = [
    { en: "layer", zh: "层" },
    { en: "parameters", zh: "参数" },
    { en: "in the transfer", zh: "迁移时" },
    { en: "size of the change, in % of the weights' size", zh: "变化的大小（占权重大小的百分比）" },
  ];
  const rows = pairs(first, second).map((pair) => {
    const part = moved(pair, first, second);
    const share = `${Math.round(100 * (part ?? 0))} %`;
    const change: Text =
      part === null
        ? { en: "made anew", zh: "重新建立" }
        : part ? { en: share, zh: share } : { en: "unchanged, bit for bit", zh: "没有变，一位不差" };
    const state: Text = pair.after.trainable ? { en: "trained further", zh: "继续训练" } : { en: "🔒 frozen", zh: "🔒 冻结" };
    return h("tr", null, h("th", { scope: "row" }, pair.named), h("td", null, pair.after.parameters.toLocaleString("en")),
      h("td", null, state), h("td", null, change));
  });
  const name = { en: "the weights before and after", zh: "迁移前后的权重" };
  return h("div", { class: "scroll", tabindex: 0, role: "region", label: name }, h("table", { class: "values changes" },
    h("thead", null, h("tr", null, ...heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", null, ...rows)));
}

/** The same features, and what each head reads in them. */
export class Readers {
  readonly element: HTMLElement;
  private readonly same = h("p");
  private readonly cells: Record<"first" | "second", Cells>;
  private scale = 1;

  /** @param layers names of the last maps and of the head's first activation, before the transfer and after it. */
  constructor(private readonly layers: { features: [string, string]; head: [string, string] }, units: number) {
    const scale = () => this.scale;
    const cells = (name: Text) => new Cells({ name, get scale() { return scale(); } });
    const before = { en: `Before the transfer: ${units} numbers made of them`, zh: `迁移前：由它们得出的 ${units} 个数` };
    const after = { en: `After it: ${units} others`, zh: `迁移后：另外 ${units} 个数` };
    this.cells = { first: cells(before), second: cells(after) };
    this.element = h("div", { class: "readers" }, h("h2", null, { en: "The same features, two readers", zh: "同样的特征，两个读者" }),
      this.same, h("div", { class: "two" },
        h("figure", null, h("figcaption", null, before), this.cells.first.element),
        h("figure", null, h("figcaption", null, after), this.cells.second.element)));
  }

  show(first: Values, second: Values): void {
    const [one, other] = [first[this.layers.head[0]], second[this.layers.head[1]]];
    this.scale = Math.max(scaleOf(one.data), scaleOf(other.data));
    this.cells.first.show(one);
    this.cells.second.show(other);
    this.say(first[this.layers.features[0]], second[this.layers.features[1]]);
  }

  private say(before: Tensor, after: Tensor): void {
    const count = after.data.length.toLocaleString("en");
    const apart = Math.max(...Array.from(after.data, (value, i) => Math.abs(value - before.data[i])));
    this.same.dataset.apart = String(apart);
    if (apart === 0) {
      put(this.same, {
        en: `Both networks find exactly the same ${count} numbers (features) in your picture. Only what they read in them differs.`,
        zh: `两个网络在你的图里找到完全相同的 ${count} 个数（特征）。不同的只是怎么读。`,
      });
    } else {
      put(this.same, {
        en: `In this run the features did not stay: the ${count} numbers of both networks differ by up to `,
        zh: `在这次训练中，特征没有原样保留：两个网络的 ${count} 个数最多相差 `,
      }, number(apart), { en: ".", zh: "。" });
    }
  }
}
