/** What the colours of a band stand for. */

import { colourOf, onTheme } from "./colours";
import { h, number, put } from "./dom";

/** From the lowest value to the highest, with the colours. */
export class Legend {
  private readonly low = h("span");
  private readonly bar = h("span", { class: "bar" });
  private readonly high = h("span");
  readonly element = h("div", { class: "legend" }, this.low, this.bar, this.high);
  private scale = 1;
  private lowest = -1;

  constructor() {
    onTheme(() => this.draw());
  }

  /** @param signed whether there are values below zero. */
  show(scale: number, signed: boolean): void {
    this.scale = scale;
    this.lowest = signed ? -1 : 0;
    this.draw();
  }

  private draw(): void {
    put(this.low, number(this.lowest * this.scale));
    put(this.high, number(this.scale));
    const stops = [0, 0.25, 0.5, 0.75, 1].map((share) => colourOf(this.lowest + share * (1 - this.lowest), 1));
    this.bar.style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
  }
}
