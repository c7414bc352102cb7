/** A canvas of cells: an array, drawn in colours, of which one cell can be chosen by mouse, finger or keys. */

import { cellName, valueAt } from "./arithmetic";
import { colourOf, onTheme, paint, scaleOf } from "./colours";
import type { Tensor, Text } from "./data";
import { h, label, shown } from "./dom";
import { layoutFor, READABLE, type Layout } from "./layout";
import type { AxisLabels } from "./study";


/** Pixels of a column that are enough for a name above it. */
const SMALLEST = 9;

export interface CellsOptions {
  name: Text;
  labels?: AxisLabels;
  /** Draw three maps, or one, as a picture of values 0 … 255. */
  picture?: boolean;
  /** The value that has the strongest colour; by default the largest. */
  scale?: number;
  choose?(cell: number[]): void;
}

export class Cells {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  private tensor: Tensor | null = null;
  private largest = 1;
  private layout: Layout | null = null;
  private chosen: number[] | null = null;
  private marks: number[][] = [];

  constructor(private readonly options: CellsOptions) {
    this.canvas = h("canvas", { class: "cells", role: "img", tabindex: options.choose ? 0 : undefined });
    label(this.canvas, options.name);
    this.element = h("div", { class: "scroll" }, this.canvas);
    this.canvas.addEventListener("click", (event) => this.click(event));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.element);
    onTheme(() => this.draw());
  }

  /** The scale of the colours. */
  get scale(): number {
    return this.options.scale ?? this.largest;
  }

  show(tensor: Tensor): void {
    this.tensor = tensor;
    this.largest = scaleOf(tensor.data);
    this.draw();
  }

  /** Outline the chosen cell, and the cells that another came from. */
  mark(chosen: number[] | null, marks: number[][] = []): void {
    this.chosen = chosen;
    this.marks = marks;
    this.draw();
  }

  /** Where a cell is, relative to the canvas: its middle. */
  middleOf(cell: number[]): [number, number] {
    const [x, y] = this.layout!.place(cell);
    return [x + this.layout!.cell / 2, y + this.layout!.high / 2];
  }

  /** The cell under a pointer; null beside all. */
  cellAt(event: MouseEvent): number[] | null {
    const box = this.canvas.getBoundingClientRect();
    return this.layout?.hit(event.clientX - box.left, event.clientY - box.top) ?? null;
  }

  private click(event: MouseEvent): void {
    const cell = this.cellAt(event);
    if (cell) this.options.choose?.(cell);
  }

  private key(event: KeyboardEvent): void {
    const steps: Record<string, number[]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const { tensor } = this;
    if (!tensor || !this.options.choose) return;
    const cell = this.chosen ? [...this.chosen] : tensor.shape.map(() => 0);
    const axis = cell.length === 1 ? [0, 0] : [0, 1];
    if (event.key in steps) {
      const [down, right] = steps[event.key];
      if (this.chosen) {
        cell[axis[0]] += down;
        cell[axis[1]] += right;
      }
    } else if (event.key === "PageDown" && cell.length === 3) cell[2] += 1;
    else if (event.key === "PageUp" && cell.length === 3) cell[2] -= 1;
    else if (event.key !== "Enter") return;
    event.preventDefault();
    this.options.choose(cell.map((index, at) => Math.max(0, Math.min(tensor.shape[at] - 1, index))));
  }

  draw(): void {
    const { tensor } = this;
    const width = this.element.clientWidth;
    if (!tensor || !width) return;
    const layout = (this.layout = layoutFor(tensor.shape, width, this.options.labels));
    const ratio = Math.min(devicePixelRatio || 1, 3);
    this.canvas.width = layout.width * ratio;
    this.canvas.height = layout.height * ratio;
    this.canvas.style.width = `${layout.width}px`;
    this.canvas.style.height = `${layout.height}px`;
    const context = this.canvas.getContext("2d")!;
    context.scale(ratio, ratio);
    context.imageSmoothingEnabled = false;
    if (tensor.shape.length === 3) this.drawMaps(context, tensor, layout);
    else this.drawCells(context, tensor, layout);
    this.drawMarks(context, layout);
  }

  private drawMaps(context: CanvasRenderingContext2D, tensor: Tensor, layout: Layout): void {
    const [rows, columns, maps] = tensor.shape;
    if (this.options.picture) return this.drawPicture(context, tensor, layout);
    const values = new Float32Array(rows * columns);
    const image = new ImageData(columns, rows);
    const small = new OffscreenCanvas(columns, rows);
    for (let map = 0; map < maps; map++) {
      for (let i = 0; i < values.length; i++) values[i] = tensor.data[i * maps + map];
      paint(image.data, values, this.scale);
      stamp(context, small, image, layout.place([0, 0, map]), layout.cell);
    }
  }

  /** Grey or coloured pixels; each channel keeps its own place, so colours lie in the first. */
  private drawPicture(context: CanvasRenderingContext2D, tensor: Tensor, layout: Layout): void {
    const [rows, columns, maps] = tensor.shape;
    const image = new ImageData(columns, rows);
    const small = new OffscreenCanvas(columns, rows);
    for (let map = 0; map < maps; map++) {
      for (let i = 0; i < rows * columns; i++) {
        for (let k = 0; k < 3; k++) {
          image.data[4 * i + k] = maps === 1 || k === map ? tensor.data[i * maps + map] : 0;
        }
        image.data[4 * i + 3] = 255;
      }
      stamp(context, small, image, layout.place([0, 0, map]), layout.cell);
    }
  }

  private drawCells(context: CanvasRenderingContext2D, tensor: Tensor, layout: Layout): void {
    const { cell, high } = layout;
    const gap = cell > 5 ? 1 : 0;
    const [rows, columns] = tensor.shape.length === 2 ? tensor.shape : [1, tensor.shape[0]];
    const ink = getComputedStyle(this.canvas).color;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const at = tensor.shape.length === 2 ? [row, column] : [column];
        const value = valueAt(tensor, at);
        const [x, y] = layout.place(at);
        context.fillStyle = colourOf(value, this.scale);
        const left = Math.round(x); // whole pixels, so that no seams show
        context.fillRect(left, y, Math.round(x + cell) - left - gap, high - (high > 5 ? 1 : 0));
        if (cell >= READABLE) writeIn(context, value, this.scale, x + cell / 2, y + cell / 2, cell);
      }
    }
    this.drawNames(context, layout, ink, rows, columns, tensor.shape.length);
  }

  private drawNames(
    context: CanvasRenderingContext2D, layout: Layout, ink: string, rows: number, columns: number, axes: number,
  ): void {
    const { labels } = this.options;
    context.fillStyle = ink;
    context.font = `${Math.min(12, layout.high)}px system-ui, sans-serif`;
    for (let column = 0; column < columns && labels?.columns && layout.cell >= SMALLEST; column++) {
      const [x] = layout.place(axes === 2 ? [0, column] : [column]);
      context.fillText(labels.columns[column] ?? "", x + layout.cell / 2, 9, layout.cell * 1.6);
    }
    context.textAlign = "right";
    for (let row = 0; row < rows && labels?.rows; row++) {
      const [x, y] = layout.place([row, 0]);
      context.fillText(labels.rows[row] ?? "", x - 6, y + layout.high / 2, layout.left);
    }
  }

  private drawMarks(context: CanvasRenderingContext2D, layout: Layout): void {
    const style = getComputedStyle(this.canvas);
    context.strokeStyle = style.accentColor; // a variable such as --accent is no colour to a canvas
    context.lineWidth = 1.5;
    outline(context, this.marks.map((cell) => layout.place(cell)), layout);
    if (!this.chosen) return;
    const [x, y] = layout.place(this.chosen);
    context.lineWidth = 2;
    context.strokeStyle = style.color;
    context.strokeRect(x - 1, y - 1, layout.cell + 2, layout.high + 2);
  }

  /** The chosen cell and its value in words, for screen readers. */
  describe(cell: number[]): Text {
    const where = cellName(cell, this.options.labels);
    const value = shown(valueAt(this.tensor!, cell));
    return { en: `${where.en}: ${value}`, zh: `${where.zh}：${value}` };
  }
}

/** Draw the border of a group of cells: the sides that have no other of them beside. */
function outline(context: CanvasRenderingContext2D, places: [number, number][], { cell, high }: Layout): void {
  const name = (x: number, y: number) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const all = new Set(places.map(([x, y]) => name(x, y)));
  context.beginPath();
  for (const [x, y] of places) {
    const sides = [[x, y, 0, high, -cell, 0], [x + cell, y, 0, high, cell, 0], [x, y, cell, 0, 0, -high], [x, y + high, cell, 0, 0, high]];
    for (const [left, top, right, down, besideX, besideY] of sides) {
      if (all.has(name(x + besideX, y + besideY))) continue;
      context.moveTo(left - 0.5, top - 0.5);
      context.lineTo(left + right - 0.5, top + down - 0.5);
    }
  }
  context.stroke();
}

function stamp(
  context: CanvasRenderingContext2D, small: OffscreenCanvas, image: ImageData, [x, y]: [number, number], cell: number,
): void {
  small.getContext("2d")!.putImageData(image, 0, 0);
  context.drawImage(small, x, y, image.width * cell, image.height * cell);
}

function writeIn(context: CanvasRenderingContext2D, value: number, scale: number, x: number, y: number, cell: number): void {
  const text = Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toFixed(2))).replace("-", "−");
  context.font = `${Math.min(13, cell / 3)}px system-ui, sans-serif`;
  const rgb = colourOf(value, scale).match(/\d+/g)!.map(Number);
  const light = (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]) / 255;
  context.fillStyle = light > 0.55 ? "#111" : "#fff";
  context.fillText(text, x, y, cell - 2);
}
