/** How often it is right: a line on the first screen, and the words above its mistakes. */

import { h, type Page, type PageData, type Text } from "etudes-page";
import { SUMS, type Content } from "./page_content";

const counted = (count: number) => count.toLocaleString("en");

/** How many of all possible questions, or else of the test questions, it answers right; null where nobody counted. */
export function record({ data }: Page<Content>): HTMLElement | null {
  const { metrics, content } = data;
  const { exhaustive_questions: all, exhaustive_errors: wrong, questions, errors } = metrics;
  if (all !== undefined) {
    const { en, zh } = possible(all, content);
    const never = counted(neverLearned(data));
    return h("p", { class: "record" }, wrong
      ? { en: `It answers ${counted(all - wrong)} of all ${en} right.`, zh: `${zh}，它答对了 ${counted(all - wrong)} 道。` }
      : { en: `It answers all ${en} right; ${never} of them never came up in training.`, zh: `${zh}它都答对了，其中 ${never} 道从未用于训练。` });
  }
  if (!questions || errors === undefined) return null;
  return h("p", { class: "record" }, {
    en: `It answers ${counted(questions - errors)} of ${counted(questions)} test questions right, and learned from none of them.`,
    zh: `${counted(questions)} 道测试题（从未用于训练），它答对了 ${counted(questions - errors)} 道。`,
  });
}

/** Of all possible questions, those that it never learned from, in either order; the test questions are some of them. */
function neverLearned({ tables, content }: PageData<Content>): number {
  const origins = tables.find(({ columns }) => columns[0] === "pair");
  const others = origins?.rows.filter(([origin]) => !String(origin).startsWith("trained on"));
  return others?.reduce((sum, [, questions]) => sum + Number(questions), 0) ?? content.questions;
}

/** "1,000,000 possible sums of numbers up to 3 digits". */
function possible(count: number, { operator, digits }: Content): Text {
  const { en, zh } = SUMS[operator];
  return {
    en: `${counted(count)} possible ${en}s of numbers up to ${digits} digit${digits > 1 ? "s" : ""}`,
    zh: `${digits} 位以内的全部 ${counted(count)} 道${zh}`,
  };
}

export function mistakesWords({ data }: Page<Content>): Text {
  const { content } = data;
  const { wrong, questions, mistakes } = content;
  if (!questions) {
    return {
      en: "The questions that it was tested on are not in this page: they are private, or were not there when it was written.",
      zh: "本页没有收录测试用的问题：它们属于私人数据，或者生成本页时不在这台机器上。",
    };
  }
  if (wrong) {
    const rest: Text = wrong < mistakes.length ? { en: " After its mistakes come the right answers with the least confidence.", zh: "错题之后是置信度最低的正确答案。" } : { en: "", zh: "" };
    return {
      en: `It gets ${counted(wrong)} of the ${counted(questions)} questions of the test split wrong; it learned from none of them. First come the mistakes with the most confidence. Choose one to put it in.${rest.en}`,
      zh: `测试集的 ${counted(questions)} 个问题（从未用于训练）中，它答错了 ${counted(wrong)} 个。最前面的是置信度最高的错误。点选一个即可作为输入。${rest.zh}`,
    };
  }
  const cards: Text = {
    en: ` These are the ${mistakes.length} test questions with the least confidence. Choose one to put it in.`,
    zh: `下面是置信度最低的 ${mistakes.length} 道测试题，点选一个即可作为输入。`,
  };
  const right = allRight(data);
  return { en: right.en + cards.en, zh: right.zh + cards.zh };
}

/** Of a network that answers all test questions right. */
function allRight(data: PageData<Content>): Text {
  const { metrics: { exhaustive_questions: all, exhaustive_errors: errors }, content } = data;
  const tested = counted(content.questions);
  if (all === undefined || errors) {
    const others: Text = errors
      ? { en: ` Of all ${possible(all, content).en} it gets ${counted(errors)} wrong.`, zh: `${possible(all, content).zh}中，它答错了 ${counted(errors)} 道。` }
      : { en: "", zh: "" };
    return {
      en: `It answers all ${tested} questions of the test split right, and learned from none of them.${others.en}`,
      zh: `测试集的 ${tested} 个问题它全部答对，而这些问题从未用于训练。${others.zh}`,
    };
  }
  const { en, zh } = possible(all, content);
  const never = counted(neverLearned(data));
  return {
    en: `It answers all ${en} right, among them ${never} that it never learned from; ${tested} of these are the test questions. So mistakes are found only outside: see “Try to break it”.`,
    zh: `${zh}它都答对了，其中 ${never} 道从未用于训练（包括 ${tested} 道测试题）。所以只有在范围之外才会出错：见“试着难倒它”。`,
  };
}
