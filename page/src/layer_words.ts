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
  let convolutions = 0;
  let hasRelu = false;
  for (const layer of layers) {
    const from = shapes[layer.inputs[0]] ?? input;
    if (layer.kind === "Conv2D") found[layer.name] = convolutionWords(layer, from, ++convolutions);
    else if (layer.kind === "MaxPooling2D") found[layer.name] = poolingWords(layer, isBefore(layer, "Conv2D", layers));
    else if (layer.kind === "Dense") found[layer.name] = denseWords(layer, from, dense);
    else if (layer.kind === "Rescaling") found[layer.name] = rescalingWords(layer);
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

function rescalingWords({ config }: Layer): LayerWords {
  const [scale, offset] = [Number(config.scale), Number(config.offset)];
  const [low, high] = [offset, 255 * scale + offset].map((value) => String(Number(value.toFixed(2))).replace("-", "−"));
  return {
    title: { en: "The same, in smaller numbers", zh: "同一张图，换成小一些的数" },
    what: {
      en: `Values of 0 to 255 become ${low} to ${high}: networks learn more easily from numbers near zero.`,
      zh: `把 0 到 255 的值换成 ${low} 到 ${high}：靠近零的数更容易学。`,
    },
  };
}

function convolutionWords({ config, shape, parameters }: Layer, from: number[], number: number): LayerWords {
  const [high, wide] = config.kernel_size as [number, number];
  const depth = from[2];
  const maps = shape[2];
  const over: Text =
    number > 1
      ? { en: `all ${depth} maps above`, zh: `上面全部 ${depth} 张特征图` }
      : depth === 3
        ? { en: "the three colours", zh: "三个颜色通道" }
        : { en: "the picture", zh: "图像" };
  const edge: Text =
    config.padding === "same"
      ? { en: "Beyond the edge it sees zeros, so the maps stay as large.", zh: "越过边缘的部分按零算，所以特征图不变小。" }
      : {
          en: `It stays within the edge, so ${high - 1} rows and columns are lost.`,
          zh: `窗口不越过边缘，所以少了 ${high - 1} 行和 ${wide - 1} 列。`,
        };
  return {
    title: { en: `Convolution ${number}: ${maps} windows of ${high}×${wide}`, zh: `卷积 ${number}：${maps} 个 ${high}×${wide} 窗口` },
    what: {
      en: `Each map has a window of its own, which slides over ${over.en}: ${counted(high * wide * depth)} products, summed, and a bias make one pixel of it. The ${counted(parameters)} weights are the same at every place. ${edge.en} Choose a pixel to see its window.`,
      zh: `每张特征图都有自己的窗口，在${over.zh}上滑动：${counted(high * wide * depth)} 个乘积相加，再加偏置，得到一个像素。${counted(parameters)} 个权重在每个位置都相同。${edge.zh}点选一个像素，看它的窗口。`,
    },
  };
}

/** Whether a layer of some kind comes later. */
const isBefore = (layer: Layer, kind: string, layers: Layer[]) =>
  layers.slice(layers.indexOf(layer)).some((later) => later.kind === kind);

function poolingWords({ config }: Layer, seesOn: boolean): LayerWords {
  const [high, wide] = config.pool_size as [number, number];
  const farther = seesOn
    ? { en: `, and the next windows see ${high} times as far`, zh: `，后面的窗口看到的范围扩大到 ${high} 倍` }
    : { en: "", zh: "" };
  return {
    what: {
      en: `Of each ${high}×${wide} block only the largest value stays: what was found counts, where exactly does not. One number in ${high * wide} is left${farther.en}.`,
      zh: `每个 ${high}×${wide} 小块只留最大值：找到了什么更重要，具体在哪儿不那么重要。数的个数降到 ${high * wide} 分之一${farther.zh}。`,
    },
  };
}

function denseWords(layer: Layer, from: number[], all: Layer[]): LayerWords {
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
  return {
    title: { en: `${units} numbers about the whole picture`, zh: `关于整张图的 ${units} 个数` },
    what: {
      en: `Here places end: each number is a sum over all ${count} numbers above, wherever they come from. That takes ${parameters} parameters.`,
      zh: `从这里起不再区分位置：每个数都是上面全部 ${count} 个数的加权和，共需 ${parameters} 个参数。`,
    },
  };
}
