/** The loss of all steps, octave by octave, with a point where the picture is. */

import { h, inLanguage, shown, type PageData, type Text } from "etudes-page";

import { linesOf, type Content, type Frame } from "./page_content";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [420, 250, 34, 8, 26, 44];
const GAP = 2;

function svg(tag: string, attributes: Record<string, string | number>, text = ""): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.textContent = text;
  return element;
}

const AXES: Text[] = [{ en: "response", zh: "响应" }, { en: "octave, one step after another", zh: "八度（逐步）" }];

function wordsFor(isShifted: boolean): Text {
  return {
    en: `How strongly the chosen layers respond, measured at each step${isShifted ? " on the shifted picture" : ""}; sizes are not comparable. A new octave often begins lower, as enlarging blurs what had grown.`,
    zh: `所选各层的响应强度，每一步${isShifted ? "在平移后的图上" : ""}测得；不同尺寸之间不可比。放大会使已经长出的东西变模糊，所以新的八度往往从较低处开始。`,
  };
}

/** Round values between two others, four or so. */
function ticks(low: number, top: number): number[] {
  const rough = (top - low) / 3;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const every = [1, 2, 5, 10].find((factor) => factor * unit >= rough * 0.99)! * unit;
  const first = Math.ceil(low / every);
  return Array.from({ length: Math.floor(top / every) - first + 1 }, (_, k) => Number(((first + k) * every).toPrecision(6)));
}

/** A curve that follows the slider, and moves it. */
export class LossCurve {
  readonly element: HTMLElement;
  private readonly point = svg("circle", { r: 6, class: "point" });
  private readonly places: ([number, number] | null)[];

  constructor(data: PageData<Content>, frames: Frame[], choose: (index: number) => void) {
    const octaves = data.content.octaves.map(({ number }) => ({ number, lines: linesOf(data, number) }));
    const losses = octaves.flatMap(({ lines }) => lines.map(({ loss }) => loss));
    const [low, top] = [Math.min(0, ...losses), Math.max(1e-9, ...losses)]; // that of a class may be negative
    const count = octaves.reduce((total, { lines }) => total + lines.length + GAP, -GAP) - 1;
    const x = (step: number) => LEFT + ((WIDTH - LEFT - RIGHT) * step) / Math.max(1, count);
    const y = (loss: number) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (loss - low)) / (top - low);
    const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart losses", role: "img" });
    for (const value of ticks(low, top)) {
      drawing.append(svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value), class: "rule" }),
        svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, shown(value).replace("-", "−")));
    }
    const starts: Record<number, number> = {};
    let start = 0;
    for (const { number, lines } of octaves) {
      starts[number] = start;
      const [left, right] = [x(start), x(start + Math.max(0, lines.length - 1))];
      drawing.append(svg("rect", { x: left - 3, y: TOP - 4, width: right - left + 6, height: HEIGHT - TOP - BOTTOM + 4, class: "octave" }),
        svg("text", { x: (left + right) / 2, y: HEIGHT - BOTTOM + 16, "text-anchor": "middle" }, String(number)),
        svg("polyline", { points: lines.map(({ epoch, loss }) => `${x(starts[number] + epoch - 1)},${y(loss)}`).join(" "), class: "line line-0" }));
      start += lines.length + GAP;
    }
    const names = [svg("text", { x: 0, y: 12 }), svg("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 6, "text-anchor": "middle" })];
    drawing.append(this.point, ...names);
    inLanguage((language) => AXES.forEach((axis, index) => (names[index].textContent = axis[language])));
    this.places = frames.map(({ octave, line }) => (line ? [x(starts[octave] + line.epoch - 1), y(line.loss)] : null));
    drawing.addEventListener("click", (event) => choose(this.nearest(drawing, event as MouseEvent)));
    const name = { en: "the response at each step, octave by octave", zh: "各八度中每一步的响应" };
    inLanguage((language) => drawing.setAttribute("aria-label", name[language]));
    this.element = h("figure", { class: "curve" }, drawing as unknown as HTMLElement,
      h("figcaption", null, wordsFor(Number(data.settings.jitter) > 0)));
  }

  private nearest(drawing: SVGElement, event: MouseEvent): number {
    const box = drawing.getBoundingClientRect();
    const wanted = ((event.clientX - box.left) / box.width) * WIDTH;
    const distance = (index: number) => Math.abs((this.places[index]?.[0] ?? 0) - wanted);
    return this.places.reduce((best, _, index) => (distance(index) < distance(best) ? index : best), 0);
  }

  /** Put the point where a frame is; the photograph has no place. */
  show(index: number): void {
    const place = this.places[index];
    if (!place) {
      this.hide();
      return;
    }
    this.point.style.display = "";
    this.point.setAttribute("cx", String(place[0]));
    this.point.setAttribute("cy", String(place[1]));
  }

  hide(): void {
    this.point.style.display = "none";
  }
}
