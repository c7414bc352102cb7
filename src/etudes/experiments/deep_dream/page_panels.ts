/** What the network saw in the picture of each octave, and the same photograph as a dream of other layers. */

import { both, h, inLanguage, number, put, shown, type Panel, type PageData, type Text } from "etudes-page";

import { octaveSize, sizeOf, targetsOf, type Content, type DreamPage, type LayerMaps, type SmallDream } from "./page_content";
import { Comparison, type Viewer } from "./page_viewer";

const MISSING: Record<string, Text> = {
  backend: {
    en: "What the network saw is not in this page: no backend was installed where it was made.",
    zh: "本页没有收录网络看到的内容：生成本页的机器上没有安装计算后端。",
  },
  network: {
    en: "What the network saw is not in this page: the network was not there where it was made.",
    zh: "本页没有收录网络看到的内容：生成本页的机器上找不到这个网络。",
  },
  picture: {
    en: "What the network saw is not in this page: the photograph was not there where it was made.",
    zh: "本页没有收录网络看到的内容：生成本页的机器上找不到原照片。",
  },
};

/** Why there is no panel, as a panel. */
export function missingPanel(content: Content): HTMLElement {
  return h("p", { class: "warn" }, MISSING[content.missing] ?? MISSING.network);
}

/** The picture of an octave, its gradient, and maps of several layers. */
export class SeenPanel implements Panel {
  readonly element = h("div", { class: "saw" });
  private readonly shownPart = h("div", { class: "shown" });
  private readonly buttons: { octave: number; button: HTMLButtonElement }[];

  constructor(private readonly page: DreamPage, viewer: Viewer) {
    const { original, octaves } = page.data.content;
    const numbers = [...(original ? [0] : []), ...octaves.map(({ number: octave }) => octave)];
    this.buttons = numbers.map((octave) => {
      const name: Text = octave ? { en: `octave ${octave}`, zh: `第 ${octave} 个八度` } : { en: "photograph", zh: "原照片" };
      const button = h("button", { type: "button" }, name);
      button.addEventListener("click", () => viewer.choose(viewer.frames.findLastIndex((frame) => frame.octave === octave)));
      return { octave, button };
    });
    const names = { en: "which picture", zh: "哪一幅图" };
    this.element.append(h("div", { class: "choices", role: "group", label: names }, ...this.buttons.map(({ button }) => button)), this.shownPart);
    let before = -1;
    const follow = (octave: number) => {
      if (octave !== before) this.show(octave);
      before = octave;
    };
    viewer.followers.push((frame) => follow(frame.octave));
    follow(viewer.frames[viewer.at].octave);
  }

  update(): void {
    // it follows the slider
  }

  private show(octave: number): void {
    for (const one of this.buttons) one.button.setAttribute("aria-pressed", String(one.octave === octave));
    const { original, octaves, gradients, maps } = this.page.data.content;
    const key = String(octave);
    const picture = octave ? octaves.find((one) => one.number === octave)!.end : original!;
    const [width, height] = octave ? octaveSize(this.page.data, octave) : sizeOf(this.page.data);
    const whole: Text = octave
      ? { en: `The picture when octave ${octave} ends, ${width}×${height}`, zh: `第 ${octave} 个八度结束时的图，${width}×${height}` }
      : { en: `The photograph, ${width}×${height}`, zh: `原照片，${width}×${height}` };
    const slope: Text = {
      en: "Its gradient: how each pixel should change so that the layers respond more strongly. Grey: not at all. Grey border: the edge of each layer is left out, since padding disturbs it.",
      zh: "它的梯度：每个像素应如何改变，才能使这些层响应更强。灰色：不必改变。边缘为灰：各层的边缘不计入，因为填充会造成干扰。",
    };
    put(this.shownPart,
      h("div", { class: "pair" }, pictured(picture, whole), gradients[key] ? pictured(gradients[key], slope) : null),
      ...maps.filter((one) => key in one.pictures).map((one) => mapsOf(one, key)));
  }
}

function pictured(picture: string, words: Text): HTMLElement {
  return h("figure", null, h("img", { src: picture, alt: "" }), h("figcaption", null, words));
}

/** Some maps of a layer side by side, with how much their channels respond. */
function mapsOf(maps: LayerMaps, octave: string): HTMLElement {
  const [rows, columns] = maps.shapes[octave];
  const image = h("img", { src: maps.pictures[octave], class: "maps", style: `aspect-ratio: ${columns * maps.channels.length} / ${rows}` });
  const name: Text = {
    en: `feature maps of ${maps.layer}: channels ${maps.channels.join(", ")}`,
    zh: `${maps.layer} 的特征图：通道 ${maps.channels.join("、")}`,
  };
  inLanguage((language) => (image.alt = name[language]));
  const captions = maps.channels.map((channel, k) => {
    const photograph = maps.photograph?.[octave][k];
    const mean = maps.means[octave][k];
    const before = octave !== "0" && photograph !== undefined ? [h("small", null, number(photograph), " → ")] : [];
    return h("span", { class: "channel" }, { en: `channel ${channel}`, zh: `通道 ${channel}` }, h("br"), ...before, number(mean));
  });
  return h("figure", { class: "layer" },
    h("figcaption", null, h("b", null, maps.layer), h("small", null, { en: ` ${rows}×${columns}, ${captions.length} of ${maps.of} channels`, zh: ` ${rows}×${columns}，${maps.of} 个通道中的 ${captions.length} 个` })),
    image, h("div", { class: "captions" }, ...captions));
}

/** The dreams of single layers, then that of all layers of this dream, in the same small way. */
function smallDreams(data: PageData<Content>): SmallDream[] {
  const { layers, wrong } = data.content;
  const right = wrong.find(({ what }) => what === "right");
  return right ? [...layers, { ...right, layer: targetsOf(data).join(" + ") }] : layers;
}

/** What to say before the choice of a layer, with those that changed the picture most and least. */
export function layerWords({ data }: DreamPage): Text[] {
  const changes = data.content.layers.flatMap(({ layer, change }) => (change === undefined ? [] : [{ layer, change }]));
  const [most, ...rest] = changes.sort((one, other) => other.change - one.change);
  const least = rest.at(-1);
  const found = most && least
    ? { en: ` With the same number and size of steps, ${most.layer} changes the picture most, by ${shown(Math.round(most.change))} of 255 levels on average, and ${least.layer} least, by ${shown(Math.round(least.change))}.`, zh: `步数和步长相同时，${most.layer} 对图片的改动最大，平均 ${shown(Math.round(most.change))} 级（共 255 级）；${least.layer} 最小，平均 ${shown(Math.round(least.change))} 级。` }
    : { en: "", zh: "" };
  const own = targetsOf(data);
  const last = own.length > 1
    ? { en: `the last picture is a dream of all the layers of this dream together, ${own.join(" and ")}`, zh: `最后一幅同时用本梦境的所有层：${own.join("、")}` }
    : { en: `the last picture is a dream of ${own[0]}, as this dream is`, zh: `最后一幅用 ${own[0]}，与本梦境相同` };
  return [{
    en: `The same photograph, smaller, dreamed on with one layer at a time, from an early one to a late one; ${last.en}. Early layers ask for edges and simple patterns.${found.en} Choose a picture; drag the divider to compare with the photograph.`,
    zh: `同一张照片（缩小后），每次只用一层来做梦，从浅层到深层；${last.zh}。浅层想要边缘和简单的纹理。${found.zh}选择一幅；拖动分隔线可与原照片对照。`,
  }];
}

/** The photograph dreamed on with one layer at a time. */
export class LayersPanel implements Panel {
  readonly element: HTMLElement;

  constructor(page: DreamPage) {
    const { original } = page.data.content;
    const layers = smallDreams(page.data);
    const comparison = new Comparison(original, sizeOf(page.data), 25);
    const said = h("p", { class: "how", "aria-live": "polite" });
    const buttons = layers.map(({ layer, picture }) =>
      h("button", { type: "button" }, h("img", { src: picture, alt: "" }), h("span", null, layer)));
    const choose = (index: number) => {
      const { layer, before, after, picture } = layers[index];
      comparison.show(picture, { en: `a small dream of ${layer}`, zh: `${layer} 的小幅梦境` }, both(layer));
      buttons.forEach((button, k) => button.setAttribute("aria-pressed", String(k === index)));
      put(said, { en: `Response of ${layer}, in the photograph and in this dream: `, zh: `${layer} 的响应，在照片中与在这个梦境中：` }, number(before), " → ", number(after));
    };
    buttons.forEach((button, index) => button.addEventListener("click", () => choose(index)));
    this.element = h("div", { class: "by-layer" }, h("div", { class: "small" }, comparison.element),
      h("div", null, h("div", { class: "choices pictured", role: "group", label: { en: "the layer", zh: "层" } }, ...buttons), said));
    choose(Math.min(1, layers.length - 1));
  }

  update(): void {
    // it has no values
  }
}
