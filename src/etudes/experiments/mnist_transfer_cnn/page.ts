/** The page of a run of mnist_transfer_cnn. */

import { type Journey, type LayerWords, type Mistake, type Page, type Study, type Tensor, type Text, h } from "etudes-page";
import {
  Answers, type ClassifierContent, DRAWING, type PutIn, answerText, breaksOf, className, examplesOf, mistakesOf,
  mistakesWords, newest, outputOf, pictureTensor,
} from "etudes-page/classifier";
import { layerWords } from "etudes-page/layer_words";
import type { PictureInfo } from "etudes-page/pictures/fit";
import { type PictureInput, pictureInput } from "etudes-page/pictures/input";
import { inkExpected } from "etudes-page/pictures/prepare";
import type { Raster } from "etudes-page/pictures/raster";
import { Readers, changeTable } from "./what_changed";

/** What page.py puts in, of both tasks. */
interface Content {
  first: ClassifierContent;
  second: ClassifierContent;
}

interface TransferInfo extends PictureInfo {
  first_classes: string[];
  second_classes: string[];
}

const FIRST = "first";
const SECOND = "transferred";
/** Characters of a list of classes that is written out. */
const MOST = 24;
const inputs = new WeakMap<Page<Content>, PictureInput>();
const infoOf = (page: Page<Content>) => page.data.info as unknown as TransferInfo;
const putIn = (page: Page<Content>): PutIn => (address, truth) => void inputs.get(page)!.put(address, truth);
const inPercent = (share: number) => `${(100 * share).toFixed(2)} %`;

/** Some classes in a few words: "0–4", or all of them, or how many. */
function range(names: string[]): Text {
  const numbers = names.map(Number);
  const inOrder = numbers.every((value, index) => index === 0 || value === numbers[index - 1] + 1);
  const whole = `${names[0]}–${names[names.length - 1]}`;
  if (inOrder) return { en: whole, zh: whole };
  if (names.join().length <= MOST) return { en: names.join(", "), zh: names.join("、") };
  return { en: `${names.length} classes`, zh: `${names.length} 个类别` };
}

/** The classes of both tasks, before the transfer and after it, in a few words. */
function ranges(page: Page<Content>): [Text, Text] {
  const info = infoOf(page);
  return [range(info.first_classes), range(info.second_classes)];
}

/** The data of each task: two sets, or one for both. */
function sources(page: Page<Content>): [string, string] {
  const names = infoOf(page).source.split(" to ");
  return [names[0], names[names.length - 1]];
}

const kindsIn = (page: Page<Content>, network: string, kind: string) =>
  page.data.networks[network].layers.filter((layer) => layer.kind === kind).map(({ name }) => name);

/** The layers of a network up to where its maps become features. */
function bottleneck(page: Page<Content>, network: string): string[] {
  const { layers } = page.data.networks[network];
  return layers.slice(0, layers.findIndex(({ kind }) => kind === "Flatten")).map(({ name }) => name);
}

function readersOf(page: Page<Content>): Readers {
  const features = (network: string) => kindsIn(page, network, "MaxPooling2D")[0];
  const head = (network: string) => {
    const { layers } = page.data.networks[network];
    return layers[layers.findIndex(({ kind }) => kind === "Dense") + 1].name;
  };
  const units = page.networks[SECOND].layer(head(SECOND))!.shape[0];
  return new Readers({ features: [features(FIRST), features(SECOND)], head: [head(FIRST), head(SECOND)] }, units);
}

async function begin(page: Page<Content>): Promise<HTMLElement> {
  const info = infoOf(page);
  const [source, target] = sources(page);
  const [old, fresh] = ranges(page);
  const answers = {
    first: new Answers(info.first_classes, source, { en: `Before the transfer: knows ${old.en}`, zh: `迁移前：认识 ${old.zh}` }),
    second: new Answers(info.second_classes, target, { en: `After the transfer: knows ${fresh.en}`, zh: `迁移后：认识 ${fresh.zh}` }),
  };
  const readers = readersOf(page);
  const run = (name: string, picture: Tensor) => page.networks[name].run({ [page.data.networks[name].inputs[0].name]: picture });
  const answer = newest(async (picture: Raster) => {
    const given = pictureTensor(picture);
    const [first, second] = [await run(FIRST, given), await run(SECOND, given)];
    const [before, after] = [outputOf(page.data, FIRST, first).data, outputOf(page.data, SECOND, second).data];
    answers.first.show(before);
    answers.second.show(after);
    readers.show(first, second);
    const [one, other] = [answerText(info.first_classes, source, before), answerText(info.second_classes, target, after)];
    page.announce({ en: `before: ${one.en}; after: ${other.en}`, zh: `迁移前：${one.zh}；迁移后：${other.zh}` });
    page.show({ [FIRST]: first, [SECOND]: second });
  });
  const { content } = page.data;
  const input = pictureInput({
    info, strokes: DRAWING,
    examples: [...examplesOf(content.first, source), ...examplesOf(content.second, target)],
    named: inkExpected(info) ? { en: "Your drawing", zh: "你的画" } : { en: "The picture", zh: "图片" },
    changed: (picture) => {
      if (picture) void answer(picture);
      else for (const one of Object.values(answers)) one.show(null);
    },
  });
  inputs.set(page, input);
  await input.begin(content.first.examples.length);
  const five = /^\d–\d$/.test(old.en) && info.first_classes.length === 5 && info.second_classes.length === 5;
  const count: Text = five ? { en: "five digits", zh: "五个数字" } : { en: "classes", zh: "类别" };
  const task = {
    en: `Draw one of ${old.en}, then one of ${fresh.en}. Each network answers with one of its own ${count.en}, whatever you draw: it has no other outputs.`,
    zh: `先画 ${old.zh} 中的一个，再画 ${fresh.zh} 中的一个。无论画什么，每个网络都只会在自己的${count.zh}里作答：它没有别的输出。`,
  };
  return h("div", { class: "trying" }, h("div", { class: "input" }, input.element),
    h("div", { class: "answers" }, answers.first.element, answers.second.element),
    h("div", { class: "tools" }, h("p", { class: "task" }, task), input.tools), h("div", { class: "more" }, readers.element));
}

function linesOf(page: Page<Content>): Record<string, string> {
  const { layers } = page.data.networks[SECOND];
  const [convolutions, dense] = [kindsIn(page, SECOND, "Conv2D"), kindsIn(page, SECOND, "Dense")];
  return {
    [layers[0].name]: "layers.Rescaling(1 / 255)",
    [convolutions[0]]: 'name="convolution_1"',
    [convolutions[1]]: 'name="convolution_2"',
    [kindsIn(page, SECOND, "MaxPooling2D")[0]]: "layers.MaxPooling2D(2)",
    [dense[0]]: "layers.Dense(128)",
    [dense[1]]: "layers.Dense(classes)",
    [layers[layers.length - 1].name]: 'layers.Activation("softmax"',
  };
}

/** The journey through one of the networks, of which some layers are left out. */
function journey(page: Page<Content>, network: string, names: string[], lines: Record<string, string>): Omit<Journey, "title" | "words"> {
  const { layers, inputs: [input] } = page.data.networks[network];
  const { height, width } = infoOf(page);
  const picture: LayerWords = {
    title: { en: "The picture, as numbers", zh: "图片其实是数字" },
    what: { en: `${height}×${width} pixels, each from 0 to 255.`, zh: `${height}×${width} 个像素，每个都是 0 到 255 之间的数。` },
  };
  return {
    network,
    layers: { [input.name]: picture, ...layerWords(layers, input.shape, lines) },
    labels: { [layers[layers.length - 1].name]: { columns: names }, [kindsIn(page, network, "Dense").at(-1)!]: { columns: names } },
  };
}

function journeys(page: Page<Content>): Journey[] {
  const info = infoOf(page);
  const [old, fresh] = ranges(page);
  const frozen = page.data.networks[SECOND].layers.some(({ parameters, trainable }) => parameters > 0 && !trainable);
  const pooling = page.networks[FIRST].layer(kindsIn(page, FIRST, "MaxPooling2D")[0])!.shape;
  const features = pooling.reduce((all, extent) => all * extent, 1).toLocaleString("en");
  const same: Text = frozen
    ? { en: `It begins with the same ${features} features (see max pooling).`, zh: `它从同样的 ${features} 个特征开始（见最大池化）。` }
    : { en: `It begins with ${features} features of its own convolutions.`, zh: `它从自己的卷积层得到的 ${features} 个特征开始。` };
  const lock: Text = frozen
    ? { en: `Locked layers were learned from ${old.en} and stayed as they were; the dense layers were trained further, from ${fresh.en}.`, zh: `带锁的层是从 ${old.zh} 学来的，之后再没变过；全连接层又从 ${fresh.zh} 继续训练。` }
    : { en: `In this run nothing was frozen: all layers were trained further, from ${fresh.en}.`, zh: `这次训练没有冻结任何层：所有层都从 ${fresh.zh} 继续训练。` };
  return [
    {
      ...journey(page, SECOND, info.second_classes, linesOf(page)),
      title: { en: "The way of your picture", zh: "你的图片走过的路" },
      short: { en: "Inside", zh: "内部" },
      words: [
        { en: "Every number below is that of the network after the transfer, for the picture above. Choose a cell to see where it came from. Blue is below zero, orange above.", zh: "下面每个数都是迁移后的网络针对上面的图片算出的真实数值。点选任一单元格，看它从何而来。蓝色为负，橙色为正。" },
        lock,
      ],
    },
    {
      ...journey(page, FIRST, info.first_classes, {}),
      title: { en: "The head before the transfer", zh: "迁移前的头（读特征的部分）" },
      short: { en: "Before", zh: "迁移前" },
      words: [
        same,
        { en: `This is what the network of ${old.en} reads in them. In the transfer, these layers learned to read ${fresh.en} in them.`, zh: `这是认识 ${old.zh} 的网络从中读出的内容。迁移时，这些层学会了从中读出 ${fresh.zh}。` },
      ],
      hidden: ["Flatten", ...bottleneck(page, FIRST)],
    },
  ];
}

function panels(page: Page<Content>): ReturnType<NonNullable<Study<Content>["panels"]>> {
  const update = () => undefined;
  const { frozen_parameters: frozen, parameters } = page.data.metrics;
  const part: Text = frozen && parameters
    ? { en: ` The frozen part has only ${(100 * frozen / parameters).toFixed(1)} % of the weights.`, zh: `冻结的部分只占权重的 ${(100 * frozen / parameters).toFixed(1)} %。` }
    : { en: "", zh: "" };
  const measured: Text = isStudied(page)
    ? { en: " Measured: from three pictures each, a new head read 84.0 % of 1,000 other pictures of 5–9.", zh: "实测：每个数字只用三张图，新的头在另外 1,000 张 5–9 的图上答对 84.0 %。" }
    : { en: "", zh: "" };
  const command = h("pre", { class: "command" }, `etudes use ${page.data.run} picture.png --teach FOLDER`);
  return [
    {
      title: { en: "What the transfer changed", zh: "迁移改变了什么" },
      words: [{ en: `The weights of each layer, before and after. At its end, the training checked that frozen ones are the same to the last bit.${part.en}`, zh: `每一层迁移前后的权重。训练结束时检查过：冻结的层每一位都相同。${part.zh}` }],
      panel: { element: changeTable(page.networks[FIRST], page.networks[SECOND]), update },
    },
    {
      title: { en: "In the studio: teach it new signs", zh: "在工作室教它新的符号" },
      words: [{ en: `This page cannot do it. The features stay, so a new head learns new classes from a handful of pictures in seconds.${measured.en} Draw them in the studio (etudes studio), or put pictures into a folder, one subfolder for each class:`, zh: `本页不能操作。特征不变，所以新的头只要几张图、几秒钟就能学会新的类别。${measured.zh}可以在工作室（etudes studio）里画，也可以把图片放进一个文件夹，每个类别一个子文件夹：` }],
      panel: { element: command, update },
    },
  ];
}

function breaks(page: Page<Content>): ReturnType<Study<Content>["breaks"]> {
  const { first, second } = page.data.content;
  const [source, target] = sources(page);
  const [old, fresh] = ranges(page);
  const [other] = first.examples.slice(-1);
  const named: Text = other?.truth ? { en: /^\d$/.test(other.truth) ? `A ${other.truth}` : other.truth, zh: other.truth } : old;
  const forgotten = other && {
    title: { en: `${named.en} for the network that knows ${fresh.en}`, zh: `拿 ${named.zh} 去问认识 ${fresh.zh} 的网络` },
    why: {
      en: `It must answer ${fresh.en}: its head now reads only those. The network before the transfer still knows ${old.en}.`,
      zh: `它只能答 ${fresh.zh}：它的头（读特征的部分）现在只读这些。迁移前的网络仍然认识 ${old.zh}。`,
    },
    put: () => putIn(page)(other.picture, other.truth ? className(other.truth, source) : null),
  };
  const corner: Text = {
    en: "The windows find the strokes in the corner too. But the dense layer learned what to make of them near the middle.",
    zh: "窗口在角落也能找到笔画；但全连接层只学过它们在中间附近时该怎么读。",
  };
  return [...(forgotten ? [forgotten] : []), ...breaksOf(second, target, putIn(page), { corner })];
}

/** The worst mistakes of the network after the transfer, then of the one before it; each says which. */
function mistakes(page: Page<Content>): Mistake[] {
  const { first, second } = page.data.content;
  const [source, target] = sources(page);
  const [old, fresh] = ranges(page);
  const of = (all: Mistake[], which: Text) => all.map((one) =>
    ({ ...one, words: { en: `${which.en}: ${one.words.en}`, zh: `${which.zh}：${one.words.zh}` } }));
  return [
    ...of(mistakesOf(second, target, putIn(page)).slice(0, 8), { en: `After the transfer (${fresh.en})`, zh: `迁移后（${fresh.zh}）` }),
    ...of(mistakesOf(first, source, putIn(page)).slice(0, 4), { en: `Before it (${old.en})`, zh: `迁移前（${old.zh}）` }),
  ];
}

/** How often both networks are right, in words. */
function bothFigures(page: Page<Content>): Text | undefined {
  const { accuracy, pictures, first_accuracy: before } = page.data.metrics;
  if (accuracy === undefined || before === undefined) return undefined;
  const [old, fresh] = ranges(page);
  const count = pictures.toLocaleString("en");
  return {
    en: `The network is right on ${inPercent(accuracy)} of ${fresh.en} (${count} pictures); the one before the transfer, on ${inPercent(before)} of ${old.en}.`,
    zh: `网络在 ${fresh.zh} 上答对 ${inPercent(accuracy)}（${count} 张图）；迁移前的网络在 ${old.zh} 上答对 ${inPercent(before)}。`,
  };
}

/** Whether the figures of the study's card are of such a run: from the digits 0–4 of MNIST to 5–9, frozen. */
function isStudied(page: Page<Content>): boolean {
  const { source, first_classes: old } = infoOf(page);
  return source === "mnist" && old.join("") === "01234" && Boolean(page.data.metrics.frozen_parameters);
}

function idea(page: Page<Content>): Text[] {
  const gain: Text = isStudied(page)
    ? { en: " From all pictures that is no better than to begin anew: 99.5 % both. But an epoch takes 1.4 s instead of 6.9 s, and with only 100 pictures of each digit it reaches 97.3 % instead of 96.6 % (three seeds each).", zh: "用全部图片时，这并不比从头训练更好：都是 99.5 %。但一轮只要 1.4 秒，而不是 6.9 秒；每个数字只有 100 张图时，正确率是 97.3 %，从头训练是 96.6 %（各用三个随机种子）。" }
    : { en: "", zh: "" };
  return [
    { en: "A network for pictures has two parts. Convolutions find strokes, ends, curves: features. A head of dense layers reads them, and says what they are together. The first part has few weights and takes nearly all the computing.", zh: "识别图像的网络有两部分。卷积层找出笔画、端点、弧线，这些叫特征；由全连接层组成的头（读特征的部分）判断它们合起来是什么。前一部分权重很少，却占了几乎全部的计算。" },
    { en: `Strokes are strokes, in a 3 as in an 8. So for new classes the first part is kept as it is, frozen, and only the head is trained further.${gain.en}`, zh: `3 里的笔画和 8 里的笔画没有两样。所以学新类别时，前一部分原样保留（冻结），只有头继续训练。${gain.zh}` },
  ];
}

export const study: Study<Content> = {
  title: { en: "Transfer learning", zh: "迁移学习" },
  sentence: (page) => {
    const [old, fresh] = ranges(page);
    return {
      en: `This network first learned ${old.en}. What it had learned to see then served for ${fresh.en}.`,
      zh: `这个网络先学会了认 ${old.zh}，再用学到的“看”的本领去认 ${fresh.zh}。`,
    };
  },
  idea,
  begin, journeys, panels, breaks,
  mistakes,
  mistakesWords: (page) => {
    const { first, second } = page.data.content;
    return mistakesWords(page.data, { ...second, mistakes: [...second.mistakes, ...first.mistakes] }, bothFigures(page));
  },
  insight: { en: "Features carry over; only the reading is new.", zh: "特征可以搬过来用，新的只是读法。" },
  metrics: {
    accuracy: { en: "The share of test pictures of the second classes that the network after the transfer gets right.", zh: "迁移后的网络在第二组类别的测试图片上的正确率。" },
    balanced_accuracy: { en: "The mean over the second classes of the share of their test pictures that it gets right.", zh: "先算第二组每个类别的正确率，再取平均。" },
  },
};
