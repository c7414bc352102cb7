/** How a cell of an antirectifier came about. */

import { type Explainer, type Layer, type Values, cellName, valueAt } from "etudes-page";

/** The number before the layer, its mean, and the length of what is left without it. */
function measured(layer: Layer, unit: number, values: Values) {
  const input = values[layer.inputs[0]];
  const data = Array.from(input.data);
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const length = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  const value = valueAt(input, [unit]);
  return { count: data.length, value, mean, length, centred: value - mean, y: length ? (value - mean) / length : 0 };
}

type Measured = ReturnType<typeof measured>;

const centredStep = ({ mean, count, centred }: Measured) => ({
  text: { en: `minus the mean of all ${count}, ${shown(mean)}`, zh: `减去全部 ${count} 个数的均值 ${shown(mean)}` },
  value: centred,
});

const normalisedStep = ({ length, y }: Measured) => ({
  text: { en: `divided by the length of what is left, ${shown(length)}`, zh: `除以剩下的向量的长度 ${shown(length)}` },
  value: y,
});

const shown = (value: number) => String(Number(value.toPrecision(4))).replace("-", "−");

function explained(layer: Layer, unit: number, found: Measured, steps: { text: { en: string; zh: string }; value: number }[]) {
  const name = layer.inputs[0];
  return {
    value: steps[steps.length - 1].value,
    words: {
      en: `one number, compared with the other ${found.count - 1}`,
      zh: `一个数，与其余 ${found.count - 1} 个相比`,
    },
    terms: [{ label: cellName([unit]), value: found.value }],
    steps,
    sources: [{ name, cells: [[unit]] }],
  };
}

export const explainAntirectifier: Record<string, Explainer> = {
  "Antirectifier.centred": (layer, [unit], _network, values) => {
    const found = measured(layer, unit, values);
    return explained(layer, unit, found, [centredStep(found)]);
  },
  "Antirectifier.normalised": (layer, [unit], _network, values) => {
    const found = measured(layer, unit, values);
    return explained(layer, unit, found, [centredStep(found), normalisedStep(found)]);
  },
  Antirectifier: (layer, [cell], _network, values) => {
    const half = layer.shape[0] / 2;
    const found = measured(layer, cell % half, values);
    const last =
      cell < half
        ? { text: { en: "first half: negative values become 0", zh: "前一半：负数变成 0" }, value: Math.max(found.y, 0) }
        : { text: { en: "second half: its opposite, of which negative values become 0", zh: "后一半：取相反数，再把负数变成 0" }, value: Math.max(-found.y, 0) };
    return explained(layer, cell % half, found, [centredStep(found), normalisedStep(found), last]);
  },
};
