/** Inputs that the network never learned to answer. */

import type { Text } from "etudes-page";
import type { Content } from "./page_content";

/** Questions, with what to look for. */
export function breaking(content: Content): [string, Text][] {
  return content.generated ? sums(content) : texts(content);
}

function sums({ operator: sign, digits, questionLength }: Content): [string, Text][] {
  const nines = "9".repeat(digits);
  const all: [string, Text][] = [
    [`007${sign}1`, { en: "Zeros in front never occurred in training. Typed above, they are taken off; this button lets the network meet them.", zh: "训练中从未出现前导零。在上面输入时会去掉前导零；这个按钮让网络直接面对它们。" }],
    [`5${sign}`, { en: "A question without an end. The field above refuses what is no question; here it goes in as it stands. The network cannot say that it does not know: it must answer with characters.", zh: "没写完的算式。上面的输入框不接受不成题的输入，这里会原样送入网络。网络不会说“不知道”：它只能用字符作答。" }],
    [`1${sign}2${sign}3`, { en: "Three numbers. It learned from two; nothing tells it what a third one means.", zh: "三个数。它学的都是两个数，没有什么告诉它第三个数是什么意思。" }],
    ["8".repeat(questionLength), { en: "Nothing but digits: like nothing that it has seen. Look at its confidence.", zh: "全是数字：与它见过的都不同。看看它的置信度。" }],
    [`${nines}${sign}${nines}`, { en: "The largest numbers of all. These are within what it learned: can it do them?", zh: "最大的两个数。这仍在它学过的范围之内：它会做吗？" }],
  ];
  return all.filter(([question]) => question.length <= questionLength);
}

function texts({ questionAlphabet, questionLength, examples: [example] }: Content): [string, Text][] {
  const signs = [...questionAlphabet].filter((sign) => sign !== " ");
  const [first, last] = [signs[0], signs[signs.length - 1]];
  const all: [string, Text][] = [
    [first.repeat(Math.min(questionLength, 24)), { en: "One character, over and over. The network cannot say that it does not know: it must answer with characters.", zh: "同一个字符重复到底。网络不会说“不知道”：它只能用字符作答。" }],
    [last, { en: "A single character.", zh: "只有一个字符。" }],
    [[...example].reverse().join(""), { en: "An example backwards: the same characters, in an order that it may never have seen.", zh: "倒过来的示例：字符相同，但顺序可能从未见过。" }],
  ];
  return all.filter(([question], index) => all.findIndex(([other]) => other === question) === index);
}
