/** Strips of small drawings, each a button: all classes from one z, and one class from all z of a seed. */

import { percent, h, label, put, type Text } from "etudes-page";
import { plain, type Artist } from "./artist";
import { undecided } from "./judgement";
import { paintPicture, pictureCanvas } from "./pictures";

/** Classes of which a drawing is shown; further ones are in a list. */
const MOST = 40;

interface Tile {
  button: HTMLButtonElement;
  canvas: HTMLCanvasElement;
  below: HTMLElement;
}

function tile(name: Text, shown: string, choose: () => void): Tile {
  const canvas = h("canvas", { class: "pixels", "aria-hidden": "true" });
  const below = h("small");
  const button = h("button", { type: "button", class: "tile", label: name, onclick: choose }, canvas, shown && h("b", null, shown), below);
  return { button, canvas, below };
}

/** What the row of classes shows, and how to read the answers below it. */
function stripWords({ content, page }: Artist): Text {
  const [count, middle] = [content.classes.length, percent(undecided(content), 0)];
  const { real_taken_for_real: real } = page.data.metrics;
  const few = real !== undefined && real < 0.5;
  const [en, zh] = few ? [` Of real pictures, too, only ${percent(real, 0)} get more than ${percent(0.5, 0)}.`, `真图也只有 ${percent(real, 0)} 高于 ${percent(0.5, 0)}。`] : ["", ""];
  return {
    en: `Same random numbers (z), ${count === 10 ? "ten" : count} labels: choose one. Below each, how probable the discriminator finds it that the drawing is real. ${middle} (the dotted mark) is what it answers when it cannot tell.${en}`,
    zh: `同一组随机数（z），${count === 10 ? "十" : count}个标签：点选一个。下方是判别器认为它是真图的概率。${middle}（虚线）表示它分不出来。${zh}`,
  };
}

/** All classes, drawn from the z of now. */
export class ClassStrip {
  readonly element = h("div", { class: "strip classes", role: "group", label: { en: "the class", zh: "类别" } });
  private readonly tiles: Tile[];
  private readonly list: HTMLSelectElement | null = null;
  private turn = 0;

  constructor(private readonly artist: Artist) {
    const { classes } = artist.content;
    this.tiles = classes.slice(0, MOST).map((name, index) => tile({ en: `draw ${name}`, zh: `画 ${name}` }, name, () => void artist.put({ label: index })));
    this.element.append(...this.tiles.map(({ button }) => button));
    if (classes.length > MOST) {
      this.list = h("select", { label: { en: "the class", zh: "类别" } }, ...classes.map((name, index) => h("option", { value: index }, name)));
      this.list.addEventListener("change", () => void artist.put({ label: Number(this.list!.value) }));
      this.element.append(this.list);
    }
    this.element.append(h("p", { class: "hint" }, stripWords(artist)));
    artist.onDrawing(() => this.mark());
    artist.onDrawing(() => void this.draw(), "settled");
  }

  private mark(): void {
    const { from, share } = this.artist.label;
    for (const [index, { button }] of this.tiles.entries()) button.setAttribute("aria-pressed", String(!share && index === from));
    if (this.list) this.list.value = String(from);
  }

  async draw(): Promise<void> {
    const turn = ++this.turn;
    const { artist } = this;
    const pictures = await artist.pictures(this.tiles.map((_, index) => ({ z: artist.z, label: plain(index) })));
    if (turn !== this.turn) return;
    for (const [index, picture] of pictures.entries()) paintPicture(this.tiles[index].canvas, picture);
    const judged = await artist.judge(pictures);
    if (turn !== this.turn) return;
    for (const [index, { fake }] of judged.entries()) put(this.tiles[index].below, percent(fake));
  }
}

/** The class of now, drawn from each z of a seed; the seed can be changed. */
export class SeedStrip {
  readonly element: HTMLElement;
  private readonly tiles: Tile[];
  private readonly seed = h("input", { type: "number", min: 0, max: 2 ** 32 - 1, step: 1, value: 0, id: "seed", inputmode: "numeric" });
  private readonly command = h("code", { class: "command" });
  private readonly same = h("p", { class: "same" }, { en: "The same drawings by the command: ", zh: "用命令得到同样的图：" }, this.command);
  private shown = "";
  private turn = 0;

  constructor(private readonly artist: Artist) {
    const numbers = Array.from({ length: artist.content.drawings }, (_, number) => number);
    this.tiles = numbers.map((number) =>
      tile({ en: `z number ${number + 1} of this seed`, zh: `该种子的第 ${number + 1} 个 z` }, "", () => void artist.putSeed(this.chosen, number)));
    this.seed.addEventListener("change", () => void artist.putSeed(this.chosen, 0));
    const fresh = h("button", { type: "button", class: "fresh", onclick: () => this.draw_another() }, { en: "New random numbers (z)", zh: "换一组随机数" });
    this.element = h("div", { class: "seeds" },
      h("div", { class: "row" }, fresh, h("label", { for: "seed" }, { en: "seed", zh: "随机种子" }), this.seed,
        h("span", { class: "hint" }, { en: `One label, ${numbers.length} z: the label says what, z says how.`, zh: `同一个标签，${numbers.length} 个 z：标签决定画什么，z 决定怎么画。` })),
      h("div", { class: "strip drawings", role: "group", label: { en: "z", zh: "z" } }, ...this.tiles.map(({ button }) => button)),
      this.same);
    artist.onDrawing(() => this.mark());
    artist.onDrawing(() => void this.draw(), "settled");
  }

  private get chosen(): number {
    return Math.min(2 ** 32 - 1, Math.max(0, Math.trunc(Number(this.seed.value) || 0)));
  }

  private draw_another(): void {
    this.seed.value = String(Math.floor(Math.random() * 100_000));
    void this.artist.putSeed(this.chosen, 0);
  }

  private mark(): void {
    const { origin, content, label: wanted } = this.artist;
    if (origin) this.seed.value = String(origin.seed);
    for (const [number, { button }] of this.tiles.entries()) button.setAttribute("aria-pressed", String(origin?.number === number));
    this.same.style.visibility = origin && !wanted.share ? "" : "hidden"; // no command mixes labels; nothing else is to move
    const { run } = this.artist.page.data;
    put(this.command, `etudes use ${run} ${content.classes[wanted.from]} --count ${content.drawings} --seed ${this.chosen}`);
  }

  private async draw(): Promise<void> {
    const { artist, chosen } = this;
    const now = JSON.stringify([chosen, artist.label]);
    if (now === this.shown) return;
    this.shown = now;
    const turn = ++this.turn;
    const pictures = await artist.pictures(this.tiles.map((_, number) => ({ z: artist.zOf(chosen, number), label: artist.label })));
    if (turn !== this.turn) return;
    for (const [number, picture] of pictures.entries()) paintPicture(this.tiles[number].canvas, picture);
  }
}

/** The drawing of now, large. */
export function largeDrawing(artist: Artist): HTMLElement {
  const canvas = pictureCanvas({ en: "the drawing", zh: "画出的图" });
  const caption = h("figcaption");
  artist.onDrawing(() => {
    paintPicture(canvas, artist.now.picture);
    label(canvas, { en: `the drawing of ${artist.name}`, zh: `画出的 ${artist.name}` });
    const { origin } = artist;
    const [rows, columns] = artist.now.picture.shape;
    put(caption, { en: `${artist.name}, drawn by the generator, ${rows}×${columns}`, zh: `生成器画的 ${artist.name}，${rows}×${columns}` }, " · ",
      origin ? { en: `seed ${origin.seed}, number ${origin.number + 1}`, zh: `种子 ${origin.seed}，第 ${origin.number + 1} 个` } : { en: "z turned by hand", zh: "z 经手动调整" });
  });
  return h("figure", { class: "large" }, canvas, caption);
}
