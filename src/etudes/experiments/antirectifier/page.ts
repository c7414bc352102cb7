/** The page of a run of antirectifier. */

import { type Journey, type LayerWords, type Page, type Study, type Tensor, type Text, type Values, h, tensor } from "etudes-page";
import {
  Answers, type ClassifierContent, type ClassifierInfo, DRAWING, type PutIn, answerText, breaksOf, examplesOf, mistakesOf,
  mistakesWords, newest, outputOf, pictureTensor,
} from "etudes-page/classifier";
import { layerWords } from "etudes-page/layer_words";
import { type PictureInput, pictureInput } from "etudes-page/pictures/input";
import { inkExpected } from "etudes-page/pictures/prepare";
import type { Raster } from "etudes-page/pictures/raster";
import { explainAntirectifier } from "./arithmetic";
import { halvesPanel, stepPanel } from "./halves";
import { type FaintInk, Ink } from "./ink";

/** What page.py puts in. */
interface Content extends ClassifierContent {
  faint: FaintInk[];
}

const NETWORK = "antirectifier";
const inputs = new WeakMap<Page<Content>, PictureInput>();
const infoOf = (page: Page<Content>) => page.data.info as unknown as ClassifierInfo;
const putIn = (page: Page<Content>): PutIn => (address, truth) => void inputs.get(page)!.put(address, truth);

const layersOf = (page: Page<Content>, network: string, kinds: string[]) =>
  page.data.networks[network].layers.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);

/** The networks beside the antirectifier, as they were trained. */
const baselinesOf = (page: Page<Content>) => Object.keys(page.data.networks).filter((name) => name !== NETWORK);

const TITLES: Record<string, Text> = {
  antirectifier: { en: "With the antirectifier", zh: "用反整流层" },
  "relu-256": { en: "With ReLU, 256 units", zh: "用 ReLU，256 个单元" },
  "relu-512": { en: "With ReLU, 512 units", zh: "用 ReLU，512 个单元" },
  "crelu-256": { en: "With CReLU, 256 units", zh: "用 CReLU，256 个单元" },
};

const NAMES: Record<string, string> = { relu: "ReLU", crelu: "CReLU" };

async function begin(page: Page<Content>): Promise<HTMLElement> {
  const info = infoOf(page);
  const names = Object.keys(page.data.networks);
  const answers = Object.fromEntries(names.map((name) => [name, new Answers(info.class_names, info.source, TITLES[name])]));
  const ink = inkOf(page, () => last && void answer(last));
  let last: Raster | null = null;
  const run = async (name: string, given: Tensor) =>
    page.networks[name].run({ [page.data.networks[name].inputs[0].name]: given });
  const answer = newest(async (picture: Raster) => {
    last = picture;
    const whole = pictureTensor(picture);
    element.style.setProperty("--strength", String(ink.strength));
    const faded = tensor(whole.shape, Array.from(whole.data, (value) => value * ink.strength));
    const full: Record<string, Values> = {};
    const now: Record<string, Values> = {};
    for (const name of names) {
      full[name] = await run(name, whole);
      now[name] = ink.strength === 1 ? full[name] : await run(name, faded);
      answers[name].show(outputOf(page.data, name, now[name]).data);
    }
    page.announce(answerText(info.class_names, info.source, outputOf(page.data, NETWORK, now[NETWORK]).data));
    const pair = (name: string): [Tensor, Tensor] => [outputOf(page.data, name, full[name]), outputOf(page.data, name, now[name])];
    const other = names.find((name) => name !== NETWORK);
    ink.show({ full: full[NETWORK], now: now[NETWORK] }, other ? { full: full[other], now: now[other] } : null,
      { own: pair(NETWORK), other: other ? pair(other) : null });
    page.show(now);
  });
  const examples = examplesOf(page.data.content, info.source);
  const input = pictureInput({
    info, examples, strokes: DRAWING, chosen: () => ink.reset(),
    named: inkExpected(info) ? { en: "Your drawing", zh: "你的画" } : { en: "The picture", zh: "图片" },
    changed: (picture) => {
      if (picture) void answer(picture);
      else for (const one of Object.values(answers)) one.show(null);
    },
  });
  inputs.set(page, input);
  const element = h("div", { class: "trying" }, h("div", { class: "input" }, input.element, ink.control),
    h("div", { class: "answers" }, ...names.map((name) => answers[name].element)),
    h("div", { class: "tools" }, input.tools), h("div", { class: "more" }, ink.element));
  await input.begin(Math.floor(examples.length / 3));
  return element;
}

function inkOf(page: Page<Content>, changed: () => void): Ink {
  const info = infoOf(page);
  const [baseline] = baselinesOf(page);
  const names = {
    dense: layersOf(page, NETWORK, ["Dense"])[0],
    layer: layersOf(page, NETWORK, ["Antirectifier"])[0],
    baseline: baseline ? {
      network: baseline, named: NAMES[baseline.split("-")[0]] ?? baseline, dense: layersOf(page, baseline, ["Dense"])[0],
      layer: layersOf(page, baseline, ["Activation", "Concatenate"])[0],
    } : null,
  };
  return new Ink(names, { names: info.class_names, source: info.source }, page.data.content.faint, inkExpected(info) === "light", changed);
}

function journeys(page: Page<Content>): Journey[] {
  const { layers, inputs: [input] } = page.data.networks[NETWORK];
  const info = infoOf(page);
  const dense = layersOf(page, NETWORK, ["Dense"]);
  const last = layers[layers.length - 1].name;
  const lines = {
    [layers[0].name]: "layers.Rescaling(1 / 255)",
    [dense[0]]: "x = layers.Dense(units)(x)",
    [dense[dense.length - 1]]: "x = layers.Dense(len(info.class_names))",
    [last]: 'x = layers.Activation("softmax"',
  };
  const words = layerWords(layers, input.shape, lines);
  for (const [index, layer] of layers.filter(({ kind }) => kind === "Antirectifier").entries()) {
    Object.assign(words, antirectifierWords(layer.name, layer.inputs[0], layer.shape[0] / 2, index === 0));
  }
  return [{
    network: NETWORK,
    title: { en: "The way of your drawing", zh: "你的画走过的路" },
    words: [
      { en: "Every number below is the network's own, for the picture above. Choose a cell to see where it came from. Blue is below zero, orange above.", zh: "下面每个数都是网络针对上面的图算出的真实数值。点选任一单元格，看它从何而来。蓝色为负，橙色为正。" },
    ],
    layers: {
      [input.name]: {
        title: { en: "The picture, as numbers", zh: "图片其实是数字" },
        what: { en: `${info.height}×${info.width} pixels, each from 0, black, to 255, white.`, zh: `${info.height}×${info.width} 个像素，每个都是 0（黑）到 255（白）之间的数。` },
      },
      ...words,
    },
    labels: { [last]: { columns: info.class_names }, [dense[dense.length - 1]]: { columns: info.class_names } },
  }];
}

function antirectifierWords(name: string, before: string, units: number, first: boolean): Record<string, LayerWords> {
  return {
    [`${name}.centred`]: {
      title: { en: "1. The mean taken off", zh: "1. 减去均值" },
      ...(first && { what: { en: `From each of the ${units} numbers, the mean of all of them is subtracted. Now they sum to zero: some are above it, some below.`, zh: `从 ${units} 个数中各减去它们的均值。这样总和为零：有的为正，有的为负。` } }),
      panel: stepPanel(NETWORK, before, "mean"),
    },
    [`${name}.normalised`]: {
      title: { en: "2. The length made 1", zh: "2. 长度归一" },
      ...(first && { what: { en: "All are divided by the length of the vector, the root of the sum of squares. Whether a drawing is strong or faint, what comes out has the same length; only the pattern is left.", zh: "全部除以向量的长度，即平方和的平方根。无论笔迹浓淡，结果的长度都一样，剩下的只有模式。" } }),
      panel: stepPanel(NETWORK, `${name}.centred`, "length"),
    },
    [name]: {
      title: { en: `3. Both signs kept: ${units} numbers become ${2 * units}`, zh: `3. 保留正负：${units} 个数变成 ${2 * units} 个` },
      short: { en: "Antirectifier: both signs kept", zh: "反整流层：保留正负" },
      ...(first && { what: { en: "The positive part fills the first half; the negative part, turned positive, the second. A ReLU would keep only the first half. No weights are needed for any of this.", zh: "正的部分放进前一半，负的部分取相反数放进后一半。ReLU 只会留下前一半。这一切都不需要权重。" } }),
      source: "x = activate(activation, x",
      panel: halvesPanel(NETWORK, before, name),
    },
  };
}

/** The first network beside the antirectifier: how it was trained, and how the two compare. */
function comparison(page: Page<Content>): Text[] {
  const [beside] = baselinesOf(page);
  if (!beside) return [];
  const { networks, metrics } = page.data;
  const named = NAMES[beside.split("-")[0]] ?? beside;
  const more = networks[beside].parameters / networks[NETWORK].parameters - 1;
  const size = `${Math.round(100 * Math.abs(more))} %`;
  const weights: Text = more === 0 ? { en: "as many weights", zh: "权重一样多" }
    : more < 0 ? { en: `${size} fewer weights`, zh: `权重少 ${size}` } : { en: `${size} more weights`, zh: `权重多 ${size}` };
  const trained: Text = {
    en: `Beside it, a network with ${named} learned from the same batches in the same order; it has ${weights.en}, and does not normalise.`,
    zh: `旁边的 ${named} 网络用同样的批次、同样的顺序训练；它的${weights.zh}，也不做归一。`,
  };
  const [own, other] = [metrics.accuracy, metrics[`accuracy_${beside.replace("-", "_")}`]];
  if (own === undefined || other === undefined) return [trained];
  const [one, two] = [own, other].map((share) => `${(100 * share).toFixed(2)} %`);
  const several: Text = infoOf(page).source === "mnist" && beside === "relu-256"
    ? { en: " That is one training each. Over three seeds of ten epochs on MNIST the study found no difference beyond chance: +0.02 points, between −0.14 and +0.18.", zh: "这只是各训练一次的结果。在 MNIST 上用三个随机种子各训练十轮，两者的差别没有超出偶然：+0.02 个百分点，区间 −0.14 到 +0.18。" }
    : { en: "", zh: "" };
  return [trained, {
    en: `On the test split the antirectifier is right on ${one}, ${named} on ${two}.${several.en}`,
    zh: `在测试集上，反整流层答对 ${one}，${named} 答对 ${two}。${several.zh}`,
  }];
}

function idea(page: Page<Content>): Text[] {
  return [
    { en: "Between two dense layers there must be something that is not a weighted sum, or both would amount to one. Most networks use ReLU: what is below zero becomes zero. That is simple, and it throws a half away: a number of −5 and one of −0.1 look alike afterwards.", zh: "两个全连接层之间必须有点不是加权和的东西，否则两层等于一层。多数网络用 ReLU：小于零的变成零。这很简单，但丢掉了一半：−5 和 −0.1 经过它以后没有区别。" },
    { en: "Hence the name: a rectifier (ReLU) cuts off what is below zero; this one does not. The antirectifier keeps both signs, in two halves. Before that it takes off the mean and makes the length 1, so that the strength of the ink matters little.", zh: "名字由此而来：整流（ReLU）截掉负数，它不截。反整流层把正负两边都留下，分成两半。在此之前，它减去均值、把长度归一，所以笔迹深浅影响不大。" },
    ...comparison(page),
  ];
}

export const study: Study<Content> = {
  title: { en: "Antirectifier", zh: "反整流层" },
  sentence: (page) => {
    const { class_names: names, source } = infoOf(page);
    const count = Number(page.data.split.train ?? 0).toLocaleString("en");
    const digits = ["mnist", "digits"].includes(source);
    return digits
      ? { en: `This network learned to read digits from ${count} examples, with a layer that keeps what is below zero.`, zh: `这个网络看了 ${count} 个例子，学会了读数字；它有一层，负数也保留。` }
      : { en: `From ${count} labelled pictures, this network learned to tell ${names.length} kinds of pictures apart, with a layer that keeps what is below zero.`, zh: `这个网络看了 ${count} 张带标签的图片，学会分辨 ${names.length} 类；它有一层，负数也保留。` };
  },
  idea,
  begin, journeys,
  mistakes: (page) => mistakesOf(page.data.content, infoOf(page).source, putIn(page)),
  mistakesWords: (page) => mistakesWords(page.data, page.data.content),
  breaks: (page) => breaksOf(page.data.content, infoOf(page).source, putIn(page)),
  insight: { en: "Keep both signs, drop the strength: faint ink reads almost like strong ink.", zh: "正负都留，强弱丢掉：浅墨也几乎像浓墨一样认得。" },
  metrics: {
    accuracy: { en: "The share of test pictures whose likeliest class is the right one.", zh: "在测试图片中，概率最高的类别正确的比例。" },
    balanced_accuracy: { en: "The mean over the classes of the share of their test pictures that it gets right.", zh: "先算每个类别的正确率，再取平均。" },
  },
  explain: explainAntirectifier,
};
