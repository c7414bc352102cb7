/** What a study gives to its page: `export const study: Study<Content>` in its folder's `page.ts`. */

import type { Layer, PageData, Text, Values } from "./data";
import type { Network } from "./network";

/** A page while it is open. */
export interface Page<C = unknown> {
  data: PageData<C>;
  /** The networks of the page by name; empty where it has none, as a dream's. */
  networks: Record<string, Network>;
  /** The values that are shown now, by the name of the network. */
  values: Record<string, Values>;
  /** Show values: all journeys and panels are drawn anew. The names of networks that are left out keep theirs. */
  show(values: Record<string, Values>): void;
  /** Say something aloud to screen readers, such as a new answer. */
  announce(text: Text): void;
  /** What the address holds after "#", such as { input: "35+35" }. */
  state: Record<string, string>;
  /** Put something into the address, so that it opens the page as it is now. */
  remember(name: string, value: string): void;
}

/** How a network is shown: its layers, one band each, in their order. */
export interface Journey {
  /** The name of the network. */
  network: string;
  title: Text;
  /** Of the way through the page, where there are several. */
  short?: Text;
  /** Paragraphs before the first band. */
  words: Text[];
  /** What to say of a layer; by its name, or else by its kind. Layers that are not named are shown without words. */
  layers: Record<string, LayerWords>;
  /** Layers, by name or kind, that are left out; Flatten is by default. */
  hidden?: string[];
  /** The names of what the cells along an axis stand for, such as the characters of an alphabet; by name of layer or
   * of input of the network. */
  labels?: Record<string, AxisLabels>;
}

export interface AxisLabels {
  rows?: string[];
  columns?: string[];
}

export interface LayerWords {
  title?: Text;
  /** A word or two, for the overview. */
  short?: Text;
  what?: Text;
  /** The beginning of a piece of study.py, which makes the layer: its line is marked there, and linked. */
  source?: string;
  /** Whether its values, 0 … 255, are shown as a picture. */
  picture?: boolean;
  /** A panel after the band, drawn anew with each input. */
  panel?: Panel;
}

/** A part of the page that shows values in a way of its own. */
export interface Panel {
  element: HTMLElement;
  update(values: Record<string, Values>): void;
}

/** An input that fails, or surprises, and why. */
export interface Break {
  title: Text;
  why: Text;
  /** A picture of it. */
  shown?: HTMLElement;
  /** Puts it in as the input. */
  put(): void;
}

/** A mistake on the test split. */
export interface Mistake {
  /** A picture, or the question. */
  shown: HTMLElement;
  /** What it is, what was answered, and with which confidence. */
  words: Text;
  put(): void;
}

export interface Study<C = unknown> {
  /** The study's name for people. */
  title: Text;
  /** What it learned, from what: one sentence. */
  sentence(page: Page<C>): Text;
  /** The idea, in a paragraph or two. */
  idea: Text[] | ((page: Page<C>) => Text[]);
  /** The input and the answer, the first thing on the page; it begins with an example, and calls `page.show`. */
  begin(page: Page<C>): Promise<HTMLElement>;
  journeys(page: Page<C>): Journey[];
  /** Panels of the study that belong to no layer; each with a heading. Shown after the journeys, or before them.
   * Those with a short name are on the way through the page. */
  panels?(page: Page<C>): { title: Text; words: Text[]; panel: Panel; first?: boolean; short?: Text }[];
  /** Left out where there is no test split. */
  mistakes?(page: Page<C>): Mistake[];
  /** What the mistakes are, if they are not the worst of the test split. */
  mistakesWords?(page: Page<C>): Text;
  breaks(page: Page<C>): Break[];
  /** The heading of the mistakes, if they are no wrong answers. */
  mistakesTitle?: Text;
  /** What stands beside the headline's metric, if it is not of the test split. */
  headlineOf?(data: PageData<C>): Text | undefined;
  /** What the reader takes with them. */
  insight: Text;
  /** Where the run trained nothing: the heading of its results, and its facts instead of those of a training. */
  results?(data: PageData<C>): { title: Text; facts: [Text, Text | string][] };
  /** What a metric means, by its name. */
  metrics?: Record<string, Text>;
  /** The arithmetic of layers of the study's own, by kind; of what is inside them, such as "Antirectifier.centred". */
  explain?: Record<string, Explainer>;
}

/** Says how a cell, such as [row, column, map], came about. */
export type Explainer = (layer: Layer, cell: number[], network: Network, values: Values) => Explanation;

/** The arithmetic of one cell. */
export interface Explanation {
  /** The value by this arithmetic, in double precision; the page shows the network's own beside it if it differs. */
  value: number;
  /** In the words of the layer table. */
  words: Text;
  /** Products that are summed, or values that are compared; empty where there is none. */
  terms: Term[];
  /** What happens with the sum, step by step, such as a bias and an activation. */
  steps: { text: Text; value: number }[];
  /** How the factors among the terms came about, such as the gates of an LSTM. */
  factors?: { title: Text; columns: Text[]; rows: { label: Text; values: number[] }[] };
  /** The cells that it came from, by the name of the value. */
  sources: { name: string; cells: number[][] }[];
  /** Of a convolution: what its window sees in the map that counts most, and the weights there. */
  window?: { map: number; patch: number[][]; kernel: number[][] };
}

export interface Term {
  /** Of the value that the first source names; the page then says where it is. */
  cell?: number[];
  /** Which cell, such as "row 3, column 4, map 7". */
  label: Text;
  value: number;
  /** What it is multiplied by; absent where values are compared or copied. */
  weight?: number;
}
