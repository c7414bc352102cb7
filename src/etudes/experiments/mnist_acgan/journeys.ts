/** What is said of the layers of both networks. */

import { h, type Journey, type Layer, type LayerWords, type Panel, type Text } from "etudes-page";
import type { Artist } from "./artist";
import type { Content } from "./content";

/** The way of z and label through the generator. */
export function generatorJourney({ content, generator }: Artist): Journey {
  const { layers } = generator.data;
  const [height, width] = layers.at(-1)!.shape;
  const { latent } = content;
  return {
    network: generator.name,
    title: { en: "How the generator draws", zh: "生成器怎么画" },
    short: { en: "Drawing", zh: "作画" },
    words: [{ en: `From ${latent} numbers and a label to ${height}×${width} pixels. Every number below is the network's own, for the drawing above. Choose a cell to see where it came from. Blue is below zero, orange above.`, zh: `从 ${latent} 个数和一个标签到 ${height}×${width} 个像素。下面每个数都是网络画上面这幅图时算出的真实数值。点选任一格，看它从何而来。蓝色为负，橙色为正。` }],
    layers: { ...generatorWords(content, layers), ...growingWords(layers) },
  };
}

function generatorWords({ latent, classes }: Content, layers: Layer[]): Record<string, LayerWords> {
  const small = layers.find(({ kind }) => kind === "Reshape")!.shape.slice(0, 2).join("×");
  const last = layers.filter(({ kind }) => kind === "Conv2D").at(-1)!;
  const isGrey = last.shape[2] === 1;
  return {
    z: {
      title: { en: "z: how to draw", zh: "z：怎么画" },
      what: { en: `${latent} random numbers between −1 and 1. None of them has a name; training gave each its share in slant, stroke and shape.`, zh: `${latent} 个介于 −1 与 1 之间的随机数。它们没有名字；训练让每个数在倾斜、笔画和形状中各占一份。` },
      source: 'z = keras.Input((LATENT,), name="z")',
    },
    label: {
      title: { en: "The label: what to draw", zh: "标签：画什么" },
      what: { en: "The number of the class, counted from 0.", zh: "类别的编号，从 0 数起。" },
      source: 'label = keras.Input((1,), dtype="int32"',
    },
    Embedding: {
      title: { en: "The label's vector", zh: "标签的向量" },
      what: { en: `Each of the ${classes.length} classes has ${latent} numbers of its own, learned like any weight.`, zh: `${classes.length} 个类别各有 ${latent} 个自己的数，和其他权重一样是学来的。` },
      source: "vector = layers.Embedding(",
    },
    Multiply: {
      title: { en: "z times the label's vector", zh: "z 乘以标签的向量" },
      what: { en: "Number by number. This product is all that the rest of the network gets: what and how in one vector. Where the label's number is near 0, that number of z has no say for this class.", zh: "逐个相乘。网络其余部分得到的只有这个乘积：画什么与怎么画合成了一个向量。标签的某个数接近 0 时，z 中对应的数对这一类就不起作用。" },
      source: "x = layers.Multiply()",
    },
    Reshape: {
      title: { en: `${small} maps`, zh: `${small} 的特征图` },
      what: { en: "The same numbers, laid out as small maps: from here on, each number has a place in the picture.", zh: "同样的数排成小小的特征图：从这里起，每个数在画面上都有了位置。" },
      source: "x = layers.Reshape((rows, columns, 128))",
    },
    Activation: {
      title: { en: "tanh: between −1 and 1", zh: "tanh：介于 −1 与 1 之间" },
      what: { en: "Squeezes each pixel between −1, black, and 1, white.", zh: "把每个像素压到 −1（黑）与 1（白）之间。" },
      source: 'x = layers.Activation("tanh"',
    },
    Rescaling: {
      title: { en: "The drawing", zh: "画出的图" },
      what: { en: "Scaled to grey values from 0 to 255.", zh: "缩放到 0 到 255 的灰度值。" },
      source: "pictures = layers.Rescaling(127.5, 127.5",
      picture: true,
    },
    [last.name]: {
      title: { en: isGrey ? "One map: the ink" : "Three maps: red, green, blue", zh: isGrey ? "一张图：笔迹" : "三张图：红、绿、蓝" },
      what: { en: "All maps are summed up, each pixel from a small window of them.", zh: "把所有特征图合起来，每个像素都来自它们的一个小窗口。" },
      source: "return layers.Conv2D(info.channels, 2",
    },
  };
}

/** What is said of the dense layers, and of those that make the maps larger. */
function growingWords(layers: Layer[]): Record<string, LayerWords> {
  const words: Record<string, LayerWords> = {};
  const dense = layers.filter(({ kind }) => kind === "Dense");
  const growing = layers.filter(({ kind }) => kind === "Conv2DTranspose" || kind === "UpsampledConv2D");
  for (const layer of dense) {
    words[layer.name] = {
      title: { en: `A dense layer: ${layer.shape[0].toLocaleString("en")} numbers`, zh: `全连接层：${layer.shape[0].toLocaleString("en")} 个数` },
      what: { en: "Each from all numbers before; ReLU turns negative ones into 0.", zh: "每个数都由前面全部的数算出；ReLU 把负数变成 0。" },
      ...(dense.length > 1 ? { source: layer === dense[0] ? "x = layers.Dense(1024" : "x = layers.Dense(128 *" } : {}),
    };
  }
  for (const layer of growing) {
    const side = layer.shape.slice(0, 2).join("×");
    words[layer.name] = {
      title: { en: `${side} maps`, zh: `${side} 的特征图` },
      what: layer.kind === "Conv2DTranspose"
        ? { en: "A transposed convolution doubles the size: each cell before spreads over a window here. Choose one to see which.", zh: "转置卷积把尺寸放大一倍：前面的每个单元铺展到这里的一个窗口。点选一格看是哪些。" }
        : { en: "Doubled in size, then convolved: each cell from a window of 5×5 in all maps.", zh: "先放大一倍，再做卷积：每格来自全部特征图中 5×5 的窗口。" },
      ...(layer.kind === "UpsampledConv2D" ? { source: "x = UpsampledConv2D(filters, 5" } : {}),
    };
  }
  return words;
}

/** The way of a picture through the discriminator. */
export function discriminatorJourney(artist: Artist, judged: Panel): Journey {
  const { layers } = artist.discriminator.data;
  const { classes } = artist.content;
  const scores = layers.filter(({ kind }) => kind === "Dense");
  const words: Record<string, LayerWords> = {
    picture: {
      title: { en: "The picture that is judged", zh: "被评判的图" },
      what: { en: "It sees only the pixels; in training, the right answer comes afterwards.", zh: "它只看到像素；训练时，正确答案在它回答之后才给出。" },
      source: 'picture = keras.Input(info.shape, name="picture")',
      panel: judged,
    },
    Rescaling: { title: { en: "Pixels between −1 and 1", zh: "介于 −1 与 1 之间的像素" }, what: { en: "The same picture: 0 becomes −1, 255 becomes 1.", zh: "同一张图：0 变成 −1，255 变成 1。" }, source: "x = layers.Rescaling(1 / 127.5" },
    LeakyReLU: { what: { en: "Negative values are weakened, not lost, so that the generator can learn through them, too. It follows each convolution, and is shown only here.", zh: "负值只被减弱而不丢弃，这样生成器也能透过它们学习。每个卷积之后都有它，只在这里画出。" }, source: "x = layers.LeakyReLU(" },
  };
  for (const [index, layer] of layers.filter(({ kind }) => kind === "Conv2D").entries()) {
    const [rows, columns, maps] = layer.shape;
    words[layer.name] = {
      title: { en: `Convolution ${index + 1}: ${maps} maps of ${rows}×${columns}`, zh: `卷积 ${index + 1}：${maps} 张 ${rows}×${columns} 的特征图` },
      ...(index ? { what: convolved(layer) } : { what: { en: "Each map looks for one small pattern everywhere.", zh: "每张特征图在各处寻找同一种小图案。" }, source: "x = layers.Conv2D(filters, 3, strides" }),
    };
  }
  for (const layer of scores) {
    const isFake = layer.shape[0] === 1 && classes.length !== 1;
    words[layer.name] = isFake
      ? { title: { en: "A score for real", zh: "“真实”的得分" }, what: { en: "One weighted sum of all values before.", zh: "前面全部数值的一个加权和。" }, source: 'fake = layers.Activation("sigmoid"' }
      : { title: { en: "A score for each class", zh: "每个类别的得分" }, what: { en: "A weighted sum for each class, of the same values.", zh: "对同样的数值，每个类别各作一个加权和。" }, source: 'aux = layers.Activation("softmax"' };
  }
  for (const layer of layers.filter(({ kind }) => kind === "Activation")) {
    words[layer.name] = layer.config.activation === "sigmoid"
      ? { title: { en: "fake: the probability that it is real", zh: "fake：图是真实的概率" }, what: { en: "Despite its name: 1 is real. Sigmoid brings the score between 0 and 1.", zh: "名字叫 fake，但 1 表示真实。sigmoid 把得分变到 0 与 1 之间。" } }
      : { title: { en: "aux: the probability of each class", zh: "aux：每个类别的概率" }, what: { en: "Softmax turns the scores into probabilities that sum to 1.", zh: "softmax 把得分变成总和为 1 的概率。" } };
  }
  const names = { columns: classes.map((name) => name.slice(0, 6)) };
  const labels = classes.length <= 16 ? Object.fromEntries(layers.filter(({ shape }) => shape.length === 1 && shape[0] === classes.length).map(({ name }) => [name, names])) : {};
  return {
    network: "discriminator",
    title: { en: "How the discriminator judges", zh: "判别器怎么评判" },
    short: { en: "Judging", zh: "评判" },
    words: [{ en: "The same layers give both answers: whether the picture is real, and which class it shows.", zh: "同样的层给出两个回答：图是不是真的，以及它属于哪一类。" }],
    layers: words,
    labels,
    hidden: ["Flatten", ...layers.filter(({ kind }) => kind === "LeakyReLU").slice(1).map(({ name }) => name)],
  };
}

/** What a convolution after the first does. */
function convolved({ config }: Layer): Text {
  const isHalved = (config.strides as number[])[0] > 1;
  return isHalved
    ? { en: "Patterns of patterns, at every second place, in the maps above after leaky ReLU.", zh: "由图案组成的图案：在上面经过 Leaky ReLU 的特征图中，每隔一个位置看一次。" }
    : { en: "Patterns of patterns, in the maps above after leaky ReLU.", zh: "由图案组成的图案，取自上面经过 Leaky ReLU 的特征图。" };
}

/** A choice of which picture the bands show: the drawing, or a real one. */
export function choice(options: { name: Text; choose(): void }[]): { element: HTMLElement; mark(index: number): void } {
  const buttons = options.map(({ name, choose }) => h("button", { type: "button", onclick: choose }, name));
  return {
    element: h("div", { class: "row choice" }, ...buttons),
    mark: (index) => buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(at === index))),
  };
}
