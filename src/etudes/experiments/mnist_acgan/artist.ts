/** What is drawn now: z, the class, or a vector between those of two, and both networks' values for it. */

import { tensor, type Page, type Tensor, type Values } from "etudes-page";
import type { Content } from "./content";
import { uniform } from "./numpy_random";
import { split, type Picture } from "./pictures";

/** The vector of a class, or, where share is not 0, one on the way from it to that of another. */
export interface Label {
  from: number;
  to: number;
  share: number;
}

/** Where z is from; null once it was changed by hand. */
export type Origin = { seed: number; number: number } | null;

export interface Judgement {
  fake: number;
  aux: ArrayLike<number>;
}

export interface Drawing {
  values: Values;
  picture: Tensor;
  judge: Values;
  judgement: Judgement;
}

const REST = 120;

/** Milliseconds that a drawing takes at most, if many are drawn at once. */
export const LONG = 25;
const FEW = 4;
const MANY = 32;

export class Artist {
  z: Float32Array;
  label: Label = { from: 0, to: 0, share: 0 };
  origin: Origin = { seed: 0, number: 0 };
  now!: Drawing;
  /** Milliseconds that a drawing takes, in a batch. */
  cost = 0;
  readonly content: Content;
  private readonly drawn = new Set<() => void>();
  private readonly settled = new Set<() => void>();
  private running: Promise<void> | null = null;
  private stale = false;
  private rest = 0;
  private seeds = new Map<number, Float32Array>();

  constructor(readonly page: Page<Content>) {
    this.content = page.data.content;
    this.z = this.zOf(0, 0);
  }

  get generator() {
    return this.page.networks[this.content.generator];
  }

  get discriminator() {
    return this.page.networks.discriminator;
  }

  /** The name of the class; of two, "3 → 8". */
  get name(): string {
    const { classes } = this.content;
    const { from, to, share } = this.label;
    return share ? `${classes[from]} → ${classes[to]}` : classes[from];
  }

  /** Call a function after each drawing, or once no other has followed for a moment. */
  onDrawing(follower: () => void, when: "drawn" | "settled" = "drawn"): void {
    (when === "drawn" ? this.drawn : this.settled).add(follower);
  }

  /** A z of a seed, as `etudes use --seed` draws it.
   *
   * @param number from 0.
   */
  zOf(seed: number, number: number): Float32Array {
    const { stream, drawings, latent } = this.content;
    const words = [...stream.before, seed, ...stream.after].map(Number);
    let all = this.seeds.get(seed);
    if (!all) this.seeds.set(seed, (all = uniform(words, drawings * latent)));
    return all.slice(number * latent, (number + 1) * latent);
  }

  /** Draw a class with a z of a seed. */
  putSeed(seed: number, number: number, label?: number): Promise<void> {
    return this.put({ z: this.zOf(seed, number), origin: { seed, number }, ...(label === undefined ? {} : { label }) });
  }

  /** Draw something else; what is left out stays. */
  async put(change: { z?: Float32Array; label?: number | Label; origin?: Origin }): Promise<void> {
    const { z, label } = change;
    if (z) {
      this.z = z;
      this.origin = change.origin ?? null;
    }
    if (label !== undefined) this.label = typeof label === "number" ? { from: label, to: label, share: 0 } : label;
    this.stale = true;
    this.running ??= this.work().finally(() => (this.running = null));
    await this.running;
  }

  private async work(): Promise<void> {
    while (this.stale) {
      this.stale = false;
      this.now = await this.draw();
      for (const follower of this.drawn) follower();
      clearTimeout(this.rest);
      this.rest = setTimeout(() => this.settle(), REST) as unknown as number;
      await new Promise((done) => setTimeout(done)); // lets the browser draw, and further input arrive
    }
  }

  /** Show what is drawn now in all of the page. */
  settle(): void {
    clearTimeout(this.rest);
    this.page.show({ [this.content.generator]: this.now.values, discriminator: this.now.judge });
    for (const follower of this.settled) follower();
  }

  private async draw(): Promise<Drawing> {
    const z = tensor([this.content.latent], this.z);
    const { from, share } = this.label;
    const values = share ? await this.mixed(z) : await this.generator.run({ z, label: { shape: [1], data: Int32Array.of(from) } });
    const picture = values[this.generator.data.outputs[0]];
    const judge = await this.discriminator.run({ picture });
    return { values, picture, judge, judgement: judgementOf(judge) };
  }

  /** The values of a drawing whose vector lies between two: those after the product are of "product-picture". */
  private async mixed(z: Tensor): Promise<Values> {
    const last = this.page.networks["product-picture"];
    const vector = tensor([z.shape[0]], this.vectorOf(this.label));
    const product = tensor(z.shape, z.data.map((value, index) => value * vector.data[index]));
    const found = await last.run({ [last.data.inputs[0].name]: product });
    const values: Values = { z, label: { shape: [1], data: Int32Array.of(this.label.from) } };
    const { layers } = this.generator.data;
    const first = layers.length - last.data.layers.length;
    for (const layer of layers.slice(0, first)) {
      values[layer.name] = layer.kind === "Multiply" ? product : { shape: layer.shape, data: vector.data };
    }
    for (const [index, layer] of layers.slice(first).entries()) {
      const same = last.data.layers[index];
      values[layer.name] = found[same.name];
      for (const [place, name] of layer.inside.entries()) values[name] = found[same.inside[place]];
    }
    values[this.generator.data.outputs[0]] = found[last.data.outputs[0]];
    return values;
  }

  private vectorOf({ from, to, share }: Label): Float32Array {
    const layer = this.generator.data.layers.find((one) => one.kind === "Embedding")!;
    const table = this.generator.weight(layer, "embeddings")!.data;
    const { latent } = this.content;
    return Float32Array.from({ length: latent }, (_, i) => (1 - share) * table[from * latent + i] + share * table[to * latent + i]);
  }

  /** Pictures of many z and labels; where a drawing takes long, a few at a time, so that the page stays alive. */
  async pictures(all: { z: Float32Array; label: Label }[]): Promise<Picture[]> {
    const size = this.cost > LONG ? FEW : MANY;
    const found: Picture[] = [];
    for (let from = 0; from < all.length; from += size) {
      if (from) await new Promise((done) => setTimeout(done));
      found.push(...(await this.batch(all.slice(from, from + size))));
    }
    return found;
  }

  /** One after another, so that what a drawing costs is measured without waiting for others. */
  private batch(all: { z: Float32Array; label: Label }[]): Promise<Picture[]> {
    const turn = this.last.then(() => this.batchNow(all));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private last: Promise<unknown> = Promise.resolve();

  private async batchNow(all: { z: Float32Array; label: Label }[]): Promise<Picture[]> {
    const { latent } = this.content;
    const products = new Float32Array(all.length * latent);
    for (const [row, { z, label }] of all.entries()) {
      const vector = this.vectorOf(label);
      for (let i = 0; i < latent; i++) products[row * latent + i] = z[i] * vector[i];
    }
    const network = this.page.networks["product-picture"];
    const begun = performance.now();
    const found = await network.predict({ [network.data.inputs[0].name]: { shape: [all.length, latent], data: products } });
    const cost = (performance.now() - begun) / all.length; // the first ones take longer, and so do those of a busy machine
    this.cost = this.cost ? Math.min(this.cost, cost) : cost;
    return split(found[network.data.outputs[0]]);
  }

  /** What the discriminator answers to pictures. */
  async judge(pictures: Picture[]): Promise<Judgement[]> {
    const { shape } = pictures[0];
    const size = pictures[0].data.length;
    const batch = new Float32Array(pictures.length * size);
    for (const [row, picture] of pictures.entries()) batch.set(picture.data, row * size);
    const { fake, aux } = await this.discriminator.predict({ picture: { shape: [pictures.length, ...shape], data: batch } });
    const count = aux.shape[1];
    return pictures.map((_, row) => ({ fake: fake.data[row], aux: aux.data.subarray(row * count, (row + 1) * count) }));
  }
}

export function judgementOf(values: Values): Judgement {
  return { fake: values.fake.data[0], aux: values.aux.data };
}

/** A class as a label. */
export function plain(label: number): Label {
  return { from: label, to: label, share: 0 };
}
