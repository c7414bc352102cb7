/** The values of a band as a table. */

import { valueAt } from "./arithmetic";
import type { Tensor } from "./data";
import { h, label, number, put } from "./dom";
import type { AxisLabels } from "./study";

/** The values as a table, for those who read rather than see; made when it is opened. */
export class NumberTable {
  private readonly body = h("div", { class: "scroll", tabindex: 0, role: "region" });
  readonly element = h("details", { class: "numbers" }, h("summary", null, { en: "as numbers", zh: "以数字显示" }), this.body);
  private value: Tensor | null = null;
  private map = 0;

  constructor(private readonly labels: AxisLabels = {}) {
    label(this.body, { en: "the values", zh: "数值" });
    this.element.addEventListener("toggle", () => this.draw());
  }

  show(value: Tensor): void {
    this.value = value;
    this.draw();
  }

  private draw(): void {
    if (!this.element.open || !this.value) return;
    const { shape } = this.value;
    const [rows, columns] = shape.length === 1 ? [Math.ceil(shape[0] / 16), Math.min(16, shape[0])] : shape;
    const cellOf = (row: number, column: number) =>
      shape.length === 1 ? [row * 16 + column] : shape.length === 2 ? [row, column] : [row, column, this.map];
    const body = h("tbody");
    for (let row = 0; row < rows; row++) {
      const line = h("tr", null, h("th", { scope: "row" }, this.nameOf(row, shape.length === 1 ? undefined : this.labels.rows)));
      for (let column = 0; column < columns; column++) {
        const cell = cellOf(row, column);
        if (cell.length > 1 || cell[0] < shape[0]) line.append(h("td", null, number(valueAt(this.value, cell))));
      }
      body.append(line);
    }
    const names = Array.from({ length: columns }, (_, column) => h("th", { scope: "col" }, this.nameOf(column, this.labels.columns)));
    put(this.body, h("table", { class: "values" }, h("thead", null, h("tr", null, h("td"), ...names)), body));
    if (shape.length === 3 && shape[2] > 1) this.body.prepend(this.chooser(shape[2]));
  }

  private nameOf(index: number, names: string[] | undefined): string {
    return names?.[index] ?? String(index + 1);
  }

  private chooser(maps: number): HTMLElement {
    const field = h("input", { type: "number", min: 1, max: maps, value: this.map + 1 });
    field.addEventListener("change", () => {
      this.map = Math.max(0, Math.min(maps - 1, Number(field.value) - 1));
      this.draw();
    });
    return h("label", null, { en: `map, of ${maps}: `, zh: `特征图（共 ${maps} 张）：` }, field);
  }
}
