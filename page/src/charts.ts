/** Curves of a training by epoch. */

import type { Epoch, Text } from "./data";
import { both, h, shown } from "./dom";
import { term } from "./terms";

const LEFT = 64;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 26;
const [WIDTH, HEIGHT] = [520, 220];
const SVG = "http://www.w3.org/2000/svg";
const PLAIN = ["phase", "epoch", "seconds", "samples_per_second"];
const STROKES = ["", "6 4", "2 3", "9 3 2 3"];

interface Line {
  name: string;
  points: [x: number, y: number][];
}

function svg(tag: string, attributes: Record<string, string | number>, text = ""): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.textContent = text;
  return element;
}

/** Curves of all metrics, losses apart from the rest, each phase in a row of its own. */
export function curves(history: Epoch[]): HTMLElement[] {
  const phases = [...new Set(history.map((epoch) => epoch.phase))];
  const figures: HTMLElement[] = [];
  for (const phase of phases) {
    const epochs = history.filter((epoch) => epoch.phase === phase);
    const names = [...new Set(epochs.flatMap((epoch) => Object.keys(epoch)))].filter((name) => !PLAIN.includes(name));
    for (const isLoss of [true, false]) {
      const lines = names
        .filter((name) => name.includes("loss") === isLoss)
        .map((name) => ({ name, points: pointsOf(epochs, name) }))
        .filter((line) => line.points.length > 1);
      const title = phases.length > 1 ? both(String(phase)) : both("");
      if (lines.length) figures.push(chart(title, isLoss, lines));
    }
  }
  return figures;
}

function pointsOf(epochs: Epoch[], name: string): [number, number][] {
  return epochs.filter((epoch) => typeof epoch[name] === "number").map((epoch) => [epoch.epoch, Number(epoch[name])]);
}

/** A value beside an axis of so much height, no finer than a hundredth of that. */
function tick(value: number, height: number): number {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(height || 1)));
  return Number(value.toFixed(Math.min(digits, 12)));
}

function chart(phase: Text, isLoss: boolean, lines: Line[]): HTMLElement {
  const all = lines.flatMap((line) => line.points);
  const range = (axis: 0 | 1) => [Math.min(...all.map((p) => p[axis])), Math.max(...all.map((p) => p[axis]))];
  const [[first, last], [low, high]] = [range(0), range(1)];
  const x = (epoch: number) => LEFT + ((WIDTH - LEFT - RIGHT) * (epoch - first)) / (last - first || 1);
  const y = (value: number) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (value - low)) / (high - low || 1);
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", role: "img" });
  const kind: Text = isLoss ? { en: "loss by epoch", zh: "各轮次的损失" } : lines.every((line) => line.name.endsWith("accuracy"))
    ? { en: "accuracy by epoch", zh: "各轮次的正确率" } : { en: "metrics by epoch", zh: "各轮次的指标" };
  drawing.setAttribute("aria-label", `${phase.en} ${kind.en}`.trim());
  for (const share of [0, 0.5, 1]) {
    const value = low + share * (high - low);
    drawing.append(svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value), class: "rule" }));
    drawing.append(svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, shown(tick(value, high - low))));
  }
  for (const epoch of [first, last]) {
    drawing.append(svg("text", { x: x(epoch), y: HEIGHT - 8, "text-anchor": epoch === first ? "start" : "end" }, String(epoch)));
  }
  drawing.append(svg("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, "epoch"));
  for (const [index, line] of lines.entries()) {
    const points = line.points.map(([epoch, value]) => `${x(epoch)},${y(value)}`).join(" ");
    drawing.append(svg("polyline", { points, class: `line line-${index % 4}`, "stroke-dasharray": STROKES[Math.floor(index / 4) % 4] }));
  }
  const names = lines.map((line, index) => {
    const last_ = line.points[line.points.length - 1][1];
    return h("li", { class: `key key-${index % 4}` }, term(line.name), " ", h("small", null, shown(last_)));
  });
  return h("figure", { class: "curves" }, h("figcaption", null, phase, " ", kind), drawing as unknown as HTMLElement, h("ul", { class: "keys" }, ...names));
}
