/** What to say of the layers of networks of convolutions and dense layers, by their sizes. */

import type { Layer, Text } from "./data";
import type { LayerWords } from "./study";

const product = (shape: number[]) => shape.reduce((all, extent) => all * extent, 1);
const counted = (count: number) => count.toLocaleString("en");

/** What to say of the layers of a network of convolutions and dense layers.
 *
 * @param lines the beginnings of the lines of study.py that make layers, by their names.
 */
export function layerWords(layers: Layer[], input: number[], lines: Record<string, string>): Record<string, LayerWords> {
  const found: Record<string, LayerWords> = {};
  const shapes: Record<string, number[]> = Object.fromEntries(layers.map(({ name, shape }) => [name, shape]));
  const dense = layers.filter(({ kind }) => kind === "Dense");
  let [convolutions, pools] = [0, 0];
  let hasRelu = false;
  for (const layer of layers) {
    const from = shapes[layer.inputs[0]] ?? input;
    if (layer.kind === "Conv2D") found[layer.name] = convolutionWords(layer, from, ++convolutions);
    else if (layer.kind === "MaxPooling2D") found[layer.name] = poolingWords(layer, isBefore(layer, "Conv2D", layers), pools++ > 0);
    else if (layer.kind === "Dense") found[layer.name] = denseWords(layer, from, dense, convolutions > 0);
    else if (layer.kind === "Rescaling") found[layer.name] = rescalingWords(layer, from[2]);
    else if (layer.config.activation === "relu" && !hasRelu) {
      found[layer.name] = RELU; // once is enough
      hasRelu = true;
    }
    else if (layer.config.activation === "softmax") found[layer.name] = SOFTMAX;
    const source = lines[layer.name];
    if (source) found[layer.name] = { ...found[layer.name], source };
  }
  return found;
}

const RELU: LayerWords = {
  what: {
    en: "What is below zero becomes zero; all else stays. Without this step, layers on top of each other could do no more than one layer.",
    zh: "小于零的变成零，其余不变。没有这一步，再多的层叠起来也只相当于一层。",
  },
};

const SOFTMAX: LayerWords = {
  title: { en: "The probability of each class", zh: "每个类别的概率" },
  what: {
    en: "Softmax raises e to each score and divides by their sum, so that all are positive and sum to 1.",
    zh: "softmax 对每个得分取以 e 为底的指数，再除以总和，于是全为正数，且总和为 1。",
  },
};

/** Which map of a colour picture is which. */
export const COLOURS: Text = { en: " From left to right: red, green, blue.", zh: "从左到右：红、绿、蓝。" };

function rescalingWords({ config }: Layer, channels: number): LayerWords {
  const [scale, offset] = [Number(config.scale), Number(config.offset)];
  const [low, high] = [offset, 255 * scale + offset].map((value) => String(Number(value.toFixed(2))).replace("-", "−"));
  const colours = channels === 3 ? COLOURS : { en: "", zh: "" };
  return {
    title: { en: "The same, in smaller numbers", zh: "同一张图，换成小一些的数" },
    what: {
      en: `Values of 0 to 255 become ${low} to ${high}: networks learn more easily from numbers near zero.${colours.en}`,
      zh: `把 0 到 255 的值换成 ${low} 到 ${high}：靠近零的数更容易学。${colours.zh}`,
    },
  };
}

function convolutionWords({ config, shape, parameters }: Layer, from: number[], number: number): LayerWords {
  const [high, wide] = config.kernel_size as [number, number];
  const [depth, maps] = [from[2], shape[2]];
  const products = counted(high * wide * depth);
  const title: Text = { en: `Convolution ${number}: ${maps} windows of ${high}×${wide}`, zh: `卷积 ${number}：${maps} 个 ${high}×${wide} 窗口` };
  const isSmaller = config.padding !== "same";
  const edge: Text = isSmaller
    ? { en: ` The window does not cross the edge, so the map is ${high - 1} pixels smaller each way.`, zh: `窗口不越过边缘，所以特征图的长宽各小 ${high - 1} 个像素。` }
    : { en: " Beyond the edge it sees zeros, so the maps stay as large.", zh: "越过边缘的部分按零算，所以特征图不变小。" };
  if (number > 1) {
    return {
      title,
      what: {
        en: `As before, over all ${depth} maps: ${products} products per pixel.${isSmaller ? edge.en : ""}`,
        zh: `同上，遍及全部 ${depth} 张特征图：每个像素 ${products} 个乘积。${isSmaller ? edge.zh : ""}`,
      },
    };
  }
  const over: Text = depth === 3 ? { en: "the three colours", zh: "三个颜色通道" } : { en: "the picture", zh: "图像" };
  const [weights, biases] = [counted(parameters - maps), counted(maps)];
  return {
    title,
    what: {
      en: `Each map has a window of its own, which slides over ${over.en}: ${products} products, summed, and a bias (a constant) make one pixel of it. The same ${counted(parameters)} numbers (${weights} weights, ${biases} biases) are used at every place.${edge.en} Choose a pixel to see its window.`,
      zh: `每张特征图都有自己的窗口，在${over.zh}上滑动：${products} 个乘积相加，再加偏置（一个常数），得到一个像素。每个位置用的都是同样的 ${counted(parameters)} 个数（${weights} 个权重、${biases} 个偏置）。${edge.zh}点选一个像素，看它的窗口。`,
    },
  };
}

/** Whether a layer of some kind comes later. */
const isBefore = (layer: Layer, kind: string, layers: Layer[]) =>
  layers.slice(layers.indexOf(layer)).some((later) => later.kind === kind);

function poolingWords({ config }: Layer, seesOn: boolean, isAgain: boolean): LayerWords {
  const [high, wide] = config.pool_size as [number, number];
  const times: Text = high === 2 ? { en: "twice", zh: "两倍" } : { en: `${high} times`, zh: `${high} 倍` };
  const farther: Text = seesOn
    ? { en: `, and the next windows cover ${times.en} the width`, zh: `，后面的窗口覆盖${times.zh}的宽度` }
    : { en: "", zh: "" };
  const left: Text = { en: `One number in ${high * wide} is left${farther.en}.`, zh: `数的个数降到 ${high * wide} 分之一${farther.zh}。` };
  if (isAgain) return { what: { en: `As before. ${left.en}`, zh: `同上。${left.zh}` } };
  return {
    what: {
      en: `Of each ${high}×${wide} block only the largest value stays: what was found counts; where exactly, less. ${left.en}`,
      zh: `每个 ${high}×${wide} 小块只留最大值：找到了什么更重要，具体在哪儿不那么重要。${left.zh}`,
    },
  };
}

function denseWords(layer: Layer, from: number[], all: Layer[], hasMaps: boolean): LayerWords {
  const [count, units, parameters] = [product(from), layer.shape[0], layer.parameters].map(counted);
  if (layer === all.at(-1)) {
    return {
      title: { en: "A score for each class", zh: "每个类别的得分" },
      what: {
        en: `Each score is a sum of ${count} products: what speaks for the class, and what against it.`,
        zh: `每个得分是 ${count} 个乘积之和：哪些支持这个类别，哪些反对。`,
      },
    };
  }
  if (layer !== all[0]) {
    return {
      title: { en: `${units} new numbers`, zh: `新的 ${units} 个数` },
      what: {
        en: `Each is a sum of ${count} products: one for every number above. ${parameters} parameters.`,
        zh: `每个数都是上面全部 ${count} 个数的加权和，共 ${parameters} 个参数。`,
      },
    };
  }
  const maps: Text = hasMaps ? { en: "From here on there are no maps. ", zh: "从这里起不再有特征图：" } : { en: "", zh: "" };
  return {
    title: { en: `${units} numbers about the whole picture`, zh: `关于整张图的 ${units} 个数` },
    what: {
      en: `${maps.en}Each number is a weighted sum of all ${count} numbers above, with its own weight for each place. That takes ${parameters} parameters.`,
      zh: `${maps.zh}每个数都是上面全部 ${count} 个数的加权和，每个位置各有自己的权重，共 ${parameters} 个参数。`,
    },
  };
}
