/** The arithmetic of a chosen cell, with the real numbers. */

import { colourOf, scaleOf } from "./colours";
import type { Text } from "./data";
import { h, number, put, shown } from "./dom";
import type { Explanation, Term } from "./study";

/** Terms that are shown; of more, those that count most. */
const MOST = 9;

/** What two numbers may differ by: the network computes in single precision. */
const ROUNDING = 1e-4;

/** Ways to a neighbour of the chosen cell, for fingers: on one axis, two (rows, columns), or three (maps too). */
const WAYS: Record<number, [sign: string, name: Text, by: number[]][]> = {
  1: [["←", { en: "the number before", zh: "前一个数" }, [-1]], ["→", { en: "the next number", zh: "后一个数" }, [1]]],
  2: [
    ["←", { en: "to the left", zh: "向左" }, [0, -1]], ["→", { en: "to the right", zh: "向右" }, [0, 1]],
    ["↑", { en: "up", zh: "向上" }, [-1, 0]], ["↓", { en: "down", zh: "向下" }, [1, 0]],
  ],
};
WAYS[3] = [
  ...WAYS[2],
  ["−", { en: "the map before", zh: "前一张特征图" }, [0, 0, -1]], ["+", { en: "the next map", zh: "后一张特征图" }, [0, 0, 1]],
];

/** The cell that is explained. */
interface Chosen {
  /** Of the band. */
  name: Text;
  where: Text;
  cell: number[];
  /** The network's own. */
  value: number;
}

/** A panel with the arithmetic of a cell. */
export class Detail {
  private readonly heading = h("div", { "aria-live": "polite" });
  private readonly ways = h("div", { class: "ways", role: "group", label: { en: "neighbours", zh: "相邻单元" } });
  private readonly body = h("div");
  readonly element = h("div", { class: "detail" }, h("div", { class: "head" }, this.heading, this.ways), this.body);
  private axes = 0;

  constructor(private readonly step: (by: number[]) => void) {}

  /** @param explanation null for an input. */
  show({ name, where, cell, value }: Chosen, explanation: Explanation | null): void {
    put(this.heading, h("p", { class: "of", "data-cell": cell.join(",") },
      h("strong", null, name), " · ", where, " = ", h("b", null, number(value))));
    this.showWays(cell.length);
    if (explanation) put(this.body, ...arithmetic(explanation, value));
    else put(this.body, h("p", null, { en: "It is part of your input: nothing was computed yet.", zh: "它是你的输入的一部分：还没有经过计算。" }));
  }

  private showWays(axes: number): void {
    if (axes === this.axes) return; // the button that was pressed keeps the focus
    this.axes = axes;
    put(this.ways, ...(WAYS[axes] ?? []).map(([sign, name, by]) =>
      h("button", { type: "button", label: name, onclick: () => this.step(by) }, sign)));
  }
}

function arithmetic(explanation: Explanation, value: number): HTMLElement[] {
  const found: HTMLElement[] = [h("p", null, explanation.words)];
  if (explanation.window) found.push(windowView(explanation.window, explanation.terms));
  if (explanation.terms.length) found.push(scrolled(termTable(explanation.terms)));
  const steps = explanation.steps.map(({ text, value: result }) => h("li", null, text, " → ", number(result)));
  if (steps.length) found.push(h("ol", { class: "steps" }, ...steps));
  if (explanation.factors) found.push(factorTable(explanation.factors));
  if (Math.abs(explanation.value - value) > ROUNDING * Math.max(1, Math.abs(value))) {
    const text = { en: "By this arithmetic it would be ", zh: "按此计算应为 " };
    found.push(h("p", { class: "warn" }, text, number(explanation.value)));
  }
  return found;
}

function scrolled(table: HTMLElement): HTMLElement {
  return h("div", { class: "scroll", tabindex: 0, role: "region", label: { en: "the arithmetic", zh: "算式" } }, table);
}

function factorTable({ title, columns, rows }: NonNullable<Explanation["factors"]>): HTMLElement {
  const head = h("tr", null, h("td"), ...columns.map((name) => h("th", { scope: "col" }, name)));
  const body = rows.map(({ label: name, values }) =>
    h("tr", null, h("th", { scope: "row" }, name), ...values.map((value) => h("td", null, number(value)))));
  return h("div", null, h("p", null, title), scrolled(h("table", { class: "terms" }, h("thead", null, head), h("tbody", null, ...body))));
}

/** The terms that are shown: those that count most. */
export function largestTerms(terms: Term[]): Term[] {
  const size = (term: Term) => Math.abs(term.value * (term.weight ?? 1));
  return [...terms].sort((a, b) => size(b) - size(a)).slice(0, MOST);
}

function termTable(terms: Term[]): HTMLElement {
  const weighted = terms.some((term) => term.weight !== undefined);
  const largest = weighted ? largestTerms(terms) : terms.slice(0, 2 * MOST);
  const rest = terms.filter((term) => !largest.includes(term));
  const row = (term: Term) =>
    weighted
      ? h("tr", null, h("td", null, term.label), h("td", null, number(term.value)), h("td", null, "× ", number(term.weight ?? 1)),
          h("td", null, "= ", number(term.value * (term.weight ?? 1))))
      : h("tr", null, h("td", null, term.label), h("td", null, number(term.value)));
  const body = h("tbody", null, ...largest.map(row));
  if (rest.length && weighted) {
    const others = rest.reduce((sum, term) => sum + term.value * (term.weight ?? 1), 0);
    const text = { en: `… and ${rest.length} more, together`, zh: `……其余 ${rest.length} 项合计` };
    body.append(h("tr", { class: "rest" }, h("td", { colspan: 3 }, text), h("td", null, "= ", number(others))));
  } else if (rest.length) body.append(h("tr", null, h("td", { colspan: 2 }, { en: `… and ${rest.length} more`, zh: `……其余 ${rest.length} 项` })));
  if (weighted) {
    const total = terms.reduce((sum, term) => sum + term.value * (term.weight ?? 1), 0);
    body.append(h("tr", { class: "sum" }, h("td", { colspan: 3 }, { en: "sum", zh: "和" }), h("td", null, "= ", number(total))));
  }
  const heads: Text[] = [{ en: "from", zh: "来自" }, { en: "value", zh: "值" }];
  if (weighted) heads.push({ en: "weight", zh: "权重" }, { en: "product", zh: "乘积" });
  return h("table", { class: "terms" }, h("thead", null, h("tr", null, ...heads.map((head) => h("th", { scope: "col" }, head)))), body);
}

function windowView(window: NonNullable<Explanation["window"]>, terms: Term[]): HTMLElement {
  const products = window.patch.map((row, r) => row.map((value, c) => value * window.kernel[r][c]));
  const isOnly = terms.every((term) => term.cell?.[2] === window.map);
  const of = isOnly ? { en: "", zh: "" }
    : { en: `map ${window.map + 1}, whose products together are the largest: `, zh: `第 ${window.map + 1} 张特征图（乘积合计最大）：` };
  const title = { en: `${of.en}what the window sees × its weights = products`, zh: `${of.zh}窗口所见 × 权重 = 乘积` };
  return h("figure", { class: "window" }, h("figcaption", null, title),
    h("div", { class: "row" }, grid(window.patch), h("span", null, "×"), grid(window.kernel), h("span", null, "="), grid(products)));
}

function grid(values: number[][]): HTMLElement {
  const scale = scaleOf(values.flat());
  return h("table", { class: "grid" }, h("tbody", null, ...values.map((row) => h("tr", null, ...row.map((value) => {
    const colour = colourOf(value, scale);
    const [r, g, b] = colour.match(/\d+/g)!.map(Number);
    const ink = (0.299 * r + 0.587 * g + 0.114 * b) / 255 > 0.55 ? "#111" : "#fff";
    return h("td", { style: `background:${colour};color:${ink}` }, shown(Number(value.toPrecision(2))).replace("-", "−"));
  })))));
}
