/** The page of a run of cifar10_cnn. */

import { percent, type Journey, type Layer, type Page, type Study, type Text, h } from "etudes-page";
import { Answers, type ClassifierContent, type ClassifierInfo, DRAWING, type PutIn, answerText, breaksOf, className, examplesOf, mistakesOf, mistakesWords, newest, outputOf, pictureTensor } from "etudes-page/classifier";
import { COLOURS, layerWords } from "etudes-page/layer_words";
import { type PictureInput, pictureInput } from "etudes-page/pictures/input";
import { inkExpected } from "etudes-page/pictures/prepare";
import type { Raster } from "etudes-page/pictures/raster";
import { Occlusion } from "./occlusion";

type Content = ClassifierContent;

const NETWORK = "classifier";

const inputs = new WeakMap<Page<Content>, PictureInput>();
const infoOf = (page: Page<Content>) => page.data.info as unknown as ClassifierInfo;
const putIn = (page: Page<Content>): PutIn => (address, truth) => void inputs.get(page)!.put(address, truth);

async function begin(page: Page<Content>): Promise<HTMLElement> {
  const info = infoOf(page);
  const drawn = Boolean(inkExpected(info));
  const answers = new Answers(info.class_names, info.source);
  const occlusion = new Occlusion(page.networks[NETWORK], info);
  const answer = newest(async (picture: Raster) => {
    const values = await page.networks[NETWORK].run({ [page.data.networks[NETWORK].inputs[0].name]: pictureTensor(picture) });
    const { data } = outputOf(page.data, NETWORK, values);
    answers.show(data);
    page.announce(answerText(info.class_names, info.source, data));
    occlusion.look(input.uncovered(), !drawn && picture !== input.uncovered());
    page.show({ [NETWORK]: values });
  });
  const named: Text = drawn ? { en: "Your drawing", zh: "你的画" } : { en: "The picture", zh: "图片" };
  const examples = examplesOf(page.data.content, info.source);
  const input: PictureInput = pictureInput({
    info, named, examples, strokes: DRAWING,
    changed: (picture) => (picture ? void answer(picture) : answers.show(null)),
  });
  if (!drawn) occlusion.cover = (square) => input.cover(square);
  inputs.set(page, input);
  await input.begin(page.data.content.pictures ? Math.floor(examples.length / 3) : 0);
  return h("div", { class: "trying" }, h("div", { class: "input" }, input.element), h("div", { class: "answers" }, answers.element),
    h("div", { class: "tools" }, input.tools), h("div", { class: "more" }, occlusion.element));
}

function journeys(page: Page<Content>): Journey[] {
  const { layers, inputs: [input] } = page.data.networks[NETWORK];
  const info = infoOf(page);
  const convolutions = layers.filter(({ kind }) => kind === "Conv2D").map(({ name }) => name);
  const dense = layers.filter(({ kind }) => kind === "Dense").map(({ name }) => name);
  const columns = info.class_names.map((name) => (info.source === "cifar10" && SHORT[name]) || name);
  const lines = Object.fromEntries([
    ...convolutions.map((name, index) => [name, index % 2 ? `convolution(${32 * (index === 1 ? 1 : 2)}),` : `convolution(${index ? 64 : 32}, padding="same")`]),
    [dense[0], "layers.Dense(512"],
    [dense[1], "layers.Dense(len(info.class_names))"],
    [layers.find(({ kind }) => kind === "Rescaling")?.name ?? "", "layers.Rescaling(1 / 64"],
    [layers.find(({ kind }) => kind === "MaxPooling2D")?.name ?? "", "layers.MaxPooling2D(2)"],
    [layers[layers.length - 1].name, 'layers.Activation("softmax"'],
  ]);
  return [{
    network: NETWORK,
    title: { en: "The way of your picture", zh: "你的图片走过的路" },
    words: [
      { en: "Every number below is the network's own, for the picture above; each small picture is a map of where something was found. Blue is below zero, orange above. Choose a pixel to see which pixels it came from, and the arithmetic.", zh: "下面每个数都是网络针对上面的图片算出的真实数值；每张小图都是一张特征图，表示在哪里找到了某种东西。蓝色为负，橙色为正。点选一个像素，看它来自哪些像素、怎么算出来的。" },
    ],
    layers: {
      [input.name]: {
        title: { en: "The picture, as numbers", zh: "图片其实是数字" },
        what: info.channels === 3
          ? { en: `${info.height}×${info.width} pixels, each three numbers from 0 to 255: how red, how green, how blue.${COLOURS.en}`, zh: `${info.height}×${info.width} 个像素，每个像素三个 0 到 255 的数：红、绿、蓝各有多少。${COLOURS.zh}` }
          : { en: `${info.height}×${info.width} pixels, each a number from 0, black, to 255, white.`, zh: `${info.height}×${info.width} 个像素，每个像素是 0（黑）到 255（白）之间的一个数。` },
      },
      ...layerWords(layers, input.shape, lines),
    },
    labels: { [layers[layers.length - 1].name]: { columns }, [dense[dense.length - 1]]: { columns } },
  }];
}

/** Names that fit above a cell. */
const SHORT: Record<string, string> = { airplane: "plane", automobile: "car" };

/** How many pixels each way a cell of the last convolution sees. */
function sight(layers: Layer[]): number {
  let [side, step, seen] = [1, 1, 1];
  for (const { kind, config } of layers) {
    const [window] = (kind === "Conv2D" ? config.kernel_size : kind === "MaxPooling2D" ? config.pool_size : [1]) as number[];
    side += (window - 1) * step;
    if (kind === "MaxPooling2D") step *= window;
    if (kind === "Conv2D") seen = side;
  }
  return seen;
}

function idea(page: Page<Content>): Text[] {
  const { layers } = page.data.networks[NETWORK];
  const { height, width, source } = infoOf(page);
  const [last, side] = [layers.filter(({ kind }) => kind === "Conv2D").length, sight(layers)];
  const enough: Text = source === "cifar10"
    ? { en: ": enough for a wheel or an ear. What it means, nobody labelled", zh: "，够看一个轮子或一只耳朵；它代表什么，没有人标过" }
    : { en: ". What it means, nobody labelled", zh: "；它代表什么，没有人标过" };
  const batch = String(page.data.settings.batch_size ?? "");
  return [
    { en: `A convolution looks at a picture through a small window, 3×3 pixels, at every place, and writes down how much it sees there of one thing. The first windows find edges and spots of colour; the next look at the maps of the first. Each cell of convolution ${last} sees ${side}×${side} of the ${width}×${height} pixels${enough.en}.`, zh: `卷积通过一个 3×3 像素的小窗口，在图片的每个位置看一眼，记下某种东西在那里有多少。第一层窗口找到边缘和色块；后面的窗口看前面的特征图。卷积 ${last} 的每个格子能看到 ${width}×${height} 像素中的 ${side}×${side}${enough.zh}。` },
    { en: "Between them, pooling keeps only the strongest of four neighbours: what was found matters more than exactly where. At the end, a dense layer weighs all that was found, and another one turns it into a score for each class.", zh: "中间的池化只保留四个相邻数中最强的一个：找到了什么，比具体在哪儿更重要。最后，一个全连接层综合找到的一切，另一个把它变成每个类别的得分。" },
    { en: `What the windows look for was not designed. They began as random numbers. After every ${batch} pictures they were changed a little, so that the answers get less wrong.`, zh: `窗口要找什么，不是人设计的。一开始它们是随机数；每看 ${batch} 张图就微调一次，让答案错得少一点。` },
  ];
}

/** The classes that it gets right most and least often. */
function extremes(page: Page<Content>): Text | undefined {
  const rows = page.data.tables.find(({ title }) => title === "by class")?.rows ?? [];
  const sorted = rows.map(([name, , share]) => ({ name: className(String(name), infoOf(page).source), share: Number(share) }))
    .sort((one, other) => other.share - one.share);
  const [best, worst] = [sorted[0], sorted[sorted.length - 1]];
  if (!best || best.share === worst.share) return undefined;
  return {
    en: `Best: ${best.name.en} ${percent(best.share)}. Worst: ${worst.name.en} ${percent(worst.share)}.`,
    zh: `最好：${best.name.zh} ${percent(best.share)}；最差：${worst.name.zh} ${percent(worst.share)}。`,
  };
}

export const study: Study<Content> = {
  title: { en: "Recognising pictures", zh: "识别图片" },
  sentence: (page) => {
    const { class_names: names, source } = infoOf(page);
    const count = Number(page.data.split.train ?? 0).toLocaleString("en");
    const own = source === "cifar10";
    return {
      en: `From ${count} labelled pictures, this network learned to tell ${names.length} kinds of ${own ? "things" : "pictures"} apart. Nobody told it what to look for.`,
      zh: `这个网络看了 ${count} 张带标签的图片，学会分辨 ${names.length} 类${own ? "事物" : "图片"}。没有人告诉它该看什么。`,
    };
  },
  idea,
  begin, journeys,
  mistakes: (page) => mistakesOf(page.data.content, infoOf(page).source, putIn(page)),
  mistakesWords: (page) => mistakesWords(page.data, page.data.content, extremes(page)),
  breaks: (page) => breaksOf(page.data.content, infoOf(page).source, putIn(page)),
  insight: { en: "Small windows find edges; stacked, they recognise things.", zh: "小窗口只能找到边缘；层层叠起，就能认出事物。" },
  metrics: {
    accuracy: { en: "The share of test pictures whose likeliest class is the right one.", zh: "在测试图片中，概率最高的类别正确的比例。" },
    balanced_accuracy: { en: "The mean over the classes of the share of their test pictures that it gets right.", zh: "先算每个类别的正确率，再取平均。" },
  },
};
