/** What page.py puts into the page, and how questions become the network's input and its output an answer. */

import { percent as inPercent, tensor, type Tensor, type Text } from "etudes-page";

export interface Content {
  alphabet: string;
  questionAlphabet: string;
  questionLength: number;
  answerLength: number;
  reverse: boolean;
  /** Whether the questions are generated sums, differences or products. */
  generated: boolean;
  operator: string;
  digits: number;
  examples: string[];
  mistakes: { question: string; truth: string; answer: string; confidence: number }[];
  /** Of all questions of the test split; none of which are in the page where they are somebody's own. */
  wrong: number;
  questions: number;
}

/** What is done with two numbers, by its sign. */
export const SUMS: Record<string, Text & { verb: string }> = {
  "+": { verb: "add", en: "sum", zh: "加法" },
  "-": { verb: "subtract", en: "difference", zh: "减法" },
  "*": { verb: "multiply", en: "product", zh: "乘法" },
};

/** A character as it is shown: a space can be seen. */
export function visible(sign: string): string {
  return sign === " " ? "␣" : sign;
}

/** The characters of a question in the order in which the network reads them, padded with spaces.
 *
 * Like Python, all this counts code points; JavaScript's `length` counts halves of those beyond U+FFFF.
 */
export function readOrder(question: string, { questionLength, reverse }: Content): string[] {
  const signs = [...question].slice(0, questionLength);
  while (signs.length < questionLength) signs.push(" ");
  return reverse ? signs.reverse() : signs;
}

/** A question as one-hot rows; a character that the network does not know is a row of zeros. */
export function encode(question: string, content: Content): Tensor {
  const signs = [...content.alphabet];
  const read = readOrder(question, content);
  const rows = new Float32Array(read.length * signs.length);
  for (const [step, sign] of read.entries()) {
    const index = signs.indexOf(sign);
    if (index >= 0) rows[step * signs.length + index] = 1;
  }
  return tensor([read.length, signs.length], rows);
}

export interface Answer {
  text: string;
  /** For each character of the answer, the characters with their probabilities, the likeliest first. */
  characters: { sign: string; share: number }[][];
  /** The product of the probabilities, of the padding too. */
  confidence: number;
}

/** The answer in an output (answer length, alphabet). */
export function readAnswer(output: Tensor, content: Content): Answer {
  const signs = [...content.alphabet];
  const characters = Array.from({ length: content.answerLength }, (_, step) =>
    signs
      .map((sign, index) => ({ sign, share: output.data[step * signs.length + index] }))
      .sort((one, other) => other.share - one.share));
  return {
    text: characters.map((all) => all[0].sign).join("").replace(/ +$/, ""),
    characters,
    confidence: characters.reduce((product, all) => product * all[0].share, 1),
  };
}

/** The two numbers of a generated question; null where it is none. */
export function numbersOf(question: string, { generated, operator }: Content): [bigint, bigint] | null {
  const [one, other, more] = question.split(operator);
  if (!generated || more !== undefined || !/^[0-9]+$/.test(one) || !/^[0-9]+$/.test(other ?? "")) return null;
  return [BigInt(one), BigInt(other)];
}

/** The true result of a generated question, exact however large; null where there is none. */
export function truthOf(question: string, content: Content): string | null {
  const numbers = numbersOf(question, content);
  if (!numbers) return null;
  const [a, b] = numbers;
  return String({ "+": a + b, "-": a - b, "*": a * b }[content.operator]);
}

/** The question whose second number is larger by so much; null where either is none of those that it learned. */
export function neighbour(question: string, by: number, content: Content): string | null {
  const numbers = numbersOf(question, content);
  if (!numbers || question !== numbers.join(content.operator)) return null;
  const next = numbers[1] + BigInt(by);
  return next < 0n || String(next).length > content.digits ? null : `${numbers[0]}${content.operator}${next}`;
}

/** A probability, such as "97.3 %"; neither 0 % nor 100 %, which a softmax never gives. */
export function percent(share: number): string {
  if (share > 0.999) return `>\u00a0${inPercent(0.999)}`;
  if (share < 0.001) return `<\u00a0${inPercent(0.001)}`;
  return inPercent(share);
}

/** Whether a character only fills an answer up. */
export function isPadding(sign: string): boolean {
  return sign === " ";
}
