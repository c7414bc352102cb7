/** The page of a run of addition_rnn. */

import { h, type Break, type Mistake, type Page, type Study } from "etudes-page";
import "./page.css";
import { Asking } from "./page_asking";
import { breaking } from "./page_breaks";
import { ChangePanel } from "./page_change";
import { percent, type Content } from "./page_content";
import { idea, sentence } from "./page_idea";
import { journey } from "./page_journey";
import { mistakesWords } from "./page_record";

const askings = new WeakMap<Page<Content>, Asking>();

async function begin(page: Page<Content>): Promise<HTMLElement> {
  const asking = new Asking(page);
  askings.set(page, asking);
  await asking.begin();
  return asking.element;
}

function panels(page: Page<Content>): ReturnType<NonNullable<Study<Content>["panels"]>> {
  const panel = new ChangePanel(page, askings.get(page)!);
  const { generated, operator } = page.data.content;
  if (!generated || operator !== "+") return [{ title: { en: "What a change moves", zh: "改变带来的变化" }, words: [], panel }];
  return [{
    title: { en: "Where the carry shows", zh: "进位在哪里显现" },
    words: [{
      en: "Add one, again and again. Usually only the last digit of the answer changes. When it passes 9, the digit before changes with it: it carries right, though nobody showed it the rule.",
      zh: "每次加一，反复几次。通常只有答案的最后一位变。个位满十时，前一位也随之改变：没有人教它规则，它却进位正确。",
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

function breaks(page: Page<Content>): Break[] {
  return breaking(page.data.content).map(([question, why]) => ({
    title: { en: question, zh: question },
    why,
    put: () => askings.get(page)!.input.put(question),
  }));
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
  insight: { en: "All that it knows of your question is in one list of numbers, and it answers from that alone.", zh: "它对问题的全部了解都在这一组数里，答案只能由此得出。" },
  metrics: { exact_match: { en: "The share of questions whose answer is right in every character.", zh: "每个字符都正确的答案所占的比例。" } },
};
