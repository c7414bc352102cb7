/** Both answers of the discriminator: whether a picture is real, and of which class. */

import { h, number, percent, put, type Text } from "etudes-page";
import type { Judgement } from "./artist";
import type { Content } from "./content";

/** Classes whose probability is shown. */
const MOST = 12;

/** What counts as near the answer of a discriminator that cannot tell. */
const NEAR = 0.1;

/** The shortest arrow. */
const VISIBLE = 0.02;

/** What *fake* is where nothing can be told: half of what it learned from was real, with the target 1 − smoothing. */
export function undecided(content: Content): number {
  return (1 - content.smoothing) / 2;
}

/** Between these answers it is said that nothing can be told. */
export function limits(content: Content): [low: number, high: number] {
  return [undecided(content) - NEAR, undecided(content) + NEAR];
}

export function verdict(fake: number, content: Content): Text {
  const [low, high] = limits(content);
  if (fake < low) return { en: "it suspects a generated picture", zh: "它怀疑这是生成的图" };
  if (fake > high) return { en: "it leans towards real", zh: "它偏向真图" };
  return { en: "it cannot tell", zh: "它分不出来" };
}

/** A line from generated to real, on which answers are marked. */
export class Gauge {
  private readonly marker = h("span", { class: "marker" });
  private readonly arrow = h("span", { class: "arrow", hidden: true });
  readonly track: HTMLElement;
  readonly element: HTMLElement;

  /** @param low what 0 stands for, and `high` 1; by default generated and real, with a tick where nothing can be told. */
  constructor(content: Content, low?: Text, high?: Text) {
    const tick = low ? null : h("span", { class: "tick", style: `left:${100 * undecided(content)}%` });
    this.track = h("div", { class: "track" }, this.arrow, tick, this.marker);
    this.element = h("div", { class: "gauge" }, this.track,
      h("div", { class: "ends" }, h("span", null, low ?? { en: "0: generated", zh: "0：生成" }), h("span", null, high ?? { en: "1: real", zh: "1：真实" })));
  }

  /** Show in which direction training pulls an answer. */
  pull(from: number, to: number): void {
    this.arrow.hidden = Math.abs(to - from) < VISIBLE;
    this.arrow.className = to < from ? "arrow left" : "arrow right";
    this.arrow.style.left = `${100 * Math.min(from, to)}%`;
    this.arrow.style.width = `${100 * Math.abs(to - from)}%`;
  }

  show(fake: number): void {
    this.marker.style.left = `${100 * fake}%`;
  }
}

export class JudgementView {
  private readonly gauge: Gauge;
  private readonly fake = h("p", { class: "fake" });
  private readonly aux = h("ol", { class: "aux" });
  readonly element: HTMLElement;

  constructor(private readonly content: Content, heading: Text) {
    this.gauge = new Gauge(content);
    const between = limits(content).map((limit) => limit.toFixed(2)).join("–");
    this.element = h("div", { class: "judgement" }, h("h3", null, heading), this.fake, this.gauge.element,
      h("p", { class: "limits" }, { en: `${between}: cannot tell`, zh: `${between}：分不出来` }),
      h("p", { class: "which" }, { en: "Which class?", zh: "是哪一类？" }), this.aux);
  }

  /** @param label the class that was asked for, marked. */
  show({ fake, aux }: Judgement, label: number | null): void {
    put(this.fake, { en: "Is it real? ", zh: "是真图吗？ " }, h("b", null, number(fake)), " · ", verdict(fake, this.content));
    this.gauge.show(fake);
    const { classes } = this.content;
    let shown = classes.map((_, index) => index);
    const best = [...shown].sort((one, other) => aux[other] - aux[one]);
    if (shown.length > MOST) shown = best.slice(0, MOST);
    put(this.aux, ...shown.map((index) =>
      h("li", { class: `${index === label ? "asked" : ""} ${index === best[0] ? "best" : ""}` }, h("span", { class: "class" }, classes[index]),
        h("span", { class: "meter" }, h("span", { style: `width:${100 * aux[index]}%` })), h("data", { value: String(aux[index]) }, percent(aux[index])))));
  }
}
