import "./without-dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { uniform } from "../../src/etudes/experiments/mnist_acgan/numpy_random";
import { principal } from "../../src/etudes/experiments/mnist_acgan/directions";
import { codeOf } from "../../src/etudes/experiments/mnist_acgan/steps";

test("a seed draws the numbers that NumPy draws", () => {
  // numpy.random.default_rng(words).uniform(-1, 1, 4).astype("float32")
  const drawn: [number[], number[]][] = [
    [[0, 0, 0, 5], [-0.12311404943466187, 0.6244701743125916, -0.7513413429260254, -0.7571578621864319]],
    [[4294967295, 0, 0, 5], [0.8964989185333252, 0.2806156873703003, -0.1054648831486702, -0.46025317907333374]],
    [[123456, 1, 2, 3, 4, 5], [-0.7651364803314209, 0.23615600168704987, -0.8766141533851624, 0.6681125164031982]],
  ];
  for (const [words, numbers] of drawn) assert.deepEqual([...uniform(words, 4)], numbers);
});

test("directions are those along which most changes, the largest first, and orthogonal", () => {
  const changes = [[0, 0, 1], [3, 0, 0], [0, 2, 0]].map((data) => ({ shape: [1, 3, 1], data }));
  const found = principal(changes, 2);
  assert.ok(Math.abs(Math.abs(found[0][1]) - 1) < 1e-6);
  assert.ok(Math.abs(Math.abs(found[1][2]) - 1) < 1e-6);
});

test("a step of a source is its comment and what follows it", () => {
  const source = "def f():\n    # Step 1: add.\n    a = 1\n    b = 2\n    # Step 2: more.\n    c = 3\n\n\nd = 4";
  assert.deepEqual(codeOf(source, 1), { line: 2, code: "# Step 1: add.\na = 1\nb = 2" });
  assert.deepEqual(codeOf(source, 2), { line: 5, code: "# Step 2: more.\nc = 3" });
  assert.equal(codeOf(source, 3), null);
});
