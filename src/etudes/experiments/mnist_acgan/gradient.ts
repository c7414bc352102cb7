/** How a score of the discriminator would change with each pixel: its gradient, layer by layer from the end, as training
 * computes it. A graph has no gradients, and with differences of 784 pixels one would wait for seconds. */

import { beginning, type Layer, type Network, type Tensor, type Values } from "etudes-page";

type Backward = (layer: Layer, gradient: Float64Array, input: Tensor, network: Network) => Float64Array;

const dense: Backward = (layer, gradient, input, network) => {
  const { shape: [count, units], data } = network.weight(layer, "kernel")!;
  const found = new Float64Array(input.data.length);
  for (let i = 0; i < count; i++) for (let unit = 0; unit < units; unit++) found[i] += gradient[unit] * data[i * units + unit];
  return found;
};

const convolution: Backward = (layer, gradient, input, network) => {
  const { shape: [rows, columns, maps, filters], data } = network.weight(layer, "kernel")!;
  const [height, width] = input.shape;
  const [down, right] = layer.config.strides as number[];
  const [high, wide] = layer.shape;
  const found = new Float64Array(input.data.length);
  for (let place = 0; place < high * wide; place++) {
    const top = beginning(Math.floor(place / wide), height, rows, down, layer.config.padding);
    const left = beginning(place % wide, width, columns, right, layer.config.padding);
    const own = gradient.subarray(place * filters, (place + 1) * filters);
    for (let tap = 0; tap < rows * columns; tap++) {
      const [row, column] = [top + Math.floor(tap / columns), left + (tap % columns)];
      if (row < 0 || column < 0 || row >= height || column >= width) continue;
      for (let map = 0; map < maps; map++) {
        const weights = (tap * maps + map) * filters;
        let sum = 0;
        for (let filter = 0; filter < filters; filter++) sum += own[filter] * data[weights + filter];
        found[(row * width + column) * maps + map] += sum;
      }
    }
  }
  return found;
};

const BACKWARD: Record<string, Backward> = {
  Conv2D: convolution,
  Dense: dense,
  Flatten: (_layer, gradient) => gradient,
  LeakyReLU: (layer, gradient, input) => gradient.map((value, i) => (input.data[i] < 0 ? Number(layer.config.negative_slope) : 1) * value),
  Rescaling: (layer, gradient) => gradient.map((value) => Number(layer.config.scale) * value),
};

/** The gradient of a weighted sum of a dense layer's outputs with respect to the network's input.
 *
 * @param weights one for each output of the layer.
 */
export function gradient(network: Network, values: Values, name: string, weights: Float64Array): Float64Array {
  const input = network.data.inputs[0].name;
  let found = weights;
  for (let at = name; at !== input; ) {
    const layer = network.layer(at)!;
    found = BACKWARD[layer.kind](layer, found, values[layer.inputs[0]], network);
    at = layer.inputs[0];
  }
  return found;
}

/** The gradients of the log-odds of both answers: that the picture is real, and that it is of a class. */
export function pulls(network: Network, values: Values, label: number): { fake: Float64Array; aux: Float64Array } {
  const score = (activation: string) => network.data.layers.find(({ config }) => config.activation === activation)!.inputs[0];
  const name = score("softmax");
  const scores = values[name].data;
  const most = Math.max(...[...scores].filter((_, index) => index !== label));
  const others = Float64Array.from(scores, (one, index) => (index === label ? 0 : Math.exp(one - most)));
  const total = others.reduce((sum, one) => sum + one, 0);
  const weights = others.map((one, index) => (index === label ? 1 : -one / total));
  return { fake: gradient(network, values, score("sigmoid"), Float64Array.of(1)), aux: gradient(network, values, name, weights) };
}
