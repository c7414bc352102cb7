import assert from "node:assert/strict";
import { test } from "node:test";
import { cellAt, offset } from "../src/arithmetic";
import { layoutFor } from "../src/layout";

const SHAPES = [[10], [128], [2304], [7, 12], [4, 12], [7, 128], [100, 82], [28, 28, 1], [32, 32, 3], [30, 30, 32], [7, 7, 384]];

test("a point on a cell is that cell, in every shape and width", () => {
  for (const shape of SHAPES) {
    for (const width of [350, 700, 1200]) {
      const layout = layoutFor(shape, width);
      const count = shape.reduce((product, extent) => product * extent, 1);
      for (let place = 0; place < count; place += 1 + Math.floor(count / 500)) {
        const cell = cellAt(shape, place);
        assert.equal(offset(shape, cell), place);
        const [x, y] = layout.place(cell);
        assert.deepEqual(layout.hit(x + layout.cell / 2, y + layout.high / 2), cell);
        assert.ok(x + layout.cell <= layout.width + 1e-6 && y + layout.high <= layout.height, `${shape} ${cell}`);
      }
    }
  }
});

test("a point beside the cells is no cell", () => {
  for (const shape of SHAPES) {
    const layout = layoutFor(shape, 700);
    for (const [x, y] of [[-1, 1], [1, -1], [layout.width + 1, 1], [1, layout.height + 1]]) {
      assert.equal(layout.hit(x, y), null, `${shape}: ${x}, ${y}`);
    }
  }
});

test("a matrix of many columns is seen whole, its rows told apart", () => {
  const layout = layoutFor([7, 128], 350, { rows: [..."␣␣53+53"] });
  assert.ok(layout.width <= 350.001);
  assert.ok(layout.high >= 12);
});
