import "./without-dom";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { cellAt } from "../src/arithmetic";
import type { NetworkData, Values } from "../src/data";
import { explain } from "../src/explain";
import type { Network } from "../src/network";

/** What tests/pages/test_arithmetic.py writes: networks, with the values that ONNX Runtime finds for one input. */
interface Computed {
  name: string;
  data: NetworkData;
  weights: Record<string, Values[string]>;
  values: Values;
}

const file = process.env.ETUDES_COMPUTED;
const MOST = 400;

/** A network that was computed already. */
function opened({ data, weights }: Computed): Network {
  const weight: Network["weight"] = (layer, role) => weights[layer.weights[role]] as ReturnType<Network["weight"]>;
  return { data, weight, layer: (name: string) => data.layers.find((layer) => layer.name === name) } as unknown as Network;
}

test("the arithmetic of each cell gives its value", { skip: file === undefined }, () => {
  const all = JSON.parse(readFileSync(file ?? "", "utf8")) as Computed[];
  for (const computed of all) {
    const network = opened(computed);
    for (const layer of computed.data.layers) {
      for (const name of [layer.name, ...layer.inside]) {
        const { shape, data } = computed.values[name];
        for (let place = 0; place < data.length; place += Math.ceil(data.length / MOST)) {
          const cell = cellAt(shape, place);
          const found = explain(network, name, cell, computed.values);
          assert.ok(found || name !== layer.name, `${computed.name}: ${layer.kind} is not explained`);
          if (!found) continue;
          const difference = Math.abs(found.value - data[place]) / Math.max(1, Math.abs(data[place]));
          assert.ok(difference <= 1e-4, `${computed.name}, ${name} ${cell.join()}: ${found.value}, not ${data[place]}`);
          for (const source of found.sources) {
            const from = computed.values[source.name];
            for (const one of source.cells) assert.ok(one.every((index, axis) => index >= 0 && index < from.shape[axis]), `${name} ${cell.join()}`);
          }
        }
      }
    }
  }
});
