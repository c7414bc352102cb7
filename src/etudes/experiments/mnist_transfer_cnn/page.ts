/** The page of a run of mnist_transfer_cnn. */

import { type Journey, type LayerWords, type Page, type Study, type Tensor, type Text, h } from "etudes-page";
import {
  Answers, type ClassifierContent, DRAWING, answerText, breaksOf, examplesOf, mistakesOf, newest, outputOf, pictureTensor,
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
    named: inkExpected(info) ? { en: "Your drawing", zh: "您的画" } : { en: "The picture", zh: "图片" },
    changed: (picture) => {
      if (picture) void answer(picture);
      else for (const one of Object.values(answers)) one.show(null);
    },
  });
  inputs.set(page, input);
  await input.begin(content.first.examples.length);
  const task = {
    en: `Draw one of ${old.en}, then one of ${fresh.en}. Each network answers with a class of its own, whatever you draw: it has no other outputs.`,
    zh: `先画 ${old.zh} 中的一个，再画 ${fresh.zh} 中的一个。无论画什么，每个网络都只会在自己的类别里作答：它没有别的输出。`,
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
    title: { en: "The picture, as numbers", zh: "图片就是一堆数" },
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
  const lock: Text = frozen
    ? { en: `The dimmed bands with a lock were learned from ${old.en} and have not changed since; those without learned on, from ${fresh.en}.`, zh: `带锁的暗色层是从 ${old.zh} 学来的，之后再没变过；不带锁的层又从 ${fresh.zh} 继续学习。` }
    : { en: `In this run nothing was frozen: all layers learned on, from ${fresh.en}.`, zh: `这次训练没有冻结任何层：所有层都从 ${fresh.zh} 继续学习。` };
  return [
    {
      ...journey(page, SECOND, info.second_classes, linesOf(page)),
      title: { en: "The way of your picture", zh: "您的图片走过的路" },
      words: [
        { en: "Every number below is that of the network after the transfer, for the picture above. Choose a cell to see where it came from. Blue is below zero, orange above.", zh: "下面每个数都是迁移后的网络针对上面的图片算出的真实数值。点选任一单元格，看它从何而来。蓝色为负，橙色为正。" },
        lock,
      ],
    },
    {
      ...journey(page, FIRST, info.first_classes, {}),
      title: { en: "The head before the transfer", zh: "迁移前的头部" },
      words: [
        { en: `What the network of ${old.en} read in the same features. In the transfer, these layers learned to read ${fresh.en} in them.`, zh: `认识 ${old.zh} 的网络怎样读同样的特征。迁移时，这些层学会了从中读出 ${fresh.zh}。` },
      ],
      hidden: ["Flatten", ...bottleneck(page, FIRST)],
    },
  ];
}

function panels(page: Page<Content>): ReturnType<NonNullable<Study<Content>["panels"]>> {
  const update = () => undefined;
  const command = h("pre", { class: "command" }, `etudes use ${page.data.run} picture.png --teach FOLDER`);
  return [
    {
      title: { en: "What the transfer changed", zh: "迁移改变了什么" },
      words: [{ en: "The weights of each layer, before and after. At its end, the training checked that frozen ones are the same to the last bit.", zh: "每一层迁移前后的权重。训练结束时检查过：冻结的层每一位都相同。" }],
      panel: { element: changeTable(page.networks[FIRST], page.networks[SECOND]), update },
    },
    {
      title: { en: "What five drawings of your own teach", zh: "您自己的五张画能教会它什么" },
      words: [{ en: "The features stay, so a new head learns new classes from a handful of pictures in seconds. Draw them in the studio (etudes studio), or put pictures into a folder, one subfolder for each class:", zh: "特征不变，所以新的头部只要几张图、几秒钟就能学会新的类别。可以在工作室（etudes studio）里画，也可以把图片放进一个文件夹，每个类别一个子文件夹：" }],
      panel: { element: command, update },
    },
  ];
}

function breaks(page: Page<Content>): ReturnType<Study<Content>["breaks"]> {
  const { first, second } = page.data.content;
  const put = (address: string) => void inputs.get(page)!.put(address);
  const [old, fresh] = ranges(page);
  const [other] = first.examples.slice(-1);
  const forgotten = other && {
    title: { en: `${other.truth || old.en}, shown to the network after`, zh: `拿 ${other.truth || old.zh} 去问迁移后的网络` },
    why: {
      en: `It must answer with one of ${fresh.en}: its head has given up what it knew. The one before, beside it, still knows.`,
      zh: `它只能在 ${fresh.zh} 里选一个：它的头部已经放弃了原来会的。旁边迁移前的网络还认得。`,
    },
    put: () => put(other.picture),
  };
  return [...(forgotten ? [forgotten] : []), ...breaksOf(second, sources(page)[1], put)];
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
  idea: [
    { en: "A network for pictures has two parts. Convolutions find strokes, ends, curves: features. A head of dense layers reads them, and says what they are together. The first part has few weights and does nearly all the work.", zh: "识别图像的网络有两部分。卷积层找出笔画、端点、弧线，这些叫特征；由全连接层组成的头部读这些特征，判断合起来是什么。前一部分权重很少，却做了几乎全部的计算。" },
    { en: "Strokes are strokes, in a 3 as in an 8. So for new classes the first part is kept as it is, frozen, and only the head learns on. That needs less time and fewer examples than to begin anew.", zh: "3 里的笔画和 8 里的笔画没有两样。所以学新类别时，前一部分原样保留（冻结），只有头部继续学习。这比从头训练省时间，也省样本。" },
  ],
  begin, journeys, panels, breaks,
  mistakes: (page) => {
    const put = (address: string) => void inputs.get(page)!.put(address);
    const { first, second } = page.data.content;
    const [source, target] = sources(page);
    return [...mistakesOf(second, target, put).slice(0, 8), ...mistakesOf(first, source, put).slice(0, 4)];
  },
  insight: { en: "Features carry over; only the reading is new.", zh: "特征可以搬过来用，新的只是读法。" },
  metrics: {
    accuracy: { en: "The share of test pictures of the second classes that the network after the transfer gets right.", zh: "迁移后的网络在第二组类别的测试图片上的正确率。" },
    balanced_accuracy: { en: "The mean over the second classes of the share of their test pictures that it gets right.", zh: "先算第二组每个类别的正确率，再取平均。" },
  },
};
