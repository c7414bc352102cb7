/** The first thing on the page: a question, its answer, and how the network came to it, step by step. */

import { h, put, type AxisLabels, type Page, type Text, type Values } from "etudes-page";
import { encode, isPadding, neighbour, percent, readAnswer, readOrder, truthOf, visible, type Answer, type Content } from "./page_content";
import { isReadable } from "./page_questions";
import { record } from "./page_record";
import { Replay } from "./page_replay";
import { QuestionInput } from "./question_input";

/** A question with what the network computes from it. */
export interface Asked {
  question: string;
  answer: Answer;
  values: Values;
}

export class Asking {
  readonly element: HTMLElement;
  readonly input: QuestionInput;
  /** What is shown now, and what it is compared with: the sum less by one; of a person's own questions the last one. */
  now: Asked | null = null;
  before: Asked | null = null;
  /** The characters of alphabet, question and answer along the axes; they change with the question. */
  readonly questionLabels: AxisLabels = {};
  readonly readLabels: AxisLabels = {};
  readonly answerLabels: AxisLabels = {};
  private readonly result = h("div", { class: "result", "aria-live": "polite" });
  private readonly replay: Replay;
  private turn = 0;

  constructor(private readonly page: Page<Content>) {
    const { content } = page.data;
    this.input = new QuestionInput(content, (question) => void this.ask(question));
    this.questionLabels.columns = this.answerLabels.columns = [...content.alphabet].map(visible);
    this.replay = new Replay(page);
    this.element = h("div", null, h("div", { class: "asking" }, this.input.element, this.result), this.replay.element);
  }

  /** Begin with the question in the address, or an example. */
  async begin(): Promise<void> {
    const { data: { content }, state } = this.page;
    const first = state.input && isReadable(state.input, content) ? state.input : content.examples[0];
    const other = content.examples.find((one) => one !== first);
    if (!content.generated && other !== undefined) this.now = await this.compute(other);
    this.input.put(first);
    await this.asked;
    this.replay.play();
  }

  private asked: Promise<void> = Promise.resolve();

  private ask(question: string): Promise<void> {
    this.asked = this.askNow(question);
    return this.asked;
  }

  private async askNow(question: string): Promise<void> {
    const turn = ++this.turn;
    const [found, before] = [await this.compute(question), await this.comparedWith(question)];
    if (turn !== this.turn) return; // another question was asked meanwhile
    [this.now, this.before] = [found, before];
    this.questionLabels.rows = this.readLabels.rows = readOrder(question, this.page.data.content).map(visible);
    this.answerLabels.rows = found.answer.characters.map(([best], index) => `${index + 1}: ${visible(best.sign)}`);
    this.showResult(found);
    this.replay.show(found);
    this.page.remember("input", question);
    this.page.show({ adder: found.values });
  }

  private async comparedWith(question: string): Promise<Asked | null> {
    const { content } = this.page.data;
    if (!content.generated) return this.now?.question === question ? this.before : this.now;
    const other = neighbour(question, -1, content) ?? neighbour(question, 1, content);
    return other === null ? null : this.compute(other);
  }

  private async compute(question: string): Promise<Asked> {
    const { content } = this.page.data;
    const values = await this.page.networks.adder.run({ question: encode(question, content) });
    return { question, values, answer: readAnswer(values.characters, content) };
  }

  private showResult({ question, answer }: Asked): void {
    const truth = truthOf(question, this.page.data.content);
    const right = truth === answer.text;
    const verdict: Text = right ? { en: "✓ right", zh: "✓ 正确" } : { en: `✗ wrong: it is ${truth ?? ""}`, zh: `✗ 错误：应为 ${truth ?? ""}` };
    const confidence = h("data", { value: String(answer.confidence), class: "confidence" }, percent(answer.confidence));
    const doubtful = weakest(answer);
    const isLong = question.length + answer.text.length > 40;
    put(this.result,
      h("p", null, h("output", { class: isLong ? "long" : undefined }, h("bdi", null, question), " = ", h("bdi", { class: "written" }, answer.text || h("small", null, { en: "(nothing)", zh: "（空）" }))), " ",
        truth === null ? null : h("span", { class: right ? "right" : "wrong" }, verdict)),
      h("p", null, { en: "Its confidence in the whole answer: ", zh: "它对整个答案的置信度：" }, confidence, { en: ".", zh: "。" }, doubtful),
      record(this.page));
  }
}

/** Where it hesitates: the character with the nearest second choice; null where it does not. */
function weakest(answer: Answer): Text | null {
  const gap = ([first, second]: Answer["characters"][number]) => first.share - second.share;
  const index = answer.characters.reduce((least, all, at) => (gap(all) < gap(answer.characters[least]) ? at : least), 0);
  const [first, second] = answer.characters[index];
  if (second.share < 0.01) return null;
  const [one, other] = [nameOf(first.sign), nameOf(second.sign)];
  return {
    en: ` At character ${index + 1} it hesitates: ${one.en} ${percent(first.share)}, or ${other.en} ${percent(second.share)}.`,
    zh: `第 ${index + 1} 个字符它拿不准：${one.zh} ${percent(first.share)}，或 ${other.zh} ${percent(second.share)}。`,
  };
}

function nameOf(sign: string): Text {
  return isPadding(sign) ? { en: "the end", zh: "结束" } : { en: sign, zh: sign };
}
