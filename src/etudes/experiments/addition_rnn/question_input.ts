/** A question to type, whose digits can also be turned one by one. */

import { add, h, label, put, type Text } from "etudes-page";
import type { Content } from "./page";

const STEP = 16;

/** A field, and the question as tiles: a digit is turned by dragging it up or down, or by the arrow keys. */
export class QuestionInput {
  readonly element: HTMLElement;
  private readonly field: HTMLInputElement;
  private readonly tiles = h("div", { class: "tiles", role: "group", label: { en: "turn a digit", zh: "转动一个数字" } });
  private readonly problem = h("p", { class: "warn", role: "alert" });

  constructor(
    private readonly content: Content,
    private readonly ask: (question: string) => void,
  ) {
    this.field = h("input", { id: "question", autocomplete: "off", spellcheck: "false", maxlength: content.questionLength + 8 });
    this.field.addEventListener("input", () => this.read());
    const name = content.generated ? { en: "A question", zh: "算式" } : { en: "A question, as in the training", zh: "问题（格式与训练时相同）" };
    const examples = content.examples.map((example) => {
      const button = h("button", { type: "button" }, example);
      button.addEventListener("click", () => this.put(example));
      return button;
    });
    this.element = h("div", { class: "question" }, h("label", { for: "question" }, name), this.field, this.tiles,
      h("div", { class: "examples" }, ...examples), this.problem);
  }

  /** Put a question in, as it is, even one that nobody would ask. */
  put(question: string): void {
    this.field.value = question;
    this.say(null);
    this.showTiles(question);
    this.ask(question);
  }

  private read(): void {
    const question = this.written(this.field.value);
    if (typeof question !== "string") return this.say(question);
    this.say(null);
    this.showTiles(question);
    this.ask(question);
  }

  /** A text as a question is written in training; or what is wrong with it. */
  private written(text: string): string | Text {
    const { content } = this;
    if (!content.generated) {
      const question = text.normalize("NFC").split(/\s+/u).filter(Boolean).join(" ");
      if (!question || question.length > content.questionLength) {
        return { en: `Write 1 to ${content.questionLength} characters.`, zh: `请输入 1 到 ${content.questionLength} 个字符。` };
      }
      const unknown = [...question].find((sign) => !content.questionAlphabet.includes(sign));
      const known = content.questionAlphabet.trim();
      return unknown ? { en: `It never saw ${unknown}. Use only ${known}`, zh: `训练中从未出现过 ${unknown}。只能使用 ${known}` } : question;
    }
    const digits = `0*([0-9]{1,${content.digits}})`;
    const found = new RegExp(`^${digits}\\${content.operator}${digits}$`).exec(text.replaceAll(/\s+/gu, ""));
    const example = `${"3".repeat(Math.min(content.digits, 2))}${content.operator}5`;
    if (found) return `${Number(found[1])}${content.operator}${Number(found[2])}`;
    return {
      en: `Write two numbers of at most ${content.digits} digits with ${content.operator} between them, such as ${example}.`,
      zh: `请输入两个最多 ${content.digits} 位的数，中间用 ${content.operator} 连接，例如 ${example}。`,
    };
  }

  private say(problem: Text | null): void {
    put(this.problem, problem);
  }

  private showTiles(question: string): void {
    const focused = [...this.tiles.children].indexOf(document.activeElement as Element);
    put(this.tiles);
    for (const [index, sign] of [...question].entries()) this.tiles.append(this.tile(question, index, sign));
    (this.tiles.children[focused] as HTMLElement | undefined)?.focus();
  }

  private tile(question: string, index: number, sign: string): HTMLElement {
    if (!/[0-9]/.test(sign) || !this.content.generated) return h("span", { class: "tile" }, sign);
    const tile = h("span", { class: "tile digit", role: "spinbutton", tabindex: 0, "aria-valuenow": sign, "aria-valuemin": 0, "aria-valuemax": 9 });
    add(tile, sign);
    label(tile, { en: `digit ${index + 1}`, zh: `第 ${index + 1} 个字符` });
    const turn = (steps: number) => {
      const signs = [...question];
      signs[index] = String((Number(sign) + steps + 100) % 10);
      this.field.value = signs.join("");
      this.read();
    };
    tile.addEventListener("keydown", (event) => {
      const steps = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!steps) return;
      event.preventDefault();
      turn(steps);
    });
    tile.addEventListener("pointerdown", (event) => this.drag(event, turn));
    return tile;
  }

  /** Turn a digit while it is dragged: upwards is more. */
  private drag(start: PointerEvent, turn: (steps: number) => void): void {
    let turned = 0;
    const move = (event: PointerEvent) => {
      const steps = Math.round((start.clientY - event.clientY) / STEP);
      if (steps === turned) return;
      turned = steps;
      turn(steps);
    };
    const end = () => {
      window.removeEventListener("pointermove", move);
      if (!turned) turn(1); // a click
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end, { once: true });
    start.preventDefault();
  }
}
