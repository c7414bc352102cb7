/** The page of a run of addition_rnn. */

import { h, type Break, type Mistake, type Page, type Study, type Text } from "etudes-page";
import "./page.css";
import { Asking } from "./page_asking";
import { ChangePanel } from "./page_change";
import { percent, type Content } from "./page_content";
import { journey } from "./page_journey";

const askings = new WeakMap<Page<Content>, Asking>();

async function begin(page: Page<Content>): Promise<HTMLElement> {
  const asking = new Asking(page);
  askings.set(page, asking);
  await asking.begin();
  return asking.element;
}

function panels(page: Page<Content>): ReturnType<NonNullable<Study<Content>["panels"]>> {
  const panel = new ChangePanel(page, askings.get(page)!);
  if (!page.data.content.generated) return [{ title: { en: "What a change moves", zh: "改变带来的变化" }, words: [], panel }];
  return [{
    title: { en: "Where the carry shows", zh: "进位在哪里显现" },
    words: [{
      en: "Go on by one, and again. Mostly one character of the answer moves. When the ones pass 9, the character before moves with them: the network has found out about carrying, from examples alone.",
      zh: "一次加一，反复几次。多数时候，答案只有一个字符在变。个位超过 9 时，前一位也随之改变：网络只凭例子就学会了进位。",
    }],
    panel,
  }];
}

function mistakes(page: Page<Content>): Mistake[] {
  return page.data.content.mistakes.map(({ question, truth, answer, confidence }) => ({
    shown: h("code", null, h("bdi", null, question), " = ", h("bdi", null, answer)),
    words: answer === truth
      ? { en: `right, confidence ${percent(confidence)}`, zh: `正确，置信度 ${percent(confidence)}` }
      : { en: `wrong, it is ${truth}; confidence ${percent(confidence)}`, zh: `错误，应为 ${truth}；置信度 ${percent(confidence)}` },
    put: () => askings.get(page)!.input.put(question),
  }));
}

function mistakesWords({ data: { content } }: Page<Content>): Text {
  const { wrong, questions, mistakes: shown } = content;
  const [some, all] = [wrong, questions].map((count) => count.toLocaleString("en"));
  if (!questions) {
    return {
      en: "The questions that it was tested on are not in this page: they are private, or were not there when it was written.",
      zh: "本页没有收录测试用的问题：它们属于私人数据，或者生成本页时不在这台机器上。",
    };
  }
  if (!wrong) {
    return {
      en: `It answers all ${all} questions of the test split right, and learned from none of them. These are the ${shown.length} with the least confidence. Choose one to put it in.`,
      zh: `测试集的 ${all} 个问题它全部答对，而这些问题从未用于训练。下面是置信度最低的 ${shown.length} 个，点选一个即可作为输入。`,
    };
  }
  const rest: Text = wrong < shown.length ? { en: " After its mistakes come the right answers with the least confidence.", zh: "错题之后是置信度最低的正确答案。" } : { en: "", zh: "" };
  return {
    en: `It gets ${some} of the ${all} questions of the test split wrong; it learned from none of them. First come the mistakes with the most confidence. Choose one to put it in.${rest.en}`,
    zh: `测试集的 ${all} 个问题（从未用于训练）中，它答错了 ${some} 个。最前面的是置信度最高的错误。点选一个即可作为输入。${rest.zh}`,
  };
}

function breaks(page: Page<Content>): Break[] {
  const all = page.data.content.generated ? sums(page.data.content) : texts(page.data.content);
  return all.map(([question, why]) => ({
    title: { en: question, zh: question },
    why,
    put: () => askings.get(page)!.input.put(question),
  }));
}

function sums({ operator: sign, digits, questionLength }: Content): [string, Text][] {
  const nines = "9".repeat(digits);
  const all: [string, Text][] = [
    [`007${sign}1`, { en: "Zeros in front never occurred in training. The command takes them off; here the network meets them.", zh: "训练中从未出现前导零。命令行会去掉它们；这里让网络直接面对。" }],
    [`5${sign}`, { en: "A question without an end. The network cannot say that it does not know: it must answer with characters.", zh: "没写完的算式。网络不会说“不知道”：它只能用字符作答。" }],
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

const VERBS: Record<string, Text> = {
  "+": { en: "add", zh: "做加法" },
  "-": { en: "subtract", zh: "做减法" },
  "*": { en: "multiply", zh: "做乘法" },
};

function sentence({ data: { content } }: Page<Content>): Text {
  if (!content.generated) {
    return {
      en: "This network learned to turn one text into another from examples, character by character.",
      zh: "这个网络只看例子，逐个字符地学会了把一段文字变成另一段。",
    };
  }
  const verb = VERBS[content.operator];
  return {
    en: `This network learned to ${verb.en} from examples, character by character. Nobody told it what a number is.`,
    zh: `这个网络只看例子，逐个字符地学会了${verb.zh}。没有人告诉它什么是数。`,
  };
}

function idea({ data: { content } }: Page<Content>): Text[] {
  const meaning: Text = content.generated
    ? { en: "Characters are symbols without meaning to it. To be right on questions that it never saw, the network has to find out what a digit is worth, and when to carry.", zh: "对网络来说，字符只是没有含义的符号。要在从未见过的题目上答对，它必须自己弄清每个数字值多少、何时进位。" }
    : { en: "Characters are symbols without meaning to it. To be right on questions that it never saw, the network has to find the rule behind the examples.", zh: "对网络来说，字符只是没有含义的符号。要在从未见过的问题上答对，它必须自己找出例子背后的规律。" };
  return [
    { en: "An LSTM, the encoder, reads the question one character at a time and keeps what it read in a state: a vector of numbers. This state is all that a second LSTM, the decoder, gets. It turns it into the answer, again one character at a time.", zh: "一个 LSTM（编码器）逐字符读入问题，并把读到的内容记在一个状态里：一个由数组成的向量。第二个 LSTM（解码器）得到的只有这个状态，它再逐字符地把状态变成答案。" },
    meaning,
  ];
}

export const study: Study<Content> = {
  title: { en: "Addition", zh: "学做加法" },
  sentence,
  idea,
  begin,
  journeys: (page) => [journey(page, askings.get(page)!)],
  panels,
  mistakes,
  mistakesWords,
  breaks,
  insight: { en: "All that it knows of your question is in one vector, and it answers from that alone.", zh: "它对问题的全部了解都在一个向量里，答案只能由此得出。" },
  metrics: { exact_match: { en: "The share of questions whose answer is right in every character.", zh: "每个字符都正确的答案所占的比例。" } },
};
