/** What a change of the question moves: where the carry shows. */

import { Cells, h, Legend, put, tensor, type Page, type Panel, type Tensor, type Text } from "etudes-page";
import type { Asked, Asking } from "./page_asking";
import { neighbour, type Content } from "./page_content";

export class ChangePanel implements Panel {
  readonly element: HTMLElement;
  private readonly says = h("p", { "aria-live": "polite" });
  private readonly turns = h("p", { class: "turns" });
  private readonly hint: HTMLElement;
  private readonly states: Cells;
  private readonly output: Cells;
  private readonly legends = [new Legend(), new Legend()];
  private readonly moved: HTMLElement;

  constructor(private readonly page: Page<Content>, private readonly asking: Asking) {
    const states = { en: "How far each number of the encoder's state moved, after each character", zh: "读完每个字符后，编码器状态中每个数变了多少" };
    const output = { en: "How far each probability of the answer moved", zh: "答案中每个概率变了多少" };
    this.states = new Cells({ name: states, labels: asking.readLabels });
    this.output = new Cells({ name: output, labels: asking.answerLabels, scale: 1 });
    const [first, second] = this.legends.map((legend) => legend.element);
    this.moved = h("div", { class: "moved" }, this.says,
      h("h3", null, states), this.states.element, first, h("h3", null, output), this.output.element, second);
    this.hint = h("p", { class: "hint" }, page.data.content.generated
      ? { en: "What stands above is unlike the questions that it learned. Put in one of those, such as an example above, to see what changes.", zh: "上面的输入与它学过的题目不同。请换成一道普通的题目，例如上面的示例，再看有什么变化。" }
      : { en: "Change the question above: this shows which numbers moved.", zh: "改变上面的问题：这里会显示哪些数发生了变化。" });
    this.element = h("div", null, this.turns, this.hint, this.moved);
  }

  update(): void {
    const { now, before } = this.asking;
    if (!now) return;
    this.showTurns(now.question);
    this.hint.hidden = before !== null;
    this.moved.hidden = before === null;
    if (!before) return;
    const name = `${this.page.data.networks.adder.layers[0].name}.states`;
    this.states.show(difference(now.values[name], before.values[name]));
    this.output.show(difference(now.values.characters, before.values.characters));
    for (const [index, cells] of [this.states, this.output].entries()) this.legends[index].show(cells.scale, true);
    put(this.says, this.changeOf(now, before));
  }

  private showTurns(question: string): void {
    const { content } = this.page.data;
    const beside = [-1, 1].map((by) => neighbour(question, by, content));
    this.turns.hidden = beside.every((next) => next === null);
    const focused = [...this.turns.children].indexOf(document.activeElement as Element);
    put(this.turns, ...beside.map((next) =>
      next !== null && h("button", { type: "button", onclick: () => this.asking.input.put(next) }, next)));
    this.turns.prepend(h("span", null, { en: "Go on to ", zh: "换成" }));
    if (focused >= 0) ((this.turns.children[focused] ?? this.turns.lastElementChild) as HTMLElement).focus();
  }

  /** In words: from which step on the state is another, and which characters of the answer are. */
  private changeOf(now: Asked, before: Asked): Text {
    const read = this.asking.readLabels.rows!;
    const first = firstDifference(now.values.question, before.values.question);
    const places = now.answer.characters.flatMap(([best], index) => (best.sign === before.answer.characters[index][0].sign ? [] : [index + 1]));
    const [one, other] = [before, now].map(({ question, answer }) => `${question} = ${answer.text}`);
    const which = places.length
      ? { en: `Of the answer, character${places.length > 1 ? "s" : ""} ${listed(places, " and ")} changed.`, zh: `答案的第 ${listed(places, "、")} 个字符变了。` }
      : { en: "The answer stayed the same.", zh: "答案没有变。" };
    if (first === null) return { en: `From ${one} to ${other}. Nothing changed.`, zh: `从 ${one} 到 ${other}，没有变化。` };
    return {
      en: `From ${one} to ${other}. The states differ from step ${first + 1} on, where it reads ${read[first]}. ${which.en}`,
      zh: `从 ${one} 到 ${other}。从第 ${first + 1} 步（读入 ${read[first]}）起，状态不同。${which.zh}`,
    };
  }
}

function difference(now: Tensor, before: Tensor): Tensor {
  return tensor(now.shape, Array.from(now.data, (value, at) => value - before.data[at]));
}

/** The first row in which two arrays differ. */
function firstDifference(now: Tensor, before: Tensor): number | null {
  const at = now.data.findIndex((value, index) => value !== before.data[index]);
  return at < 0 ? null : Math.floor(at / now.shape[1]);
}

function listed(places: number[], last: string): string {
  return places.length < 2 ? places.join("") : `${places.slice(0, -1).join(", ")}${last}${places[places.length - 1]}`;
}
