/** The page of a dream: pictures, and no network. */

import { h, shown, type Break, type PageData, type Study, type Text } from "etudes-page";

import { framesOf, knowsImageNet, networkOf, sizeOf, type Content, type Wrong } from "./page_content";
import { LayersPanel, missingPanel, SeenPanel } from "./page_panels";
import { STYLE } from "./page_style";
import { Viewer } from "./page_viewer";

let viewer: Viewer;

function targets(data: PageData<Content>): string[] {
  const table = data.tables.find(({ title }) => title === "loss by layer");
  return table ? table.rows.map((row) => String(row[0])) : [];
}

const EN = ["", "", "two", "three", "four", "five", "six"];
const ZH = ["", "", "两", "三", "四", "五", "六"];

function sentence(data: PageData<Content>): Text {
  const [layers, network] = [targets(data), networkOf(data)];
  const ratio = data.metrics.loss_ratio > 0 ? shown(Number(data.metrics.loss_ratio.toPrecision(2))) : "";
  const which: Text = layers.length === 1
    ? { en: `${layers[0]} of`, zh: ` ${layers[0]}` }
    : { en: `${EN[layers.length] ?? layers.length} layers of`, zh: `${ZH[layers.length] ?? layers.length}个层` };
  const verb = layers.length === 1 ? "responds" : "respond";
  return {
    en: `A photograph, changed step by step until ${which.en} ${network.en} ${verb} ${ratio ? `${ratio} times as strongly` : "more strongly"}: what the network sees in it, made visible`,
    zh: `一张照片，一步步改动，直到${network.zh} 的${which.zh}对它的响应${ratio ? `增强到 ${ratio} 倍` : "更强"}：让人看见网络在其中看到了什么`,
  };
}

const WHY_EYES: Text = {
  en: "Why eyes, fur and feathers? This network learned to tell a thousand kinds of things apart in over a million photographs, more than a hundred of them breeds of dogs. For that, its early layers look for edges and patterns, its middle ones for parts: an eye, a petal, fur, a wheel. (They are called mixed0 to mixed10, from early to late.) Where a spot in the photograph is a little like an eye, a channel for eyes responds a little; a step makes the spot more like an eye, so the channel responds more, and so on. Nothing is remembered from any one photograph: one sees what the network looks for.",
  zh: "为什么会出现眼睛、皮毛和羽毛？这个网络曾从一百多万张照片中学会区分一千类事物，其中一百多类是不同品种的狗。为此，较浅的层寻找边缘和纹理，中间的层寻找部件：眼睛、花瓣、皮毛、车轮（从浅到深，这些层依次叫 mixed0 到 mixed10）。照片中某处若有一点像眼睛，负责眼睛的通道就会有一点响应；走一步，这里就更像眼睛，响应也更强，如此反复。这并不是回忆某一张照片：我们看到的，是网络在寻找的东西。",
};

const WHY_PATTERNS: Text = {
  en: "What appears is what the network learned to look for. Early layers look for edges and patterns, later ones for parts of things. Where a spot in the photograph is a little like that, a channel responds a little; a step makes the spot more like it, so the channel responds more, and so on. A small network of small pictures knows stripes, blobs and curves; a large one that saw a million photographs knows eyes, fur and feathers.",
  zh: "出现的正是网络学会寻找的东西。较浅的层寻找边缘和纹理，较深的层寻找物体的部件。照片中某处若有一点像，某个通道就会有一点响应；走一步，这里就更像，响应也更强，如此反复。只看过小图片的小网络认得条纹、斑点和曲线；看过上百万张照片的大网络认得眼睛、皮毛和羽毛。",
};

function idea(data: PageData<Content>): Text[] {
  const [width, height] = sizeOf(data);
  const values = (3 * width * height).toLocaleString("en");
  const layers = targets(data);
  const named = { en: layers.join(" and "), zh: layers.join("、") };
  return [
    {
      en: `A network that recognises pictures is a stack of layers, and each layer has many channels. A channel responds wherever in the picture it finds the one thing that it learned to look for. Training changes the network's weights, step by step, so that a loss falls; the pictures stay as they are. Here it is the other way round: not one weight changes. What changes is the picture, so that a loss rises: how strongly the chosen layers, here ${named.en}, respond to it.`,
      zh: `识别图片的网络由许多层堆叠而成，每一层又有许多通道。一个通道学会寻找某一种东西，图片中哪里有它，通道就在哪里响应。训练时，网络的权重一步步改变，使损失下降，而图片保持不变。这里正好相反：权重一个也不变，改变的是图片，使损失上升，也就是使所选的层（这里是 ${named.zh}）对它的响应更强。`,
    },
    {
      en: `This is gradient ascent. The gradient says, for each of the ${values} numbers of the picture (${width}×${height} pixels, three colours), whether a little more or a little less of it makes the layers respond more strongly. A step adds a little of the gradient to the picture; then the gradient is computed anew.`,
      zh: `这就是梯度上升。图片有 ${values} 个数值（${width}×${height} 像素，三种颜色），梯度逐个指出：增大一点还是减小一点，会使这些层的响应更强。每走一步，就把梯度的一小部分加到图片上，然后重新计算梯度。`,
    },
    {
      en: "A channel of a layer sees only a window of the picture, of a fixed number of pixels. In a large picture that window holds a petal; in a small one, the whole flower. So the dream begins on a small copy, where what grows is large, then enlarges the result, puts back the detail that was lost by shrinking, and goes on with finer things. Each of these sizes is called an octave.",
      zh: "每一层的通道只能看到图片中固定像素大小的一个窗口。图片大时，窗口里只有一片花瓣；图片小时，窗口能容下整朵花。所以梦境从一张缩小的图开始，长出来的东西就大；然后放大，补回缩小时丢失的细节，再长出更细小的东西。每一种尺寸称为一个八度（octave）。",
    },
    knowsImageNet(data) ? WHY_EYES : WHY_PATTERNS,
  ];
}

// --- what goes wrong --------------------------------------------------------------------------------------------------

function titleOf({ what, step, octaves, iterations }: Wrong): Text {
  return {
    right: { en: "Small, and as this dream was made", zh: "小图，做法与本梦境相同" },
    step: { en: `Steps eight times as large (${shown(step)})`, zh: `步长增大到八倍（${shown(step)}）` },
    jitter: { en: "Without shifting the picture (jitter 0)", zh: "不平移图片（jitter 0）" },
    octaves: { en: `All ${octaves * iterations} steps at the full size`, zh: `全部 ${octaves * iterations} 步都在原尺寸上` },
    untrained: { en: "A network that learned nothing", zh: "一个未经训练的网络" },
  }[what];
}

const REASONS: Record<Wrong["what"], Text> = {
  right: {
    en: "To compare the others with: a smaller picture, and fewer steps.",
    zh: "供其他几幅对照：图片更小，步数更少。",
  },
  step: {
    en: "The gradient holds only for a small change. A large step overshoots, the next one turns it round, and the photograph drowns in noise.",
    zh: "梯度只在微小改动的范围内成立。步子太大就会走过头，下一步再折返，照片便淹没在噪声里。",
  },
  jitter: {
    en: "Before each step the picture is shifted at random, and back after it. Without that, the same pixels meet the same windows each time: the loss may rise even faster, but what grows keeps to the network's grid, in small hard patches.",
    zh: "通常每走一步之前，图片会随机平移，之后再移回。若不平移，同样的像素每次都落在同样的窗口里：损失也许上升得更快，但长出来的东西拘泥于网络的网格，成为细碎生硬的小块。",
  },
  octaves: {
    en: "As many steps, but in a single octave: what grows is only as large as a window of the network, and the shape of the whole stays as it was.",
    zh: "步数相同，但只有一个八度：长出来的东西最多只有网络窗口那么大，整体形状保持原样。",
  },
  untrained: {
    en: "The same procedure with random weights: grain, and no things. So eyes and petals do not come from the procedure, but from what a network learned.",
    zh: "同样的过程，但权重是随机的：只有颗粒，没有任何东西的形状。可见眼睛和花瓣并非来自这个过程，而是来自网络学到的东西。",
  },
};

function breaks(wrong: Wrong[]): Break[] {
  return wrong.map((one) => {
    const title = titleOf(one);
    return { title, why: REASONS[one.what], shown: h("img", { src: one.picture, alt: "" }), put: () => viewer.showOther(one.picture, title, REASONS[one.what], [one.before, one.after]) };
  });
}

// --- the study --------------------------------------------------------------------------------------------------------

const SEEN_WORDS: Text[] = [
  {
    en: "On the left the picture, on the right its gradient. Below, maps of the channels that grew most from the photograph to the dream: bright where a channel responds, each on one scale for all octaves. The numbers are its mean response, in the photograph and in this picture. The slider above and these buttons move together.",
    zh: "左边是图片，右边是它的梯度。下面是从照片到梦境增长最多的通道的特征图：亮处表示该通道有响应，每个通道在所有八度中使用同一刻度。数字是它的平均响应：在原照片中，以及在这幅图中。上方的滑块与这些按钮同步。",
  },
];

const LAYER_WORDS: Text[] = [
  {
    en: "The same photograph, smaller, dreamed on with one layer at a time, from an early one to a late one. Early layers ask for edges and simple patterns; later ones for larger and stranger things. Choose a layer; drag the divider to compare with the photograph.",
    zh: "同一张照片（缩小后），每次只用一层来做梦，从浅层到深层。浅层想要边缘和简单的纹理；越深的层，想要的东西越大，也越奇特。选择一层；拖动分隔线可与原照片对照。",
  },
];

export const study: Study<Content> = {
  title: { en: "Deep dream", zh: "深度梦境" },
  sentence: ({ data }) => sentence(data),
  idea: (page) => idea(page.data),
  begin: async (page) => {
    document.head.append(h("style", null, STYLE));
    viewer = new Viewer(page, framesOf(page.data));
    viewer.open();
    return viewer.element;
  },
  journeys: () => [],
  panels: (page) => {
    const { content } = page.data;
    const seen = { en: "What the network saw", zh: "网络看到了什么" };
    if (content.missing) return [{ title: seen, words: [], panel: { element: missingPanel(content), update: () => undefined } }];
    const found = [{ title: seen, words: SEEN_WORDS, panel: new SeenPanel(page, viewer) }];
    if (!content.layers.length) return found;
    return [...found, { title: { en: "Choose a layer", zh: "选择一层" }, words: LAYER_WORDS, panel: new LayersPanel(page) }];
  },
  breaks: ({ data }) => breaks(data.content.wrong),
  insight: {
    en: "Learning, run backwards: the picture is changed, not the network. So a dream shows what a network looks for.",
    zh: "把学习倒过来：改变的是图片，而不是网络。因此，梦境显示出网络在寻找什么。",
  },
  metrics: {
    loss_ratio: {
      en: "How many times as strong the response is in the dream as in the photograph, both at full size. A larger number is not a better picture.",
      zh: "在原尺寸下，梦境中的响应是原照片中的多少倍。数字更大并不意味着图片更好。",
    },
  },
};
