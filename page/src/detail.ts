/** The arithmetic of a chosen cell, with the real numbers. */

import { cellName } from "./arithmetic";
import { colourOf, scaleOf } from "./colours";
import type { Text } from "./data";
import { add, h, number, put, shown } from "./dom";
import type { Explanation, Term } from "./study";

/** Terms that are shown; of more, those that count most. */
const MOST = 9;

/** What two numbers may differ by: the network computes in single precision. */
const ROUNDING = 1e-4;

/** Fill a panel with the arithmetic of a cell.
 *
 * @param value the network's own.
 * @param explanation null for an input.
 */
export function showDetail(panel: HTMLElement, name: Text, cell: number[], value: number, explanation: Explanation | null): void {
  const where = cellName(cell);
  const heading = h("p", { class: "of", "data-cell": cell.join(",") }, h("strong", null, name), " · ", where, " = ", h("b", null, number(value)));
  put(panel, heading);
  if (!explanation) {
    add(panel, h("p", null, { en: "It is part of the input.", zh: "它是输入的一部分。" }));
    return;
  }
  add(panel, h("p", null, explanation.words));
  if (explanation.window) add(panel, windowView(explanation.window));
  if (explanation.terms.length) add(panel, termTable(explanation.terms));
  const difference = Math.abs(explanation.value - value);
  const steps = explanation.steps.map(({ text, value: result }) => h("li", null, text, " → ", number(result)));
  if (steps.length) add(panel, h("ol", { class: "steps" }, ...steps));
  if (difference > ROUNDING * Math.max(1, Math.abs(value))) {
    const text = { en: "By this arithmetic it would be ", zh: "按此计算应为 " };
    add(panel, h("p", { class: "warn" }, text, number(explanation.value)));
  }
}

function termTable(terms: Term[]): HTMLElement {
  const weighted = terms.some((term) => term.weight !== undefined);
  const size = (term: Term) => Math.abs(term.value * (term.weight ?? 1));
  const largest = [...terms].sort((a, b) => size(b) - size(a)).slice(0, MOST);
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
  const heads: Text[] = [{ en: "which", zh: "来自" }, { en: "value", zh: "值" }];
  if (weighted) heads.push({ en: "weight", zh: "权重" }, { en: "product", zh: "乘积" });
  return h("table", { class: "terms" }, h("thead", null, h("tr", null, ...heads.map((head) => h("th", { scope: "col" }, head)))), body);
}

function windowView(window: NonNullable<Explanation["window"]>): HTMLElement {
  const products = window.patch.map((row, r) => row.map((value, c) => value * window.kernel[r][c]));
  const title = {
    en: `Map ${window.map + 1}, the one that counts most here: what the window sees × its weights = products`,
    zh: `第 ${window.map + 1} 张特征图（此处影响最大）：窗口所见 × 权重 = 乘积`,
  };
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
