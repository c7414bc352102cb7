/** The page of a run of addition_rnn. */

import {
  Cells, h, put, tensor, type AxisLabels, type Break, type Journey, type Mistake, type Page, type Study, type Tensor, type Text, type Values,
} from "etudes-page";
import "./page.css";
import { QuestionInput } from "./question_input";

/** What page.py puts in. */
export interface Content {
  alphabet: string;
  questionAlphabet: string;
  questionLength: number;
  answerLength: number;
  reverse: boolean;
  generated: boolean;
  operator: string;
  digits: number;
  examples: string[];
  mistakes: { question: string; truth: string; answer: string; confidence: number }[];
  /** Of all questions of the test split. */
  wrong: number;
  questions: number;
}

const SPACE = "␣";

/** A question as one-hot rows, padded with spaces and, as in training, reversed. */
export function encode(question: string, content: Content): Tensor {
  const { alphabet, questionLength } = content;
  const read = readOrder(question, content);
  const signs = [...alphabet];
  const rows = new Float32Array(questionLength * signs.length);
  for (const [step, sign] of read.entries()) {
    const index = signs.indexOf(sign);
    if (index >= 0) rows[step * signs.length + index] = 1;
  }
  return tensor([questionLength, signs.length], rows);
}

/** The characters in the order in which the network reads them. */
function readOrder(question: string, content: Content): string[] {
  const signs = [...question.padEnd(content.questionLength)].slice(0, content.questionLength);
  return content.reverse ? signs.reverse() : signs;
}

interface Answer {
  text: string;
  /** For each character of the answer, the characters with their probabilities, the likeliest first. */
  characters: { sign: string; share: number }[][];
  confidence: number;
}

function readAnswer(output: Tensor, content: Content): Answer {
  const signs = [...content.alphabet];
  const characters = Array.from({ length: content.answerLength }, (_, step) =>
    signs
      .map((sign, index) => ({ sign, share: output.data[step * signs.length + index] }))
      .sort((one, other) => other.share - one.share));
  return {
    text: characters.map((all) => all[0].sign).join("").trimEnd(),
    characters,
    confidence: characters.reduce((product, all) => product * all[0].share, 1),
  };
}

/** The true result of a generated question; null where there is none. */
function truthOf(question: string, { generated, operator }: Content): string | null {
  const [one, other, more] = question.split(operator);
  if (!generated || more !== undefined || !/^\d+$/.test(one) || !/^\d+$/.test(other ?? "")) return null;
  const [a, b] = [Number(one), Number(other)];
  return String({ "+": a + b, "-": a - b, "*": a * b }[operator]);
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** The question, its answer, and what both are called along the axes. */
class Asking {
  readonly answer = h("div", { class: "answer", "aria-live": "polite" });
  readonly questionLabels: AxisLabels = {};
  readonly readLabels: AxisLabels = {};
  readonly answerLabels: AxisLabels = {};
  readonly before: { values: Values | null; question: string } = { values: null, question: "" };
  private now = "";
  private turn = 0;
  readonly input: QuestionInput;

  constructor(private readonly page: Page<Content>) {
    this.input = new QuestionInput(page.data.content, (question) => void this.ask(question));
    this.questionLabels.columns = [...page.data.content.alphabet].map((sign) => (sign === " " ? SPACE : sign));
    this.answerLabels.columns = this.questionLabels.columns;
  }

  async ask(question: string): Promise<void> {
    const { content } = this.page.data;
    const turn = ++this.turn;
    const values = await this.page.networks.adder.run({ question: encode(question, content) });
    if (turn !== this.turn) return; // another question was asked meanwhile
    this.before.values = this.page.values.adder ?? null;
    this.before.question = this.now;
    this.now = question;
    const found = readAnswer(values.characters, content);
    const read = readOrder(question, content).map((sign) => (sign === " " ? SPACE : sign));
    this.questionLabels.rows = this.readLabels.rows = read;
    this.answerLabels.rows = found.characters.map(([best], index) => `${index + 1}: ${best.sign === " " ? SPACE : best.sign}`);
    this.showAnswer(question, found);
    this.page.remember("input", question);
    this.page.show({ adder: values });
  }

  private showAnswer(question: string, found: Answer): void {
    const truth = truthOf(question, this.page.data.content);
    const right = truth === null ? null : truth === found.text;
    const tiles = found.characters.map((all) =>
      h("li", null, h("b", null, all[0].sign === " " ? SPACE : all[0].sign),
        h("span", { class: "meter" }, h("span", { style: `width:${100 * all[0].share}%` })), h("small", null, percent(all[0].share)),
        h("small", { class: "second" }, `${all[1].sign === " " ? SPACE : all[1].sign} ${percent(all[1].share)}`)));
    const verdict: Text | null = right === null ? null : right ? { en: "right", zh: "正确" } : { en: `wrong: it is ${truth}`, zh: `错误：应为 ${truth}` };
    put(this.answer, h("p", { class: "result" }, h("output", null, `${question} = ${found.text}`),
      verdict ? h("span", { class: right ? "right" : "wrong" }, right ? "✓ " : "✗ ", verdict) : null),
    h("p", null, { en: "sure to ", zh: "把握 " }, h("data", { value: String(found.confidence), class: "confidence" }, percent(found.confidence)),
      { en: ": the product over the characters, the padding too", zh: "：各字符概率之积，包括填充的空格" }),
    h("ol", { class: "characters" }, ...tiles));
  }
}

const asked = new WeakMap<Page<Content>, Asking>();

async function begin(page: Page<Content>): Promise<HTMLElement> {
  const asking = new Asking(page);
  asked.set(page, asking);
  const first = page.state.input ?? page.data.content.examples[0];
  asking.input.put(first);
  await asking.ask(first);
  return h("div", { class: "asking" }, asking.input.element, asking.answer);
}

function journeys(page: Page<Content>): Journey[] {
  const asking = asked.get(page)!;
  const { layers } = page.data.networks.adder;
  const [encoder, ...decoders] = layers.filter((layer) => layer.kind === "LSTM");
  const dense = layers.find((layer) => layer.kind === "TimeDistributed")!;
  const last = layers[layers.length - 1];
  const { content } = page.data;
  const units = encoder.shape[0];
  const order: Text = content.reverse
    ? { en: "It reads backwards: the padding first, the ones last, so that they are fresh in its memory.", zh: "它倒着读：先读填充的空格，最后读个位，这样个位记得最牢。" }
    : { en: "It reads from left to right.", zh: "它从左往右读。" };
  return [{
    network: "adder",
    title: { en: "The way of your question", zh: "您的问题走过的路" },
    words: [{ en: "Every number below is the network's own, for the question above. Choose a cell to see where it came from. Blue is below zero, orange above.", zh: "下面每个数都是网络针对上面的问题算出的真实数值。点选任一单元格，看它从何而来。蓝色为负，橙色为正。" }],
    layers: {
      question: {
        title: { en: "The question, one-hot", zh: "问题的独热编码" },
        what: { en: `Each character is a row with a single 1, in the column of that character: ${SPACE} is the space. To the network a 7 is no number, only another symbol. ${order.en}`, zh: `每个字符占一行，只有该字符所在的列为 1（${SPACE} 表示空格）。对网络来说，7 不是数，只是另一个符号。${order.zh}` },
        source: "def encode_questions",
      },
      [`${encoder.name}.states`]: {
        title: { en: "The encoder's state after each character", zh: "编码器读完每个字符后的状态" },
        what: { en: `${units} numbers, all it remembers. Each row is made from the row above and the next character. Turn one digit and see from which row on the state changes.`, zh: `${units} 个数就是它的全部记忆。每一行由上一行和下一个字符得出。转动一个数字，看状态从哪一行开始变化。` },
      },
      [encoder.name]: {
        title: { en: "The state that is handed over", zh: "交接的状态" },
        what: { en: `The last row alone goes on: the whole question, in one vector of ${units} numbers.`, zh: `只有最后一行继续向前：整个问题都压进了这 ${units} 个数的向量里。` },
        source: "layers.LSTM(",
      },
      RepeatVector: {
        title: { en: "The same state, once for each character of the answer", zh: "同一状态，为答案的每个字符各重复一次" },
        what: { en: "The decoder gets nothing else: not the question, and not the characters that it has written.", zh: "解码器得到的只有它：既看不到问题，也看不到自己已写出的字符。" },
        source: "layers.RepeatVector(",
      },
      ...Object.fromEntries(decoders.map((decoder, index) => [decoder.name, {
        title: decoders.length > 1 ? { en: `Decoder ${index + 1}: its state at each character`, zh: `解码器 ${index + 1}：写每个字符时的状态` } : { en: "The decoder's state at each character of the answer", zh: "解码器写每个字符时的状态" },
        what: { en: "Its input is the same at every step; only its own memory says how far it has come. So the carry must be worked out inside.", zh: "每一步的输入都一样，只有它自己的记忆知道写到了第几位。所以进位必须在内部算出来。" },
      }])),
      [dense.name]: {
        title: { en: "A score for each character", zh: "每个字符的得分" },
        what: { en: `The same dense layer at each step: ${units} numbers to ${content.alphabet.length} scores.`, zh: `每一步用同一个全连接层：从 ${units} 个数得到 ${content.alphabet.length} 个得分。` },
        source: "layers.TimeDistributed(",
      },
      [last.name]: {
        title: { en: "The probability of each character", zh: "每个字符的概率" },
        what: { en: "Softmax turns each row of scores into probabilities that sum to 1. The largest of each row is written down.", zh: "softmax 把每一行得分变成总和为 1 的概率；每行取最大者写下来。" },
        source: 'layers.Activation("softmax"',
      },
    },
    labels: {
      question: asking.questionLabels,
      [`${encoder.name}.states`]: asking.readLabels,
      [dense.name]: asking.answerLabels,
      [last.name]: asking.answerLabels,
    },
  }];
}

/** What the last change moved: where the carry shows. */
function panels(page: Page<Content>): ReturnType<NonNullable<Study<Content>["panels"]>> {
  const asking = asked.get(page)!;
  const { layers } = page.data.networks.adder;
  const encoder = layers.find((layer) => layer.kind === "LSTM")!;
  const states = new Cells({ name: { en: "change of the encoder's states", zh: "编码器状态的变化" }, labels: asking.readLabels });
  const output = new Cells({ name: { en: "change of the probabilities", zh: "概率的变化" }, labels: asking.answerLabels, scale: 1 });
  const from = h("p");
  const element = h("div", null, from, states.element, h("p", null, { en: "… and of the answer's probabilities:", zh: "……以及答案概率的变化：" }), output.element);
  const update = (values: Record<string, Values>) => {
    const now = values.adder;
    const { values: before, question } = asking.before;
    if (!now || !before) return;
    put(from, { en: `Compared with the question before, ${question}:`, zh: `与上一个问题 ${question} 相比：` });
    states.show(difference(now[`${encoder.name}.states`], before[`${encoder.name}.states`]));
    output.show(difference(now.characters, before.characters));
  };
  return [{
    title: { en: "What the last change moved", zh: "刚才的改动影响了什么" },
    words: [{ en: "Turn the last digit by one. If nothing is carried, one row of the answer moves. If something is carried, the rows before it move, too: the network has learned when.", zh: "把末位数字转动一格。如果没有进位，答案只动一行；如果有进位，前面的行也跟着动：网络学会了何时进位。" }],
    panel: { element, update },
  }];
}

function difference(one: Tensor, other: Tensor): Tensor {
  return tensor(one.shape, Array.from(one.data, (value, index) => value - other.data[index]));
}

function mistakes(page: Page<Content>): Mistake[] {
  return page.data.content.mistakes.map(({ question, truth, answer, confidence }) => ({
    shown: h("code", null, `${question} = ${answer}`),
    words: answer === truth
      ? { en: `right, but only ${percent(confidence)} sure`, zh: `正确，但把握只有 ${percent(confidence)}` }
      : { en: `wrong, it is ${truth}; ${percent(confidence)} sure`, zh: `错误，应为 ${truth}；把握 ${percent(confidence)}` },
    put: () => asked.get(page)!.input.put(question),
  }));
}

function breaks(page: Page<Content>): Break[] {
  const { content } = page.data;
  const ask = (question: string) => () => asked.get(page)!.input.put(question);
  if (!content.generated) return [];
  const { operator: sign, digits } = content;
  const nines = "9".repeat(digits);
  const all: [string, Text][] = [
    [`007${sign}1`.slice(-content.questionLength), { en: "Zeros in front never occurred in training. Étude's command takes them off; here the network meets them.", zh: "训练中从未出现前导零。命令行会去掉它们；这里让网络直接面对。" }],
    [`5${sign}`, { en: "A question without an end. The network cannot say that it does not know: it must answer with characters.", zh: "没写完的算式。网络不会说“不知道”：它只能用字符作答。" }],
    [`1${sign}2${sign}3`, { en: "Three numbers. It learned two; it does not become a calculator by itself.", zh: "三个数。它只学过两个数，不会自己变成计算器。" }],
    ["8".repeat(content.questionLength), { en: "No sign at all, nothing but digits: like nothing that it has seen, and yet it may be sure.", zh: "没有运算符，全是数字：与它见过的都不同，但它可能仍然很自信。" }],
    [`${nines}${sign}${nines}`, { en: "The largest question of all: carries everywhere. This one is within what it learned.", zh: "最大的算式：处处进位。这仍在它学过的范围之内。" }],
  ];
  return all.map(([question, why]) => ({ title: { en: question, zh: question }, why, put: ask(question) }));
}

export const study: Study<Content> = {
  title: { en: "Addition", zh: "学做加法" },
  sentence: ({ data }) => {
    const { content } = data;
    const what = { "+": { en: "add", zh: "做加法" }, "-": { en: "subtract", zh: "做减法" }, "*": { en: "multiply", zh: "做乘法" } }[content.operator]!;
    return content.generated
      ? { en: `This network learned to ${what.en} from examples, character by character. Nobody told it what a number is.`, zh: `这个网络只看例子，逐个字符地学会了${what.zh}。没有人告诉它什么是数。` }
      : { en: "This network learned to turn one text into another from examples, character by character.", zh: "这个网络只看例子，逐个字符地学会了把一段文字变成另一段。" };
  },
  idea: [
    { en: "An LSTM reads the question, one character a step, and keeps what it read in a state: a vector of numbers. This state is all that a second LSTM gets. It turns it into the answer, again one character a step.", zh: "一个 LSTM 逐字符读入问题，并把读到的内容记在一个状态里：一个由数组成的向量。第二个 LSTM 得到的只有这个状态，它再逐字符地把状态变成答案。" },
    { en: "Characters are symbols without meaning to it. To be right on questions that it never saw, the network has to find out what a digit is worth, and when to carry.", zh: "对网络来说，字符只是没有含义的符号。要在从未见过的题目上答对，它必须自己弄清每个数字值多少、何时进位。" },
  ],
  begin, journeys, panels, mistakes, breaks,
  insight: { en: "It answers from one vector, and has never heard of numbers.", zh: "它只凭一个向量作答，从未听说过数。" },
  metrics: { exact_match: { en: "The share of questions whose answer is right in every character.", zh: "每个字符都正确的答案所占的比例。" } },
};
