/** What it learned, and the idea, in words. */

import type { Page, Text } from "etudes-page";
import { SUMS, type Content } from "./page_content";

export function sentence({ data: { content } }: Page<Content>): Text {
  if (!content.generated) {
    return {
      en: "This network learned to turn one text into another from examples, character by character.",
      zh: "这个网络只看例子，逐个字符地学会了把一段文字变成另一段。",
    };
  }
  const { verb, zh } = SUMS[content.operator];
  return {
    en: `This network learned to ${verb} from examples, character by character. Nobody told it what a number is.`,
    zh: `这个网络只看例子，逐个字符地学会了做${zh}。没有人告诉它什么是数。`,
  };
}

export function idea(page: Page<Content>): Text[] {
  const { content, networks } = page.data;
  const units = networks.adder.layers.find((layer) => layer.kind === "LSTM")!.shape[0];
  const first = highestFirst(content);
  return [
    {
      en: `One network (the encoder, an LSTM: a network with a memory) reads the question character by character into a list of ${units} numbers, its state. A second one (the decoder) gets nothing but this state, and writes the answer from it, again one character at a time. ${first.en}`,
      zh: `一个网络（编码器，是一种带记忆的网络 LSTM）逐字符读题，记成 ${units} 个数，称为状态；另一个（解码器）得到的只有这个状态，再逐字符写出答案。${first.zh}`,
    },
    content.generated
      ? { en: "Characters are symbols without meaning to it. To be right on questions that it never saw, the network has to find out what a digit is worth, and when to carry.", zh: "对网络来说，字符只是没有含义的符号。要在从未见过的题目上答对，它必须自己弄清每个数字值多少、何时进位。" }
      : { en: "Characters are symbols without meaning to it. To be right on questions that it never saw, the network has to find the rule behind the examples.", zh: "对网络来说，字符只是没有含义的符号。要在从未见过的问题上答对，它必须自己找出例子背后的规律。" },
    ...learnedFrom(page),
  ];
}

/** Why sums written from left to right are hard. */
export function highestFirst({ generated, operator, digits }: Content): Text {
  if (!generated) return { en: "", zh: "" };
  const nines = "9".repeat(digits);
  const example = operator === "+" ? ` (${nines}+1 = ${BigInt(nines) + 1n})` : "";
  const what: Text = operator === "-" ? { en: "borrow", zh: "借位" } : { en: "carry", zh: "进位" };
  return {
    en: `It writes the highest digit first, which can depend on all digits after it${example}: every ${what.en} that reaches it must be worked out before the first character is written.`,
    zh: `它先写最高位，而最高位可能取决于后面的每一位${example}：写第一个字符之前，传到最高位的${what.zh}都必须已经算好。`,
  };
}

/** How many examples it saw; the split counts those of one epoch. */
function learnedFrom({ data: { content, settings, split, history } }: Page<Content>): Text[] {
  if (!content.generated || !split.train || !history.length) return [];
  const [pairs, epochs] = [split.train.toLocaleString("en"), history.length];
  return settings.fresh
    ? [{ en: `It learned from ${pairs} new pairs of numbers in each of ${epochs} epochs, or rounds of training; a pair can come up in several.`, zh: `训练共 ${epochs} 轮，每一轮都新抽取 ${pairs} 对数；同一对数可能在几轮中出现。` }]
    : [{ en: `It learned from ${pairs} pairs of numbers, the same in each of ${epochs} epochs, or rounds of training.`, zh: `训练共 ${epochs} 轮，每一轮都用同样的 ${pairs} 对数。` }];
}
