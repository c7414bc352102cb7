/** The directions of z that change a drawing most, by finite differences, and a slider for each. */

import { h, label, put, scaleOf, tensor, Cells, type Text } from "etudes-page";
import type { Artist } from "./artist";
import { paintPicture, type Picture } from "./pictures";

const COUNT = 5;
/** How far each number of z is moved to see what it does. */
const STEP = 0.5;
/** How far a slider goes, in z. */
const REACH = 4;
const AT_ONCE = 20;
/** Milliseconds that a search may take without being asked for. */
const QUICK = 2500;
const ROUNDS = 60;
/** Numbers of z in a row of the wall. */
const COLUMNS = 20;

/** The first directions of the columns' span, by how much the picture changes along them: orthonormal rows. */
export function principal(changes: Picture[], count: number): Float64Array[] {
  const size = changes.length;
  const gram = changes.map((one) => changes.map((other) => dot(one.data, other.data)));
  const found: Float64Array[] = [];
  for (let index = 0; index < Math.min(count, size); index++) {
    let vector = Float64Array.from({ length: size }, (_, i) => 1 + Math.sin(1 + i * (index + 1)));
    for (let round = 0; round < ROUNDS; round++) {
      const next = Float64Array.from({ length: size }, (_, i) => dot(gram[i], vector));
      for (const other of found) {
        const along = dot(next, other);
        for (let i = 0; i < size; i++) next[i] -= along * other[i];
      }
      const length = Math.sqrt(dot(next, next)) || 1;
      vector = next.map((value) => value / length);
    }
    found.push(vector);
  }
  return found;
}

function dot(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += one[i] * other[i];
  return sum;
}

class Slider {
  readonly field = h("input", { type: "range", min: -REACH, max: REACH, step: REACH / 40, value: 0 });
  readonly low = h("canvas", { class: "pixels", "aria-hidden": "true" });
  readonly high = h("canvas", { class: "pixels", "aria-hidden": "true" });
  readonly change: Cells;
  readonly element: HTMLElement;
  vector: Float64Array = new Float64Array();

  constructor(index: number, turned: () => void) {
    const name: Text = { en: `direction ${index + 1}`, zh: `方向 ${index + 1}` };
    label(this.field, name);
    this.change = new Cells({ name: { en: `what ${name.en} changes`, zh: `${name.zh}改变了什么` } });
    this.field.addEventListener("input", turned);
    this.element = h("div", { class: "direction" }, this.low, this.field, this.high, this.change.element);
  }
}

export class Directions {
  private readonly sliders: Slider[];
  private readonly list = h("div", { class: "directions" });
  private readonly find: HTMLButtonElement;
  private readonly state = h("p", { class: "state", "aria-live": "polite" });
  readonly element: HTMLElement;
  private start: Float32Array | null = null;
  private given: Float32Array | null = null;
  private of = "";
  private turn = 0;

  constructor(private readonly artist: Artist) {
    this.sliders = Array.from({ length: COUNT }, (_, index) => new Slider(index, () => this.move()));
    this.list.append(...this.sliders.map(({ element }) => element));
    this.find = h("button", { type: "button", onclick: () => void this.search() }, { en: "Find the directions that change this drawing most", zh: "找出最能改变这幅图的方向" });
    this.element = h("div", { class: "turn" },
      h("p", null, { en: "z has too many numbers to turn them all. These are the five directions in z that change this drawing most, measured now by moving each number a little; beside each slider its ends, and where ink comes (orange) and goes (blue).", zh: "z 的数太多，无法逐个调节。下面五个方向最能改变这幅图，是刚才逐个微调 z 的每个数测得的；滑块两侧是它的两端，右边显示哪里变亮（橙）、哪里变暗（蓝）。" }),
      this.find, this.state, this.list);
    this.find.hidden = true;
    artist.onDrawing(() => void this.follow(), "settled");
  }

  private async follow(): Promise<void> {
    const { artist } = this;
    if (artist.z === this.given) return;
    const now = `${artist.label.from} ${artist.label.to} ${artist.label.share}`;
    if (artist.z === this.start && now === this.of) return;
    this.turn++;
    for (const { field } of this.sliders) field.value = "0";
    const some = Array.from({ length: 4 }, () => ({ z: artist.z, label: artist.label }));
    if (artist.cost * artist.content.latent >= QUICK || !artist.cost) await artist.pictures([...some, ...some]);
    if (artist.z !== some[0].z) return;
    const quick = artist.cost * artist.content.latent < QUICK;
    this.find.hidden = quick;
    this.list.hidden = !quick;
    if (quick) await this.search();
  }

  private async search(): Promise<void> {
    const { artist } = this;
    const turn = ++this.turn;
    const { z, label: wanted } = artist;
    const moved = Array.from(z, (value, index) => ({ index, by: value > 0 ? -STEP : STEP }));
    const changes: Picture[] = [];
    for (let from = 0; from < moved.length; from += AT_ONCE) {
      const some = moved.slice(from, from + AT_ONCE).map(({ index, by }) => ({ z: z.map((value, i) => (i === index ? value + by : value)), label: wanted }));
      for (const picture of await artist.pictures(some)) changes.push(picture);
      if (turn !== this.turn) return;
      if (!this.find.hidden) put(this.state, `${changes.length} / ${moved.length}`);
      await new Promise((done) => setTimeout(done));
    }
    const base = artist.now.picture;
    const slopes = changes.map(({ shape, data }, row) => ({ shape, data: Float32Array.from(data, (value, i) => (value - base.data[i]) / moved[row].by) }));
    this.start = z;
    this.of = `${wanted.from} ${wanted.to} ${wanted.share}`;
    put(this.state);
    this.list.hidden = false;
    await this.put(principal(slopes, COUNT), slopes, turn);
  }

  private async put(vectors: Float64Array[], slopes: Picture[], turn: number): Promise<void> {
    const { artist } = this;
    const ends = vectors.flatMap((vector) => [-REACH, REACH].map((far) => ({ z: this.along([[vector, far]]), label: artist.label })));
    const pictures = await artist.pictures(ends);
    if (turn !== this.turn) return;
    const [rows, columns, channels] = slopes[0].shape;
    for (const [index, vector] of vectors.entries()) {
      const slider = this.sliders[index];
      slider.vector = vector;
      slider.field.value = "0";
      paintPicture(slider.low, pictures[2 * index]);
      paintPicture(slider.high, pictures[2 * index + 1]);
      const change = new Float32Array(rows * columns);
      for (const [i, { data }] of slopes.entries()) for (let p = 0; p < data.length; p++) change[Math.floor(p / channels)] += vector[i] * data[p];
      slider.change.show(tensor([rows, columns, 1], change.map((value) => value / scaleOf(change))));
    }
  }

  /** z, moved along directions, and kept within −1 … 1 where it was. */
  private along(moves: [vector: Float64Array, far: number][]): Float32Array {
    return this.start!.map((value, i) => {
      const moved = moves.reduce((sum, [vector, far]) => sum + far * vector[i], value);
      const limit = Math.max(1, Math.abs(value));
      return Math.max(-limit, Math.min(limit, moved));
    });
  }

  private move(): void {
    if (!this.start) return;
    const moves = this.sliders.filter(({ vector }) => vector.length).map(({ vector, field }): [Float64Array, number] => [vector, Number(field.value)]);
    this.given = this.along(moves);
    void this.artist.put({ z: this.given });
  }
}

/** All numbers of z, of which one can be chosen and turned. */
export class Wall {
  private readonly cells: Cells;
  private readonly field = h("input", { type: "range", min: -1, max: 1, step: 0.02, id: "z-number" });
  private readonly name = h("label", { for: "z-number" });
  readonly element: HTMLElement;
  private chosen = 0;

  constructor(private readonly artist: Artist) {
    const { latent } = artist.content;
    this.cells = new Cells({ name: { en: "the numbers of z; arrow keys choose one, + and − turn it", zh: "z 的各个数；方向键选择，+ 和 − 调节" }, scale: 1, choose: ([row, column]) => this.choose(row * COLUMNS + column) });
    this.field.addEventListener("input", () => this.set(Number(this.field.value)));
    const { canvas } = this.cells;
    canvas.addEventListener("keydown", (event) => {
      const by = { "+": 0.1, "=": 0.1, "-": -0.1 }[event.key];
      if (by) this.set(Math.max(-1, Math.min(1, artist.z[this.chosen] + by)));
    });
    canvas.addEventListener("pointerdown", (event) => this.drag(event));
    canvas.classList.add("turnable");
    const zero = h("button", { type: "button", onclick: () => void artist.put({ z: new Float32Array(latent) }) }, { en: "all to 0", zh: "全部归零" });
    this.element = h("details", { class: "wall" }, h("summary", null, { en: `each of the ${latent} numbers of z`, zh: `z 的全部 ${latent} 个数` }),
      h("p", null, { en: "Choose a cell and drag it sideways, or use the slider. Most numbers alone change little: the generator spreads what it draws over all of them.", zh: "点选一格并左右拖动，或用滑块调节。单个数的影响大多很小：生成器把画法分摊在所有的数上。" }),
      this.cells.element, h("div", { class: "row" }, this.name, this.field, zero));
    artist.onDrawing(() => this.show());
  }

  private show(): void {
    const { artist, chosen } = this;
    this.cells.show(tensor([artist.z.length / COLUMNS, COLUMNS], artist.z));
    this.cells.mark(this.cell);
    const value = artist.z[chosen].toFixed(2).replace("-", "−");
    put(this.name, `z ${chosen + 1} = ${value}`);
    this.field.value = String(artist.z[chosen]);
  }

  private get cell(): number[] {
    return [Math.floor(this.chosen / COLUMNS), this.chosen % COLUMNS];
  }

  private choose(index: number): void {
    this.chosen = index;
    this.show();
    label(this.cells.canvas, this.cells.describe(this.cell));
  }

  private set(value: number): void {
    const { artist, chosen } = this;
    void artist.put({ z: artist.z.map((one, index) => (index === chosen ? value : one)) });
  }

  /** Turn the cell that is dragged: to the right is more. */
  private drag(start: PointerEvent): void {
    const from = this.cells.cellAt(start);
    if (!from) return;
    this.choose(from[0] * COLUMNS + from[1]);
    const value = this.artist.z[this.chosen];
    const move = (event: PointerEvent) => this.set(Math.max(-1, Math.min(1, value + (event.clientX - start.clientX) / 80)));
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", () => window.removeEventListener("pointermove", move), { once: true });
    window.addEventListener("pointercancel", () => window.removeEventListener("pointermove", move), { once: true });
  }
}
