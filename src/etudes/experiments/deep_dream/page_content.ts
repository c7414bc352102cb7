/** What a dream puts into its page (page.py), and the way through it as a list of pictures. */

import type { Page, PageData, Text } from "etudes-page";

export interface Content {
  /** Who took the photograph, where it came with Études: CC BY 2.0. */
  credit: { name: string; author: string; address: string } | null;
  /** The photograph; null where it is no longer there. */
  original: string | null;
  octaves: { number: number; steps: { step: number; picture: string }[]; end: string }[];
  /** Why the rest is empty: "backend", "network", "picture"; "" where it is not. */
  missing: string;
  /** By the number of the octave; "0" is the photograph. */
  gradients: Record<string, string>;
  maps: LayerMaps[];
  layers: SmallDream[];
  wrong: Wrong[];
}

/** A small dream of one layer alone, or of all that the run names. */
export interface SmallDream {
  layer: string;
  before: number;
  after: number;
  /** By how many of 255 levels it changed the photograph, on average; older runs do not say. */
  change?: number;
  picture: string;
}

/** Maps of some channels of a layer, side by side, in the picture of each octave. */
export interface LayerMaps {
  layer: string;
  channels: number[];
  /** Channels of the layer. */
  of: number;
  /** Rows and columns of a map. */
  shapes: Record<string, [number, number]>;
  /** Of each channel over its map. */
  means: Record<string, number[]>;
  /** The same of the photograph, shrunk to the size of each octave; older runs do not have it. */
  photograph?: Record<string, number[]>;
  pictures: Record<string, string>;
}

/** A small dream, as the run dreams or with one thing wrong. */
export interface Wrong {
  what: "right" | "step" | "jitter" | "octaves" | "untrained";
  step: number;
  jitter: number;
  octaves: number;
  iterations: number;
  before: number;
  after: number;
  picture: string;
}

/** One position of the slider. */
export interface Frame {
  /** 0: the photograph. */
  octave: number;
  /** Steps taken in this octave. */
  taken: number;
  steps: number;
  /** Width and height in pixels. */
  size: [number, number];
  picture: string;
  /** The line of metrics.jsonl whose loss is that of this picture, or of the last step that led to it. */
  line: { epoch: number; loss: number; gradient: number } | null;
  /** Whether the octave ends with it. */
  isEnd: boolean;
}

export type DreamPage = Page<Content>;

/** The octave's lines of metrics.jsonl, in order. */
export function linesOf(data: PageData<Content>, octave: number): { epoch: number; loss: number; gradient: number }[] {
  return data.history
    .filter((line) => line.phase === `octave-${octave}`)
    .map((line) => ({ epoch: line.epoch, loss: Number(line.loss), gradient: Number(line.gradient) }));
}

/** Width and height of the dream. */
export function sizeOf(data: PageData<Content>): [number, number] {
  return [Number(data.info.width), Number(data.info.height)];
}

/** Width and height of an octave's picture. */
export function octaveSize(data: PageData<Content>, octave: number): [number, number] {
  const scale = Number(data.settings.octave_scale) ** (Number(data.settings.octaves) - octave);
  const [width, height] = sizeOf(data);
  return [Math.trunc(width / scale), Math.trunc(height / scale)];
}

/** All positions of the slider: the photograph, then of each octave the pictures on its way and the last. */
export function framesOf(data: PageData<Content>): Frame[] {
  const { original, octaves } = data.content;
  const frames: Frame[] = [];
  if (original) frames.push({ octave: 0, taken: 0, steps: 0, size: sizeOf(data), picture: original, line: null, isEnd: true });
  for (const { number, steps, end } of octaves) {
    const lines = linesOf(data, number);
    const common = { octave: number, steps: lines.length, size: octaveSize(data, number) };
    for (const { step, picture } of steps) {
      const line = lines.find(({ epoch }) => epoch === step + 1) ?? null;
      frames.push({ ...common, taken: step, picture, line, isEnd: false });
    }
    frames.push({ ...common, taken: lines.length, picture: end, line: lines.at(-1) ?? null, isEnd: true });
  }
  return frames;
}

/** The photograph to compare with; where it is no longer there, it is small, as the first octave began with it. */
export function photographOf({ content }: PageData<Content>): string | null {
  return content.original ?? content.octaves[0].steps.find(({ step }) => step === 0)?.picture ?? null;
}

/** Where a frame is, in words. */
export function placeOf(frame: Frame, octaves: number): Text {
  const [width, height] = frame.size;
  if (frame.octave === 0) return { en: `the photograph, ${width}×${height}`, zh: `原照片，${width}×${height}` };
  return {
    en: `octave ${frame.octave} of ${octaves} (${width}×${height}), after ${frame.taken} of ${frame.steps} steps`,
    zh: `第 ${frame.octave} 个八度，共 ${octaves} 个（${width}×${height}），已走 ${frame.taken} / ${frame.steps} 步`,
  };
}

/** The layers that were to respond, as the run names them. */
export function targetsOf(data: PageData<Content>): string[] {
  const table = data.tables.find(({ title }) => title === "loss by layer");
  return table ? table.rows.map((row) => String(row[0])) : [];
}

/** The network that dreamed, in words. */
export function networkOf(data: PageData<Content>): Text {
  const name = String(data.settings.weights);
  const study = name.split("@")[0].split(/[\\/]/).at(-1) ?? name;
  if (name === "untrained") return { en: "a network that learned nothing", zh: "一个未经训练的网络" };
  if (name.startsWith("inception_v3") || name === "") return { en: "Inception-v3", zh: "Inception-v3" };
  return { en: `the network of ${study}`, zh: `${study} 的网络` };
}

/** Whether the network learned the thousand classes of ImageNet. */
export function knowsImageNet(data: PageData<Content>): boolean {
  return String(data.settings.weights).startsWith("inception_v3");
}
