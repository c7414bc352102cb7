/** The sections of a page that all studies share: what was learned, how sure it is, its source. */

import { curves } from "./charts";
import type { PageData, TableData, Text } from "./data";
import { both, h, number } from "./dom";
import { term } from "./terms";
import type { Break, Journey, Mistake, Page, Study } from "./study";

export function section(id: string, title: Text, ...children: (Node | Text | null)[]): HTMLElement {
  return h("section", { id, class: "part" }, h("h2", null, title), ...children);
}

/** What the mistakes are of which a page has so many. */
export function worstOrNone(count: number): Text {
  return count
    ? { en: "Its worst mistakes on the test split, from which it never learned. Choose one to try it above.", zh: "它在测试集上最严重的错误（测试集从未用于训练）。点选一个，在上方试试。" }
    : { en: "The page holds no mistakes of the test split.", zh: "本页没有收录测试集上的错误。" };
}

/** Its worst mistakes on the test split, each of which can be put in. */
export function mistakesSection(mistakes: Mistake[], data: PageData, own?: Text, title?: Text): HTMLElement | null {
  const cards = mistakes.map((mistake) =>
    h("li", null, h("button", { type: "button", class: "mistake", onclick: () => toTop(mistake.put) }, mistake.shown, h("span", null, mistake.words))));
  return section("mistakes", title ?? { en: "When it is wrong", zh: "何时出错" },
    h("p", null, own ?? worstOrNone(mistakes.length)), cards.length ? h("ul", { class: "gallery" }, ...cards) : null, figuresOf(data));
}

/** All metrics and tables of the run, folded. */
function figuresOf(data: PageData): HTMLElement {
  const rows = Object.entries(data.metrics).map(([name, value]) => h("tr", null, h("td", null, term(name)), h("td", null, proportion(name, value))));
  const heads = [hasTestSplit(data) ? "on the test split" : "metric", "value"].map((name) => h("th", { scope: "col" }, term(name)));
  const metrics = h("table", { class: "values" }, h("thead", null, h("tr", null, ...heads)), h("tbody", null, ...rows));
  return h("details", null, h("summary", null, { en: "all figures", zh: "全部指标" }), metrics, ...data.tables.map(tableOf));
}

/** False for a dream, which is measured on its own picture. */
function hasTestSplit(data: PageData): boolean {
  return data.split.test !== 0;
}

function toTop(put: () => void): void {
  put();
  document.getElementById("top")?.scrollIntoView();
}

/** A table of the run, or of the committed results. */
export function tableOf(table: TableData): HTMLElement {
  const shownAs = (cell: string | number, column: string) => (typeof cell === "number" ? proportion(column, cell) : String(cell ?? ""));
  const cells = (row: (string | number)[]) => row.map((cell, index) => h("td", null, shownAs(cell, table.columns[index] ?? "")));
  return h("div", { class: "scroll", tabindex: 0, role: "region", label: table.title || "table" },
    h("table", { class: "values" }, table.title ? h("caption", null, term(table.title)) : null,
      h("thead", null, h("tr", null, ...table.columns.map((name) => h("th", { scope: "col" }, term(name))))),
      h("tbody", null, ...table.rows.map((row) => h("tr", null, ...cells(row))))));
}

const CURVES: Text = {
  en: "An epoch is one pass over the training examples. Loss: how wrong the answers are; lower is better. Validation: examples kept aside, of which nothing is learned. Training may look worse than validation, as there numbers are switched off at random, or inputs changed, to make it harder.",
  zh: "一轮：把训练样本看一遍。损失：答案错得有多厉害，越低越好。验证：留出来、不参与学习的样本。训练时的数值可能比验证差：为增加难度，训练时会随机关掉一些数，或改动输入。",
};

/** Curves, figures with their seeds, and where they come from. */
export function learnedSection(study: Study, data: PageData): HTMLElement {
  const total = Object.entries(data.networks).map(([name, network]): [string, number] => [name, network.parameters]);
  const headline = data.metrics[data.headline];
  const splitIn = (language: "en" | "zh") =>
    Object.entries(data.split).map(([name, count]) => `${term(name)[language]} ${count.toLocaleString("en")}`).join(language === "en" ? ", " : "，");
  const own = study.results?.(data);
  const facts: [Text, string | Text][] = own?.facts ?? [
    [{ en: "run", zh: "训练" }, `${data.run}, preset ${data.preset}, seed ${String(data.settings.seed ?? "")}`],
    [{ en: "examples", zh: "样本数" }, { en: splitIn("en"), zh: splitIn("zh") }],
    [{ en: "parameters", zh: "参数" }, total.map(([name, count]) => `${name} ${count.toLocaleString("en")}`).join(", ")],
    [{ en: "trained on", zh: "训练环境" }, trainedOn(data.environment)],
    [{ en: "SHA-256 of the weights", zh: "权重的 SHA-256" }, data.weights_sha256],
  ];
  const meaning = study.metrics?.[data.headline];
  return section("learned", own?.title ?? { en: "What was learned", zh: "学到了什么" },
    headline === undefined ? null : h("p", { class: "headline" }, h("b", null, proportion(data.headline, headline)), " ", term(data.headline), " · ",
      study.headlineOf?.(data) ?? (hasTestSplit(data) ? { en: "on the test split, one training", zh: "测试集，一次训练" } : { en: "one run", zh: "一次运行" })),
    meaning ? h("p", null, meaning) : null,
    ...(study.mistakes ? [h("p", null, CURVES), h("div", { class: "figures" }, ...curves(data.history))] : [figuresOf(data)]),
    h("dl", { class: "facts" }, ...facts.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", null, name), h("dd", null, value)])),
    data.command ? h("pre", { class: "command" }, data.command) : null,
    data.records.length ? h("p", null, { en: "The study's committed results on the same data: classic follows the original example, tuned is the same network with a better recipe. The spread is over seeds.", zh: "本实验在同一数据上的已发布结果：classic 沿用原始示例，tuned 是同一网络配上更好的训练方法。波动范围来自不同的随机种子。" }) : null,
    ...data.records.map((table) => recordsTable(table, data.preset)));
}

/** A metric that is a proportion as such; others as they are. */
function proportion(name: string, value: number): HTMLElement | string {
  const isShare = /accuracy|match/.test(name) && value >= 0 && value <= 1;
  return isShare ? h("data", { value: String(value) }, `${Number((100 * value).toFixed(2))}\u00a0%`) : number(value);
}

function trainedOn({ processor, backend, precision, seconds, python, versions }: Record<string, string>): string {
  const time = seconds ? `${Math.round(Number(seconds)).toLocaleString("en")} s` : "";
  return [processor, backend, precision, time, python && `Python ${python}`, versions].filter(Boolean).join(" · ");
}

/** Recipes, "tuned --digits 5", with the fewest changes first; each change stays whole. */
function recordsTable(table: TableData, preset: string): HTMLElement {
  const words = (recipe: string) => recipe.split(/ --?(?=[a-z])/);
  const rank = (recipe: string) => [words(recipe).length, words(recipe)[0] === preset ? 0 : 1];
  const rows = [...table.rows].sort((one, other) => {
    const [[a, b], [c, d]] = [rank(String(one[0])), rank(String(other[0]))];
    return a - c || b - d;
  });
  const recipe = (text: string) => {
    const [name, ...changes] = words(text);
    return h("td", { class: "recipe" }, h("b", null, name), ...changes.flatMap((change) => [" ", h("code", null, change)]));
  };
  const headline = table.columns[3]; // its mean over seeds, then the lowest and the highest
  const cells = ([first, ...rest]: (string | number)[]) =>
    [recipe(String(first)), ...rest.map((cell, index) => h("td", null, typeof cell === "number" ? proportion(index < 2 ? "" : headline, cell) : cell))];
  return h("div", { class: "scroll", tabindex: 0, role: "region", label: table.title },
    h("table", { class: "values" }, h("caption", null, term(table.title)),
      h("thead", null, h("tr", null, ...table.columns.map((name) => h("th", { scope: "col" }, term(name))))),
      h("tbody", null, ...rows.map((row) => h("tr", null, ...cells(row))))));
}

/** Inputs that fail, and why. */
export function breakSection(breaks: Break[]): HTMLElement | null {
  if (!breaks.length) return null;
  const items = breaks.map((one) =>
    h("li", null, one.shown ?? null, h("button", { type: "button", onclick: () => toTop(one.put) }, one.title), h("p", null, one.why)));
  return section("break", { en: "Try to break it", zh: "试着难倒它" }, h("ul", { class: "breaks" }, ...items));
}

/** study.py with its lines linked to the bands; the card; the licences. */
export class SourceSection {
  readonly element: HTMLElement;
  private readonly lines: string[];
  private readonly shownLines: HTMLElement[] = [];
  private readonly folded: HTMLDetailsElement;

  constructor(data: PageData) {
    this.lines = data.source.split("\n");
    const code = h("code");
    for (const [index, line] of this.lines.entries()) {
      const shown = h("span", { id: `line-${index + 1}`, class: "line" }, line, "\n");
      this.shownLines.push(shown);
      code.append(shown);
    }
    const listing = h("pre", { class: "source", tabindex: 0, label: "study.py", role: "region" }, code);
    this.folded = h("details", null, h("summary", null, both("study.py")), listing);
    const card = h("details", { class: "card" }, h("summary", null, { en: "The card of the study", zh: "实验卡片" }));
    const text = data.card.replace(/<(\/?)h([1-4])>/g, (_, slash: string, rank: string) => `<${slash}h${Number(rank) + 2}>`);
    card.insertAdjacentHTML("beforeend", `<div class="html" lang="en">${text}</div>`); // made by Études, links and all HTML left out
    for (const wide of card.querySelectorAll("pre, table")) {
      const around = h("div", { class: "scroll", tabindex: 0, role: "region", label: { en: "part of the card", zh: "卡片的一部分" } });
      wide.replaceWith(around);
      around.append(wide);
    }
    const licences = h("details", null, h("summary", null, { en: "Licences", zh: "许可证" }),
      ...data.licences.map(({ name, text }) => h("section", null, h("h3", null, name), h("pre", { tabindex: 0, label: name, role: "region" }, text))));
    this.element = section("more", { en: "For those who want more", zh: "想了解更多" },
      h("p", null, Object.keys(data.networks).length === 0 ? { en: "The whole procedure on one page, as it was run.", zh: "整个过程写在一页代码里，运行时用的就是它。" } : { en: "The study on one page, as it was trained. Lines marked ◂ make a layer; ◂ leads to it.", zh: "整个实验写在一页代码里，训练时用的就是它。带 ◂ 的行生成一层；点 ◂ 跳到该层。" }),
      this.folded, data.card ? card : null, licences);
  }

  /** A link to the line that has a piece of text; null where none has it. */
  link(snippet: string, band: string): HTMLElement | null {
    const index = this.lines.findIndex((line) => line.includes(snippet));
    if (index < 0) return null;
    const line = this.shownLines[index];
    line.classList.add("linked");
    line.prepend(h("a", { href: `#${band}`, label: { en: "its band", zh: "对应的层" } }, "◂ "));
    const link = h("a", { class: "to-source", href: `#line-${index + 1}` }, { en: `code, line ${index + 1}`, zh: `代码第 ${index + 1} 行` });
    link.addEventListener("click", () => {
      this.folded.open = true;
      line.classList.add("now");
      setTimeout(() => line.classList.remove("now"), 2500);
    });
    return link;
  }
}

/** What a page consists of, for the way through it. */
export function contents(page: Page, journeys: Journey[], panels: { first?: boolean; short?: Text }[], ids: string[]): HTMLElement {
  const names: Record<string, Text> = {
    mistakes: { en: "Mistakes", zh: "错误" },
    learned: hasTestSplit(page.data as PageData) ? { en: "Learned", zh: "所学" } : { en: "Result", zh: "结果" },
    break: { en: "Break it", zh: "难倒它" },
    more: { en: "Source", zh: "源码" },
  };
  const ways = (isFirst: boolean) => panels.flatMap(({ first, short }, index) =>
    short && Boolean(first) === isFirst ? [h("a", { href: `#panel-${index + 1}` }, short)] : []);
  const links = [
    h("a", { href: "#top" }, { en: "Try it", zh: "试一试" }),
    ...ways(true),
    ...journeys.map((journey) => h("a", { href: `#journey-${journey.network}` }, journeys.length > 1 ? journey.short ?? journey.title : { en: "Inside", zh: "内部" })),
    ...ways(false),
    ...ids.filter((id) => id in names).map((id) => h("a", { href: `#${id}` }, names[id])),
  ];
  return h("nav", { class: "contents", label: page.data.etude }, ...links);
}
