/** The layers in words. */

import type { Journey, Layer, LayerWords, Page, Text } from "etudes-page";
import type { Asking } from "./page_asking";
import type { Content } from "./page_content";
import { highestFirst } from "./page_idea";

export function journey(page: Page<Content>, asking: Asking): Journey {
  const { layers } = page.data.networks.adder;
  const [encoder, ...decoders] = layers.filter((layer) => layer.kind === "LSTM");
  const dense = layers.find((layer) => layer.kind === "TimeDistributed")!;
  const last = layers[layers.length - 1];
  return {
    network: "adder",
    title: { en: "Your question, step by step", zh: "跟着你的问题走一遍网络" },
    words: [{
      en: "Every number below is the network's own, for the question above. Choose a cell: the page says where its value comes from, and outlines the cells that it was made of. Blue is below zero, orange above.",
      zh: "下面每个数都是网络针对上面的问题算出的真实数值。点选一个单元格，页面会说明它的值从何而来，并框出它所依据的单元格。蓝色为负，橙色为正。",
    }],
    layers: {
      ...encoderWords(encoder, page.data.content),
      ...Object.fromEntries(decoders.map((decoder, index) => [decoder.name, decoderWords(decoders.length, index, page.data.content)])),
      ...outputWords(dense, last),
    },
    labels: {
      question: asking.questionLabels,
      [`${encoder.name}.states`]: asking.readLabels,
      RepeatVector: asking.answerLabels,
      ...Object.fromEntries(layers.filter((layer) => layer.shape.length === 2).map((layer) => [layer.name, rowsOnly(asking)])),
      [dense.name]: asking.answerLabels,
      [last.name]: asking.answerLabels,
    },
  };
}

/** The characters of the answer beside the rows; no names above the columns, which are units. */
function rowsOnly(asking: Asking) {
  return { get rows() { return asking.answerLabels.rows ?? []; } };
}

function orderOf({ generated, reverse, operator }: Content): Text {
  if (!reverse) return { en: "It reads from left to right.", zh: "它从左往右读。" };
  if (!generated) return { en: "It reads backwards: first the padding, then the question from its end.", zh: "它倒着读：先读填充的空格，再从末尾读起。" };
  return {
    en: `It reads backwards: first the padding, then the second number from its ones on, then ${operator}, then the first number from its ones on. So the digits with which the answer begins are fresh in its memory.`,
    zh: `它倒着读：先读填充的空格，再从个位起读第二个数，然后是 ${operator}，最后从个位起读第一个数。这样，答案开头要用到的数字记得最牢。`,
  };
}

function encoderWords(encoder: Layer, content: Content): Record<string, LayerWords> {
  const units = encoder.shape[0];
  const order = orderOf(content);
  const symbols: Text = content.generated
    ? { en: "To the network a 7 is no number, only another symbol.", zh: "对网络来说，7 不是数，只是另一个符号。" }
    : { en: "To the network these are symbols without any meaning.", zh: "对网络来说，它们只是没有含义的符号。" };
  return {
    question: {
      title: { en: "The question, one-hot", zh: "问题的独热编码" },
      short: { en: "question", zh: "问题" },
      what: {
        en: `Each character is a row with a single 1, in the column of that character; ␣ is the space. ${symbols.en} ${order.en}`,
        zh: `每个字符占一行，只有该字符所在的列为 1（␣ 表示空格）。${symbols.zh}${order.zh}`,
      },
      source: "def encode_questions",
    },
    [`${encoder.name}.states`]: {
      title: { en: "The encoder's state after each character", zh: "编码器读完每个字符后的状态" },
      what: {
        en: `These ${units} numbers are what it shows after each character, which stands beside the row. Behind them it keeps ${units} more, its memory cells: choose a cell to see the one behind it. A row is made of the row above, the memory and the new character. Change one character: the state changes from its row on.`,
        zh: `这 ${units} 个数是它读完每个字符后输出的状态，字符写在每行左边；背后还有 ${units} 个记忆单元（点一格可看到对应的那个）。每一行由上一行、记忆和新字符得出。改一个字符，状态就从那一行起改变。`,
      },
    },
    [encoder.name]: {
      title: { en: "The state that is handed over", zh: "交接的状态" },
      short: { en: "encoder", zh: "编码器" },
      what: {
        en: `Only the last row goes on: the whole question, in one vector, a list of ${units} numbers.`,
        zh: `只有最后一行继续向前：整个问题都压进了这个由 ${units} 个数组成的向量。`,
      },
      source: "lstm(units),",
    },
    RepeatVector: {
      title: { en: "The same state, once for each character of the answer", zh: "同一状态，为答案的每个字符各重复一次" },
      short: { en: "repeat", zh: "重复" },
      what: {
        en: "This is all the decoder gets: not the question, and not the characters that it has written.",
        zh: "解码器得到的只有它：既看不到问题，也看不到自己已写出的字符。",
      },
      source: "layers.RepeatVector(",
    },
  };
}

function decoderWords(count: number, index: number, content: Content): LayerWords {
  const first = highestFirst(content);
  const which: Text = count > 1 ? { en: ` ${index + 1}`, zh: ` ${index + 1}` } : { en: "", zh: "" };
  return {
    title: { en: `Decoder${which.en}: its state at each character of the answer`, zh: `解码器${which.zh}：写每个字符时的状态` },
    short: { en: `decoder${which.en}`, zh: `解码器${which.zh}` },
    what: index
      ? { en: "A second reading: its input is the state of the decoder before it.", zh: "再读一遍：它的输入是前一个解码器的状态。" }
      : {
          en: `Its input is the same at every step; only its own memory says how far it has come. ${first.en}`,
          zh: `每一步的输入都一样，只有它自己的记忆知道写到了第几个字符。${first.zh}`,
        },
    source: "*decoder,",
  };
}

function outputWords(dense: Layer, last: Layer): Record<string, LayerWords> {
  const signs = dense.shape[1];
  return {
    [dense.name]: {
      title: { en: "A score for each character", zh: "每个字符的得分" },
      short: { en: "scores", zh: "得分" },
      what: {
        en: `One dense layer, the same at each step, makes ${signs} scores of the decoder's state: one for each character of the alphabet.`,
        zh: `每一步用同一个全连接层，由解码器的状态得出 ${signs} 个得分，字母表中每个字符一个。`,
      },
      source: "layers.TimeDistributed(",
    },
    [last.name]: {
      title: { en: "The probability of each character", zh: "每个字符的概率" },
      short: { en: "probabilities", zh: "概率" },
      what: {
        en: "Softmax turns each row of scores into probabilities that sum to 1. The character with the largest is written.",
        zh: "softmax 把每一行得分变成总和为 1 的概率，写下概率最大的字符。",
      },
      source: 'layers.Activation("softmax"',
    },
  };
}
