/** The page of a run of mnist_acgan. */

import { percent, h, type Break, type Mistake, type Page, type PageData, type Study, type TableData, type Text } from "etudes-page";
import { Artist, plain } from "./artist";
import type { Content, Judged } from "./content";
import { Directions, Wall } from "./directions";
import { discriminatorJourney, generatorJourney } from "./journeys";
import { JudgementView } from "./judgement";
import "./page.css";
import { paintPicture, pictureCanvas } from "./pictures";
import { Pull, pullWords } from "./pull";
import { RealPictures, realWords } from "./real";
import { Steps } from "./steps";
import { ClassStrip, largeDrawing, SeedStrip } from "./strips";
import { Walk } from "./walk";

/** Drawings of a class that vary less, as a share of how much real ones do, are said to be a weakness. */
const LITTLE = 0.7;

const artists = new WeakMap<Page<Content>, Artist>();

/** z as a short text for the address: a byte for each number. */
function written(z: Float32Array): string {
  return btoa(String.fromCharCode(...z.map((value) => 128 + Math.round(Math.max(-1, Math.min(1, value)) * 127))));
}

function readZ(text: string, latent: number): Float32Array | null {
  if (!/^[A-Za-z0-9+/]+=*$/.test(text) || text.length % 4) return null;
  const bytes = atob(text);
  return bytes.length === latent ? Float32Array.from(bytes, (sign) => (sign.charCodeAt(0) - 128) / 127) : null;
}

async function begin(page: Page<Content>): Promise<HTMLElement> {
  const artist = new Artist(page);
  artists.set(page, artist);
  const { classes } = artist.content;
  const classStrip = new ClassStrip(artist);
  const judgement = new JudgementView(artist.content, { en: "What the discriminator says", zh: "判别器怎么说" });
  artist.onDrawing(() => judgement.show(artist.now.judgement, artist.label.share ? null : artist.label.from));
  artist.onDrawing(() => {
    page.remember("class", classes[artist.label.from]);
    page.remember("seed", String(artist.origin?.seed ?? 0));
    page.remember("number", String((artist.origin?.number ?? 0) + 1));
    page.remember("z", artist.origin ? "" : written(artist.z));
  }, "settled");
  const { state } = page;
  const asked = classes.indexOf(state.class ?? "");
  const z = readZ(state.z ?? "", artist.content.latent);
  const label = asked < 0 ? Math.min(7, classes.length - 1) : asked;
  const number = Math.min(artist.content.drawings, Math.max(1, Math.trunc(Number(state.number) || 1))) - 1;
  const seed = Math.min(2 ** 32 - 1, Math.max(0, Math.trunc(Number(state.seed) || 0)));
  const seeds = new SeedStrip(artist);
  const turn = new Directions(artist);
  const top = h("div", { class: "studio" }, classStrip.element,
    largeDrawing(artist), judgement.element,
    h("div", { class: "controls" }, seeds.element, turn.element, new Wall(artist).element));
  await (z ? artist.put({ z, label }) : artist.putSeed(seed, number, label));
  artist.settle();
  return top;
}

interface Parts {
  walk: Walk;
  real: RealPictures;
  pull: Pull;
  steps: Steps;
}

const parts = new WeakMap<Artist, Parts>();

/** The parts of the page that follow the drawing. */
function partsOf(artist: Artist): Parts {
  let found = parts.get(artist);
  if (!found) {
    const real = new RealPictures(artist);
    found = { real, walk: new Walk(artist), pull: new Pull(artist), steps: new Steps(artist, real) };
    parts.set(artist, found);
  }
  return found;
}

function panels(page: Page<Content>): ReturnType<NonNullable<Study<Content>["panels"]>> {
  const artist = artists.get(page)!;
  const { walk, real, pull, steps } = partsOf(artist);
  return [
    {
      title: { en: "From one drawing to another", zh: "从一幅图渐变到另一幅" },
      words: [{ en: "Between two z of a class every point is a drawing of that class, too: the network keeps no pictures, it has learned a way of drawing. Between the vectors of two labels lies a short stretch that is neither, and the discriminator, which must name a class, changes its mind within it. Choose a drawing of the strip to put it in above.", zh: "同一类的两个 z 之间，每一点也都是这一类的图：网络没有存下任何图片，它学会的是一种画法。两个标签的向量之间有一小段两者都不是，而判别器必须说出一个类别，它就在这一段里改口。点选其中一幅，即可放到上面。" }],
      panel: walk, first: true, short: { en: "Walk", zh: "渐变" },
    },
    { title: { en: "Generated beside real", zh: "生成与真实并排" }, words: realWords(artist), panel: real, short: { en: "Real or not", zh: "真与假" } },
    { title: { en: "The pull on each pixel", zh: "对每个像素的拉力" }, words: pullWords(), panel: pull, short: { en: "Pull", zh: "拉力" } },
    {
      title: { en: "How both learned: nine steps", zh: "两者怎样学习：九个步骤" },
      words: [{ en: "One step of training for both, in the order of study.py, with your own drawing. It was repeated for every batch of real pictures.", zh: "双方训练一步的全过程，顺序与 study.py 相同，并用你自己的图来演示。每一批真图都会重复一次。" }],
      panel: steps, short: { en: "Nine steps", zh: "九步" },
    },
  ];
}

function mistakes(page: Page<Content>): Mistake[] {
  const artist = artists.get(page)!;
  const { rejected, classes } = artist.content;
  const canvases = rejected.map(({ class: label }) => pictureCanvas({ en: `a drawing of ${classes[label]}`, zh: `画的 ${classes[label]}` }));
  const all = rejected.map(({ class: label, seed, number }) => ({ z: artist.zOf(seed, number), label: plain(label) }));
  const draw = async () => (await artist.pictures(all)).forEach((picture, index) => paintPicture(canvases[index], picture));
  if (all.length) setTimeout(() => void draw(), 300);
  return rejected.map((one, index) => ({ shown: canvases[index], words: said(one, classes), put: () => void artist.putSeed(one.seed, one.number, one.class) }));
}

function mistakesWords(page: Page<Content>): Text {
  const { judged, taken } = page.data.content;
  const weak = weakness(page.data.tables);
  return {
    en: `${judged} drawings of random z were judged when this page was made. The discriminator took ${taken || "none"} of them for another class. Here ${taken ? "are these, and of each other class" : "is, of each class,"} the one that it finds least real. Choose one to put it in.${weak.en}`,
    zh: `制作本页时评判了 ${judged} 幅随机 z 的图，其中${taken ? ` ${taken} 幅` : "没有一幅"}被判别器认作别的类别。这里是${taken ? "这些图，以及其他" : ""}每个类别中真图概率最低的一幅。点选一幅，即可放入。${weak.zh}`,
  };
}

/** The class whose drawings vary least, where they vary much less than real ones. */
function weakness(tables: TableData[]): Text {
  const table = tables.find(({ columns }) => columns.includes("class") && columns.includes("diversity"));
  const at = table?.columns.indexOf("diversity") ?? 0;
  const [least, ...others] = [...(table?.rows ?? [])].sort((one, other) => Number(one[at]) - Number(other[at]));
  if (!others.length || Number(least[at]) > LITTLE) return { en: "", zh: "" };
  const [own, low, high] = [least, others[0], others.at(-1)!].map((row) => percent(Number(row[at]), 0));
  return {
    en: ` A weakness that no single drawing shows: its drawings of ${least[0]} vary only ${own} as much as real ones, those of the other classes ${low} to ${high}.`,
    zh: `还有一个单看一幅图看不出的弱点：它画的 ${least[0]} 的变化只有真图的 ${own}，其他类别为 ${low} 到 ${high}。`,
  };
}

function said({ class: label, fake, answered, aux }: Judged, classes: string[]): Text {
  const name = classes[label];
  return answered === label
    ? { en: `${name}, judged ${percent(fake)} real`, zh: `${name}，真图的概率 ${percent(fake)}` }
    : { en: `${name}, taken for ${classes[answered]}: ${percent(aux)}`, zh: `${name}，被认作 ${classes[answered]}：${percent(aux)}` };
}

function breaks(page: Page<Content>): Break[] {
  const artist = artists.get(page)!;
  const { latent, classes, leastReadable: worst } = artist.content;
  const [one, two] = classes.length > 8 ? [3, 8] : [0, 1];
  return [
    {
      title: { en: "z of zeros", zh: "z 全为零" },
      why: { en: "Zero times any label's vector is zero: every label gives the same picture. The network cannot know what was asked for.", zh: "零乘以任何标签的向量都是零：所有标签都得到同一幅图。网络无从知道要画什么。" },
      put: () => void artist.put({ z: new Float32Array(latent) }),
    },
    {
      title: { en: "z ten times too large", zh: "z 放大十倍" },
      why: { en: "In training no number of z was beyond −1 … 1. Further out the strokes break up: nobody ever judged drawings there, and yet the judge may still be sure of the class.", zh: "训练中 z 的数从未超出 −1 … 1。再往外，笔画断成碎片：那里的图从未被评判过，判别器却可能仍很确信类别。" },
      put: () => void artist.put({ z: artist.zOf(0, 0).map((value) => 10 * value) }),
    },
    {
      title: { en: "z at its corner", zh: "z 取极端值" },
      why: { en: "Each number is −1 or 1: allowed, but random z are hardly ever near a corner, so few drawings there were practised.", zh: "每个数都取 −1 或 1：虽在范围之内，但随机的 z 几乎不会靠近角落，那里的图练得很少。" },
      put: () => void artist.put({ z: artist.zOf(0, 0).map((value) => Math.sign(value) || 1) }),
    },
    {
      title: { en: `half ${classes[one]}, half ${classes[two]}`, zh: `一半 ${classes[one]}，一半 ${classes[two]}` },
      why: { en: "The mean of two labels' vectors: a label that does not exist. The discriminator must still name one of the classes.", zh: "两个标签向量的平均：一个不存在的标签。判别器仍然只能从已有类别中选一个。" },
      put: () => void artist.put({ z: artist.zOf(0, 0), origin: { seed: 0, number: 0 }, label: { from: one, to: two, share: 0.5 } }),
    },
    {
      title: { en: `a ${classes[worst.class]} that is hard to read`, zh: `难以辨认的 ${classes[worst.class]}` },
      why: { en: `Of ${artist.content.judged} random z this gave the drawing whose class was least certain (${percent(worst.own)}): its product with the label's vector lies near that of another class.`, zh: `在 ${artist.content.judged} 个随机 z 中，这一个画出的类别最不确定（${percent(worst.own)}）：它与标签向量的乘积靠近另一类别。` },
      put: () => void artist.putSeed(worst.seed, worst.number, worst.class),
    },
    {
      title: { en: "the next class, the same z", zh: "同一个 z，换下一类" },
      why: { en: "No failure: another label, the same z. Look at slant and thickness: how much of the style stays?", zh: "这不算难倒它：换标签，z 不变。看看倾斜和粗细：风格保留了多少？" },
      put: () => void artist.put({ label: (artist.label.from + 1) % classes.length }),
    },
  ];
}

const isDigits = ({ classes }: Content) => classes.join("") === "0123456789";

/** What the share of recognised drawings is of: generated pictures are in no split. */
function headlineOf({ metrics, content }: PageData<Content>): Text | undefined {
  const { generated: count, conditional_accuracy: share, classifier_accuracy: sure } = metrics;
  if (count === undefined || sure === undefined) return undefined;
  const [right, all] = [Math.round(share * count), count].map((value) => value.toLocaleString("en"));
  const [en, zh] = isDigits(content) ? ["digit", "数字"] : ["class", "类别"];
  return {
    en: `${right} of ${all} drawings show the ${en} that was asked for, says a classifier that is right on ${percent(sure)} of real pictures`,
    zh: `${all} 幅图中有 ${right} 幅被认作所要的${zh}；作判断的分类器在真图上的正确率为 ${percent(sure)}`,
  };
}

export const study: Study<Content> = {
  title: { en: "Drawing by playing against a judge", zh: "在对抗中学画" },
  sentence: ({ data }) => {
    return isDigits(data.content)
      ? { en: "This network draws the digit you ask for. It never saw a real one: it learned from a second network that judges.", zh: "这个网络能画出你要的数字。它从未见过真实的数字，而是从另一个负责评判的网络那里学会的。" }
      : { en: "This network draws the class you ask for. It never saw a real picture: it learned from a second network that judges.", zh: "这个网络能画出你要的类别。它从未见过真实的图片，而是从另一个负责评判的网络那里学会的。" };
  },
  idea: [
    { en: "Two networks play a game. The generator turns random numbers, z, and a label into a picture. The discriminator gets pictures, real ones and generated ones mixed, and answers two questions: is it real, and which class is it?", zh: "两个网络在对弈。生成器把随机数 z 和一个标签变成一幅图。判别器看到的是真图与生成图的混合，它回答两个问题：是不是真的？属于哪一类？" },
    { en: "The discriminator learns to tell them apart. The generator learns to make that impossible, and to have its label recognised. It gets no picture to copy, only this: how each pixel would have to change for a better answer. This is an auxiliary-classifier GAN, a generative adversarial network with labels (A. Odena and others, 2017).", zh: "判别器学习分辨真假，生成器学习让它分不出来，并让自己的标签被认出。生成器没有可供临摹的图，它只知道每个像素怎样改变才能得到更好的回答。这就是辅助分类器 GAN，一种带标签的生成对抗网络（A. Odena 等，2017）。" },
  ],
  begin,
  journeys: (page) => {
    const artist = artists.get(page)!;
    return [generatorJourney(artist), discriminatorJourney(artist, partsOf(artist).real.judged)];
  },
  panels,
  mistakes, mistakesWords, breaks,
  insight: { en: "The judge learns from real pictures; the drawer learns only from the judge.", zh: "评判者向真图学习，作画者只向评判者学习。" },
  headlineOf,
  mistakesTitle: { en: "Its least convincing drawings", zh: "最不像真图的作品" },
  metrics: {
    conditional_accuracy: {
      en: "Conditional accuracy says nothing of variety; diversity does: how much drawings of a class differ, where real pictures have 1. Its values are not to be compared with each other: the curve measures ten drawings of each class, and few differ less; the figures measure about 1,000 at the end; the card's are distances between pairs of drawings.",
      zh: "条件正确率不说明变化是否丰富；多样性才说明：同类图片之间差异多大，真图为 1。几处数值不能互相比较：曲线每类只量十幅图，图少则差异偏小；全部指标在最后量约 1,000 幅；实验卡片中的则是两两之间的距离。",
    },
    diversity: { en: "How much pictures of a class differ from each other, as a share of how much real ones do.", zh: "同类图片之间的差异，相对于真图之间差异的比例。" },
    real_taken_for_real: { en: "The share of real test pictures that the discriminator takes for real.", zh: "真实测试图被判别器判为真实的比例。" },
  },
};
