import assert from "node:assert/strict";
import { test } from "node:test";
import { complete } from "../src/onnx";

const bytes = (...parts: (number | number[] | string)[]): number[] =>
  parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part));
const held = (number: number, content: number[]): number[] => [number * 8 + 2, content.length, ...content];
const GRAPH = 7, INITIALIZER = 5, OUTPUT = 12, NAME = 8, RAW = 9, LOCATION = 14;

/** IR version 8, and a graph with these fields. */
const model = (...fields: number[][]): Uint8Array => Uint8Array.from([8, 8, ...held(GRAPH, fields.flat())]);
const tensor = (name: string, data: number[]): number[] =>
  held(INITIALIZER, bytes([1 * 8, 2], [2 * 8, 1], held(NAME, bytes(name)), held(RAW, data)));
const elsewhere = held(INITIALIZER, bytes([1 * 8, 2], [2 * 8, 1], held(NAME, bytes("w")), [LOCATION * 8, 1]));

test("weights are put in, and outputs added", () => {
  const weight = { shape: [2], data: new Float32Array([1, -2]) };
  const here = tensor("c", [0, 0, 128, 63, 0, 0, 128, 63]);
  const output = held(OUTPUT, held(1, bytes("y")));
  const found = complete(model(here, elsewhere, output), new Map([["w", weight], ["unused", weight]]), ["inside"]);
  const put = tensor("w", [0, 0, 128, 63, 0, 0, 0, 192]);
  assert.deepEqual([...found], [...model(here, put, output, held(OUTPUT, held(1, bytes("inside"))))]);
});

test("a weight that the page has not is named", () => {
  assert.throws(() => complete(model(elsewhere), new Map(), []), /the page has no weight w/);
});

test("long fields keep their lengths", () => {
  const weight = { shape: [70000], data: new Float32Array(70000).fill(0.5) };
  const found = complete(model(elsewhere), new Map([["w", weight]]), []);
  assert.ok(found.length > 280000 && found.length < 280040);
  assert.deepEqual([...found.slice(-4)], [0, 0, 0, 63]);
});
