/** Where each answer of the discriminator pulls: for each pixel whether more ink would help, and what follows from it. */

import { Cells, h, Legend, NumberTable, put, tensor, type Panel, type Tensor, type Text, type Values } from "etudes-page";
import type { Artist } from "./artist";
import { pulls } from "./gradient";
import { JudgementView } from "./judgement";
import { paintPicture, pictureCanvas } from "./pictures";

/** Grey levels by which a pixel is said to change. */
const LEVELS = 10;
/** The largest change that can be followed. */
const MOST = 40;
/** Pixels up to which the pull is computed without being asked for. */
const QUICK = 1200;

const UNIT: Text = { en: `score points for ${LEVELS} grey levels`, zh: `每 ${LEVELS} 个灰度级的得分变化` };

interface Map {
  cells: Cells;
  legend: Legend;
  table: NumberTable;
  element: HTMLElement;
}

function map(title: Text, name: Text): Map {
  const cells = new Cells({ name });
  const legend = new Legend();
  const table = new NumberTable();
  return { cells, legend, table, element: h("figure", { class: "pull" }, h("figcaption", null, title), cells.element, legend.element, h("p", { class: "unit" }, UNIT), table.element) };
}

export class Pull implements Panel {
  readonly element: HTMLElement;
  private readonly picture = pictureCanvas({ en: "the judged picture", zh: "被评判的图" });
  private readonly fake = map({ en: "towards real", zh: "朝“真实”" }, { en: "pull of fake on each pixel", zh: "fake 对每个像素的拉力" });
  private readonly aux = map({ en: "towards its class", zh: "朝所要的类别" }, { en: "pull of aux on each pixel", zh: "aux 对每个像素的拉力" });
  private readonly measure = h("button", { type: "button", onclick: () => this.compute() }, { en: "Compute the pull", zh: "计算拉力" });
  private readonly amount = h("input", { type: "range", id: "pull-by", min: -MOST, max: MOST, step: 1, value: 0 });
  private readonly said = h("label", { for: "pull-by" });
  private readonly changed = pictureCanvas({ en: "the changed picture", zh: "改动后的图" });
  private readonly judgement: JudgementView;
  private values: Values | null = null;
  private found: ReturnType<typeof pulls> | null = null;
  private rest = 0;

  constructor(private readonly artist: Artist) {
    this.judgement = new JudgementView(artist.content, { en: "What it says of the changed picture", zh: "它怎么评判改动后的图" });
    this.amount.addEventListener("input", () => void this.follow());
    this.element = h("div", null,
      h("div", { class: "pulls" }, h("figure", { class: "pull" }, h("figcaption", null, { en: "the picture", zh: "图" }), this.picture), this.fake.element, this.aux.element),
      this.measure,
      h("h3", null, { en: "Give in to the pull", zh: "顺着拉力走" }),
      h("p", null, { en: "Change every pixel by the same few grey levels, each in the direction of the first map, and watch the answer. The picture becomes speckled, not better written: a pull only says what one pixel should do while all others stay. So training never moves pixels. It moves the weights that draw all pictures at once, in many small steps, and the discriminator learns from each result.", zh: "让每个像素都按第一张图的方向改变同样几个灰度级，看看回答怎么变。图上出现的是杂点，而不是更好的笔迹：拉力只说明其他像素不动时，这一个像素该怎么变。所以训练从不移动像素，而是分许多小步移动那些画出所有图的权重；判别器也从每次的结果中学习。" }),
      h("div", { class: "row" }, this.said, this.amount),
      h("div", { class: "changed" }, h("figure", { class: "pull" }, this.changed), this.judgement.element));
    this.measure.hidden = true;
    this.say();
  }

  update(values: Record<string, Values>): void {
    if (!values.discriminator || values.discriminator === this.values) return;
    this.values = values.discriminator;
    const { picture } = this.values;
    paintPicture(this.picture, picture);
    const isQuick = picture.shape[0] * picture.shape[1] <= QUICK;
    this.measure.hidden = isQuick;
    this.found = null;
    clearTimeout(this.rest);
    if (isQuick) this.rest = setTimeout(() => this.compute(), 60) as unknown as number;
  }

  private compute(): void {
    const { artist, values } = this;
    if (!values) return;
    this.found = pulls(artist.discriminator, values, artist.label.from);
    const [rows, columns, channels] = values.picture.shape;
    for (const name of ["fake", "aux"] as const) {
      const { cells, legend, table } = this[name];
      const steps = this.found[name].map((value) => LEVELS * value);
      const shown = tensor([rows, columns, 1], Float32Array.from({ length: rows * columns }, (_, i) => steps.subarray(i * channels, (i + 1) * channels).reduce((sum, one) => sum + one, 0)));
      cells.show(shown);
      legend.show(cells.scale, true);
      table.show(shown);
    }
    void this.follow();
  }

  private say(): void {
    const by = Number(this.amount.value);
    const much = Math.abs(by);
    put(this.said, by === 0 ? { en: "no change", zh: "不改变" }
      : by > 0 ? { en: `${much} grey levels towards real`, zh: `朝“真实”改变 ${much} 个灰度级` } : { en: `${much} grey levels towards generated`, zh: `朝“生成”改变 ${much} 个灰度级` });
  }

  private async follow(): Promise<void> {
    this.say();
    const { values, found, artist } = this;
    if (!values || !found) return;
    const by = Number(this.amount.value);
    const data = Float32Array.from(values.picture.data, (value, i) => Math.max(0, Math.min(255, value + by * Math.sign(found.fake[i]))));
    const picture: Tensor = { shape: values.picture.shape, data };
    paintPicture(this.changed, picture);
    const [judged] = await artist.judge([picture]);
    if (found === this.found && by === Number(this.amount.value)) this.judgement.show(judged, artist.label.from);
  }
}

/** The legend of both maps in words. */
export function pullWords(): Text[] {
  return [
    { en: `How would each answer change if one pixel became ${LEVELS} grey levels lighter? Orange: its score would rise, so more ink is wanted there (white is ink). Blue: it would fall, so less ink is wanted. Both maps are gradients, computed here layer by layer from the score back to the pixels, as in training.`, zh: `如果某个像素亮 ${LEVELS} 个灰度级，两个回答会怎样变化？橙色：得分升高，那里需要更多笔迹（白色是笔迹）；蓝色：得分降低，那里需要更少笔迹。两张图都是梯度，在本页中从得分逐层反推到像素，与训练时相同。` },
    { en: "The score is the one before sigmoid or softmax, so that a pull is to be seen even where the answer is as good as certain. In step 8 the generator follows both pulls, but it can move pixels only through its weights.", zh: "这里的得分取自 sigmoid 或 softmax 之前，因此即使回答几乎确定，也看得见拉力。第 8 步中生成器顺着两种拉力走，但它只能通过自己的权重来移动像素。" },
  ];
}
