/** The page of a run of cifar10_cnn. */

import { type Journey, type Page, type Study, type Text, h } from "etudes-page";
import {
  Answers, type ClassifierContent, type ClassifierInfo, DRAWING, answerText, breaksOf, examplesOf, mistakesOf, newest,
  outputOf, pictureTensor,
} from "etudes-page/classifier";
import { layerWords } from "etudes-page/layer_words";
import { type PictureInput, pictureInput } from "etudes-page/pictures/input";
import { inkExpected } from "etudes-page/pictures/prepare";
import type { Raster } from "etudes-page/pictures/raster";
import { Occlusion } from "./occlusion";

type Content = ClassifierContent;

const NETWORK = "classifier";

const inputs = new WeakMap<Page<Content>, PictureInput>();
const infoOf = (page: Page<Content>) => page.data.info as unknown as ClassifierInfo;

async function begin(page: Page<Content>): Promise<HTMLElement> {
  const info = infoOf(page);
  const answers = new Answers(info.class_names, info.source);
  const occlusion = new Occlusion(page.networks[NETWORK], info);
  const answer = newest(async (picture: Raster) => {
    const values = await page.networks[NETWORK].run({ [page.data.networks[NETWORK].inputs[0].name]: pictureTensor(picture) });
    const { data } = outputOf(page.data, NETWORK, values);
    answers.show(data);
    page.announce(answerText(info.class_names, info.source, data));
    occlusion.look(input.uncovered());
    page.show({ [NETWORK]: values });
  });
  const named: Text = inkExpected(info) ? { en: "Your drawing", zh: "您的画" } : { en: "The picture", zh: "图片" };
  const examples = examplesOf(page.data.content, info.source);
  const input: PictureInput = pictureInput({
    info, named, examples, strokes: DRAWING,
    changed: (picture) => (picture ? void answer(picture) : answers.show(null)),
  });
  if (!inkExpected(info)) occlusion.cover = (square) => input.cover(square);
  inputs.set(page, input);
  await input.begin(Math.floor(examples.length / 3));
  return h("div", { class: "trying" }, h("div", { class: "input" }, input.element), h("div", { class: "answers" }, answers.element),
    h("div", { class: "tools" }, input.tools), h("div", { class: "more" }, occlusion.element));
}

function journeys(page: Page<Content>): Journey[] {
  const { layers, inputs: [input] } = page.data.networks[NETWORK];
  const info = infoOf(page);
  const convolutions = layers.filter(({ kind }) => kind === "Conv2D").map(({ name }) => name);
  const dense = layers.filter(({ kind }) => kind === "Dense").map(({ name }) => name);
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
    title: { en: "The way of your picture", zh: "您的图片走过的路" },
    words: [
      { en: "Every number below is the network's own, for the picture above; each small picture is a map of where something was found. Blue is below zero, orange above. Choose a pixel to see which pixels it came from, and the arithmetic.", zh: "下面每个数都是网络针对上面的图片算出的真实数值；每张小图都是一张特征图，表示在哪里找到了某种东西。蓝色为负，橙色为正。点选一个像素，看它来自哪些像素、怎么算出来的。" },
    ],
    layers: {
      [input.name]: {
        title: { en: "The picture, as numbers", zh: "图片就是一堆数" },
        what: info.channels === 3
          ? { en: `${info.height}×${info.width} pixels, each three numbers from 0 to 255: how red, how green, how blue.`, zh: `${info.height}×${info.width} 个像素，每个像素三个 0 到 255 的数：红、绿、蓝各有多少。` }
          : { en: `${info.height}×${info.width} pixels, each a number from 0, black, to 255, white.`, zh: `${info.height}×${info.width} 个像素，每个像素是 0（黑）到 255（白）之间的一个数。` },
      },
      ...layerWords(layers, input.shape, lines),
    },
    labels: { [layers[layers.length - 1].name]: { columns: info.class_names }, [dense[dense.length - 1]]: { columns: info.class_names } },
  }];
}

export const study: Study<Content> = {
  title: { en: "Recognising pictures", zh: "识别图片" },
  sentence: (page) => {
    const { class_names: names, source } = infoOf(page);
    const count = Number(page.data.split.train ?? 0).toLocaleString("en");
    const own = source === "cifar10";
    return {
      en: `This network learned to tell ${names.length} kinds of ${own ? "things" : "pictures"} apart from ${count} examples. Nobody told it what to look for.`,
      zh: `这个网络看了 ${count} 张例图，学会了分辨 ${names.length} 类${own ? "事物" : "图片"}。没有人告诉它该看什么。`,
    };
  },
  idea: [
    { en: "A convolution looks at a picture through a small window, 3×3 pixels, at every place, and writes down how much it sees there of one thing. The first windows find edges and spots of colour. The next look at the maps of the first, and find corners, stripes, curves; those after them, parts of things.", zh: "卷积通过一个 3×3 像素的小窗口，在图片的每个位置看一眼，记下某种东西在那里有多少。第一层窗口找到边缘和色块；第二层看第一层的特征图，找到角、条纹和曲线；再往后，找到物体的局部。" },
    { en: "Between them, pooling keeps only the strongest of four neighbours: what was found matters more than exactly where. At the end, a dense layer weighs all that was found, and another one turns it into a score for each class.", zh: "中间的池化只保留四个相邻数中最强的一个：找到了什么，比具体在哪儿更重要。最后，一个全连接层综合找到的一切，另一个把它变成每个类别的得分。" },
    { en: "What the windows look for was not designed. They began as random numbers; each mistake in training changed them a little.", zh: "窗口要找什么，不是人设计的。一开始它们是随机数；训练中每犯一次错，就改动一点点。" },
  ],
  begin, journeys,
  mistakes: (page) => mistakesOf(page.data.content, infoOf(page).source, (address) => void inputs.get(page)!.put(address)),
  breaks: (page) => breaksOf(page.data.content, infoOf(page).source, (address) => void inputs.get(page)!.put(address)),
  insight: { en: "Small windows, stacked, see objects.", zh: "小小的窗口层层叠起来，就看见了物体。" },
  metrics: {
    accuracy: { en: "The share of test pictures whose likeliest class is the right one.", zh: "在测试图片中，概率最高的类别正确的比例。" },
    balanced_accuracy: { en: "The mean over the classes of the share of their test pictures that it gets right.", zh: "先算每个类别的正确率，再取平均。" },
  },
};
