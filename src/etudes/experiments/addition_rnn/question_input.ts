/** A question to type, whose digits can also be turned one by one. */

import { h, label, put, type Text } from "etudes-page";
import { SUMS, type Content } from "./page_content";
import { readQuestion } from "./page_questions";

/** Pixels of a drag that turn a digit by one. */
const STEP = 16;

/** A field, and the question as tiles: a digit is turned by its arrows, by dragging it, or by the arrow keys. */
export class QuestionInput {
  readonly element: HTMLElement;
  private readonly field: HTMLInputElement;
  private readonly tiles = h("div", { class: "tiles", role: "group", label: { en: "turn a digit", zh: "转动一个数字" } });
  private readonly problem = h("p", { class: "warn", role: "alert", id: "problem" });

  constructor(
    private readonly content: Content,
    private readonly ask: (question: string) => void,
  ) {
    this.field = h("input", {
      id: "question", autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-describedby": "problem",
      dir: content.generated ? undefined : "auto", inputmode: content.generated && content.operator !== "-" ? "tel" : undefined,
      maxlength: 4 * content.questionLength + 8,
    });
    this.field.addEventListener("input", () => this.read());
    const examples = content.examples.map((example) => h("button", { type: "button", onclick: () => this.put(example) }, h("bdi", null, example)));
    this.element = h("div", { class: "question" },
      h("label", { for: "question" }, nameOf(content)), this.field, this.problem,
      content.generated && h("p", { class: "hint" }, { en: "or turn a digit: drag it up or down", zh: "或者转动一个数字：上下拖动" }),
      content.generated && this.tiles,
      h("div", { class: "examples", role: "group", label: { en: "examples", zh: "示例" } }, ...examples));
  }

  /** Put a question in, as it is, even one that nobody would ask. */
  put(question: string): void {
    this.field.value = question;
    this.say(null);
    this.showTiles(question);
    this.ask(question);
  }

  private read(): void {
    const question = readQuestion(this.field.value, this.content);
    if (typeof question !== "string") return this.say(question);
    this.say(null);
    this.showTiles(question);
    this.ask(question);
  }

  private say(problem: Text | null): void {
    put(this.problem, problem);
    this.field.setAttribute("aria-invalid", String(problem !== null));
  }

  private showTiles(question: string): void {
    if (!this.content.generated) return;
    const focused = [...this.tiles.children].indexOf(document.activeElement as Element);
    put(this.tiles, ...[...question].map((sign, index) => this.tile(question, index, sign)));
    (this.tiles.children[focused] as HTMLElement | undefined)?.focus();
  }

  private tile(question: string, index: number, sign: string): HTMLElement {
    if (!/[0-9]/.test(sign)) return h("span", { class: "tile" }, sign);
    const tile = h("span", { class: "tile digit", role: "spinbutton", tabindex: 0, "aria-valuenow": sign, "aria-valuemin": 0, "aria-valuemax": 9 }, sign);
    label(tile, { en: `character ${index + 1}, a digit`, zh: `第 ${index + 1} 个字符，数字` });
    const turnTo = (digit: string) => {
      const signs = [...question];
      signs[index] = digit;
      const turned = readQuestion(signs.join(""), this.content);
      this.put(typeof turned === "string" ? turned : signs.join(""));
    };
    const turn = (steps: number) => turnTo(String((((Number(sign) + steps) % 10) + 10) % 10));
    tile.addEventListener("keydown", (event) => {
      const steps = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (steps) turn(steps);
      else if (/^[0-9]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) turnTo(event.key);
      else return;
      event.preventDefault();
    });
    tile.addEventListener("pointerdown", (event) => this.drag(event, tile.getBoundingClientRect(), turn));
    return tile;
  }

  /** Turn a digit while it is dragged, upwards is more; or by one, where its upper or lower half is clicked. */
  private drag(start: PointerEvent, box: DOMRect, turn: (steps: number) => void): void {
    let turned = 0;
    const move = (event: PointerEvent) => {
      const steps = Math.round((start.clientY - event.clientY) / STEP);
      if (steps === turned) return;
      turned = steps;
      turn(steps);
    };
    const end = (event: PointerEvent) => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", end);
      window.removeEventListener("pointercancel", end);
      if (event.type === "pointerup" && !turned) turn(start.clientY < box.top + box.height / 2 ? 1 : -1);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end);
    window.addEventListener("pointercancel", end);
    start.preventDefault();
  }
}

function nameOf({ generated, operator, digits, questionLength }: Content): Text {
  if (!generated) return { en: `Type a question, of up to ${questionLength} characters`, zh: `输入一个问题，最多 ${questionLength} 个字符` };
  const { en, zh } = SUMS[operator];
  return { en: `Type a ${en} of two numbers of up to ${digits} digit${digits > 1 ? "s" : ""}`, zh: `输入一道${zh}题，两个数各不超过 ${digits} 位` };
}
