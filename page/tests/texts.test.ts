import "./without-dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { activationSteps, cellName, weightedSum } from "../src/arithmetic";
import { shown } from "../src/dom";

test("numbers have four digits", () => {
  const written = { 0: "0", 0.123456: "0.1235", 1234.56: "1235", 98765: "98,765", 0.00001234: "1.23e-5", "-2": "-2" };
  for (const [value, text] of Object.entries(written)) assert.equal(shown(Number(value)), text);
});

test("cells are counted from 1, in both languages", () => {
  assert.deepEqual(cellName([0]), { en: "number 1", zh: "第 1 个数" });
  assert.match(cellName([2, 3]).en, /row 3, number 4/);
  assert.match(cellName([2, 3, 6]).zh, /第 7 张特征图，第 3 行第 4 列/);
});

test("a weighted sum is products, a bias and an activation", () => {
  const label = { en: "", zh: "" };
  const terms = [{ label, value: 2, weight: -3 }, { label, value: 0.5, weight: 1 }];
  const found = weightedSum(label, terms, 1, "relu", []);
  assert.deepEqual(found.steps.map((step) => step.value), [-4.5, 0]);
  assert.equal(found.value, 0);
  assert.equal(weightedSum(label, terms, undefined, "linear", []).value, -5.5);
  assert.deepEqual(activationSteps("linear", 1), []);
});
