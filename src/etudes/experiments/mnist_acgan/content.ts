/** What page.py puts in. */

export interface Content {
  /** The name of the generator that draws: "generator_ema" or "generator". */
  generator: string;
  /** Numbers of z. */
  latent: number;
  /** z of each seed. */
  drawings: number;
  /** What stands before and after the seed in NumPy's seed sequence. */
  stream: { before: number[]; after: number[] };
  classes: string[];
  smoothing: number;
  auxOnGenerated: boolean;
  /** Drawings that were judged when the page was made; of these `taken` for another class. */
  judged: number;
  taken: number;
  meanFake: number;
  rejected: Judged[];
  leastReadable: Judged;
  /** Test pictures of each class, one byte a value, in base64; empty where the data was not there, or is private. */
  real: { class: number; count: number; pixels: string }[];
}

/** A drawing by its class, its seed and its number in the seed, from 0, with both answers of the discriminator. */
export interface Judged {
  class: number;
  seed: number;
  number: number;
  fake: number;
  answered: number;
  /** Its probability of the class that it answers, and of the right one. */
  aux: number;
  own: number;
}
