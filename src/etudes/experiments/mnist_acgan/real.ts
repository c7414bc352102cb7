/** Real pictures of the test split beside the drawing, and what the discriminator says of both. */

import { percent, h, put, type Panel, type Text } from "etudes-page";
import type { Artist } from "./artist";
import { choice } from "./journeys";
import { JudgementView, limits, undecided } from "./judgement";
import { distance, paintPicture, pictureCanvas, type Picture } from "./pictures";

export class RealPictures implements Panel {
  readonly element: HTMLElement;
  /** Which picture the bands of the discriminator show. */
  readonly judged: Panel;
  private readonly drawing = pictureCanvas({ en: "the drawing", zh: "画出的图" });
  private readonly real = pictureCanvas({ en: "a real picture", zh: "真图" });
  private readonly ofDrawing: JudgementView;
  private readonly ofReal: JudgementView;
  private readonly list = h("div", { class: "strip drawings", role: "group", label: { en: "real pictures", zh: "真图" } });
  private readonly of = new Map<number, Picture[]>();
  private picture: Picture | null = null;
  /** The real picture that is shown, with its answer. */
  shown: { picture: Picture; fake: number } | null = null;
  private order: Picture[] = [];

  constructor(private readonly artist: Artist) {
    const { content } = artist;
    const shape = artist.generator.data.layers.at(-1)!.shape;
    for (const { class: label, count, pixels } of content.real) this.of.set(label, decoded(pixels, count, shape));
    this.ofDrawing = new JudgementView(content, { en: "The drawing", zh: "画出的图" });
    this.ofReal = new JudgementView(content, { en: "A real one", zh: "真图" });
    const buttons = choice([
      { name: { en: "the drawing", zh: "画出的图" }, choose: () => artist.settle() },
      ...(content.real.length ? [{ name: { en: "a real picture of the class", zh: "该类的一张真图" }, choose: () => void this.judgeReal() }] : []),
    ]);
    this.judged = { element: buttons.element, update: ({ discriminator }) => buttons.mark(discriminator === artist.now.judge ? 0 : 1) };
    this.element = content.real.length ? this.both() : this.none();
    artist.onDrawing(() => this.compare(), "settled");
    this.compare();
  }

  private both(): HTMLElement {
    const side = (canvas: HTMLElement, view: JudgementView) => h("div", { class: "side" }, h("figure", { class: "pull" }, canvas), view.element);
    return h("div", null, h("div", { class: "sides" }, side(this.drawing, this.ofDrawing), side(this.real, this.ofReal)),
      h("p", null, { en: "Real pictures of this class, the one most like the drawing first. Choose one.", zh: "这一类的真图，最像画出的图的排在最前。点选一张。" }), this.list);
  }

  private none(): HTMLElement {
    return h("p", { class: "state" }, { en: "This page holds no real pictures: the data was not there when the page was made, or it is private.", zh: "本页没有真图：制作本页时数据不在，或者数据是私有的。" });
  }

  /** The drawing itself calls `compare`. */
  update(): void {}

  private compare(): void {
    const { artist } = this;
    const pictures = this.of.get(artist.label.from) ?? [];
    paintPicture(this.drawing, artist.now.picture);
    this.ofDrawing.show(artist.now.judgement, artist.label.share ? null : artist.label.from);
    if (!pictures.length) return;
    const far = (picture: Picture) => distance(picture, artist.now.picture);
    this.order = [...pictures].sort((one, other) => far(one) - far(other));
    put(this.list, ...this.order.map((picture, index) => {
      const name: Text = { en: `real picture ${index + 1}`, zh: `真图 ${index + 1}` };
      return h("button", { type: "button", class: "tile", label: name, onclick: () => void this.choose(picture) }, pictureCanvas(name, picture));
    }));
    void this.choose(this.order[0]);
  }

  private mark(): void {
    for (const [index, button] of [...this.list.children].entries()) {
      button.setAttribute("aria-pressed", String(this.order[index] === this.picture));
    }
  }

  private async choose(picture: Picture): Promise<void> {
    this.picture = picture;
    this.mark();
    paintPicture(this.real, picture);
    const [judged] = await this.artist.judge([picture]);
    this.shown = { picture, fake: judged.fake };
    if (picture === this.picture) this.ofReal.show(judged, this.artist.label.from);
  }

  /** Show the real picture in the bands of the discriminator. */
  private async judgeReal(): Promise<void> {
    if (!this.picture) return;
    const { shape, data } = this.picture;
    const values = await this.artist.discriminator.run({ picture: { shape, data: Float32Array.from(data) } });
    this.artist.page.show({ discriminator: values });
  }

  /** A real picture of a class, the first if there is one. */
  some(label: number, index: number): Picture | null {
    return this.of.get(label)?.[index] ?? null;
  }
}

function decoded(pixels: string, count: number, shape: number[]): Picture[] {
  const bytes = Uint8Array.from(atob(pixels), (sign) => sign.charCodeAt(0));
  const size = shape.reduce((product, extent) => product * extent, 1);
  return Array.from({ length: count }, (_, index) => ({ shape, data: bytes.subarray(index * size, (index + 1) * size) }));
}

/** Who is ahead, by the shares of real and of generated pictures that are taken for real. */
function telling(more: number): Text {
  if (more > 0.3) return { en: "So it tells many of them apart: the generator has not won.", zh: "可见它仍能分辨其中许多：生成器还没有赢。" };
  if (more > 0.05) return { en: "So it still tells them apart a little: the generator has not quite won.", zh: "可见它仍能略微分辨：生成器还没有完全赢。" };
  return { en: "So by this limit it hardly tells them apart.", zh: "可见按这个界限，它几乎分不出来。" };
}

/** Why the answers are so near each other. */
export function realWords(artist: Artist): Text[] {
  const { content, page } = artist;
  const middle = undecided(content).toFixed(2);
  const { real_taken_for_real: real, generated_taken_for_real: generated } = page.data.metrics;
  const share = (value: number) => percent(value, 0);
  const target = (1 - content.smoothing).toFixed(1);
  const between = limits(content).map((limit) => limit.toFixed(2)).join("–");
  const words: Text[] = [{
    en: `Half of all pictures that it learned from were real, with the target ${target}, half were generated, with the target 0. If it cannot tell them apart, its best answer is their mean, ${middle}: the dotted mark. A generator has won where real and generated pictures get the same answer.`,
    zh: `判别器学过的图一半是真图，目标为 ${target}；一半是生成的图，目标为 0。如果它分不出来，最好的回答就是两者的平均值 ${middle}，即虚线标记处。真图与生成图得到同样的回答时，生成器就赢了。`,
  }];
  if (real !== undefined && generated !== undefined) {
    words.push({
      en: `It answers more than 0.5 to ${share(real)} of the real test pictures and to ${share(generated)} of the generated ones. ${telling(real - generated).en} These shares count above 0.5; the words under the bar use other limits, ${between}.`,
      zh: `它对 ${share(real)} 的真实测试图和 ${share(generated)} 的生成图回答大于 0.5。${telling(real - generated).zh}这里的比例以 0.5 为界；分数条旁的判语用的是另外的界限 ${between}。`,
    });
  }
  return words;
}
