/** The page of a dream: pictures, and no network. */

import { h, shown, type PageData, type Study, type Text } from "etudes-page";

import { breaks } from "./page_breaks";
import { framesOf, knowsImageNet, networkOf, sizeOf, targetsOf, type Content } from "./page_content";
import { LayersPanel, layerWords, missingPanel, SeenPanel } from "./page_panels";
import { results } from "./page_results";
import { STYLE } from "./page_style";
import { Viewer } from "./page_viewer";

let viewer: Viewer;

const EN = ["", "", "two", "three", "four", "five", "six"];
const ZH = ["", "", "两", "三", "四", "五", "六"];

function sentence(data: PageData<Content>): Text {
  const [layers, network] = [targetsOf(data), networkOf(data)];
  const ratio = data.metrics.loss_ratio > 0 ? shown(Number(data.metrics.loss_ratio.toPrecision(2))) : "";
  const isOne = layers.length === 1;
  const [en, zh] = [EN[layers.length] ?? layers.length, ZH[layers.length] ?? layers.length];
  const which: Text = isOne ? { en: `${layers[0]} of`, zh: ` ${layers[0]} ` } : { en: `${en} layers of`, zh: `${zh}个层` };
  const found: Text = isOne ? { en: `what ${layers[0]} looks for`, zh: ` ${layers[0]} ` } : { en: `what these ${en} layers look for`, zh: `这${zh}层` };
  const space = /^[a-z]/i.test(network.zh) ? " " : "";
  const subject = /[a-z0-9]$/i.test(network.zh) ? `${network.zh} ` : network.zh;
  return {
    en: `A photograph, changed step by step until ${which.en} ${network.en} ${isOne ? "responds" : "respond"} ${ratio ? `${ratio} times as strongly` : "more strongly"}: ${found.en}, made visible`,
    zh: `一张照片，一步步改动，直到${space}${subject}的${which.zh}对它的响应${ratio ? `增强到 ${ratio} 倍` : "更强"}：让人看见${found.zh}在寻找什么`,
  };
}

const WHY_EYES: Text = {
  en: "Why eyes, fur and feathers? This network learned to tell apart a thousand kinds of things, more than a hundred of them breeds of dogs, in over a million photographs. For that, its early layers look for edges and patterns, its middle ones for parts: an eye, a petal, fur, a wheel. Where a spot in the photograph is a little like an eye, a channel for eyes responds a little; a step makes the spot more like an eye, so the channel responds more, and so on. One sees what the network looks for.",
  zh: "为什么会出现眼睛、皮毛和羽毛？这个网络曾从一百多万张照片中学会区分一千类事物，其中一百多类是不同品种的狗。为此，较浅的层寻找边缘和纹理，中间的层寻找部件：眼睛、花瓣、皮毛、车轮。照片中某处若有一点像眼睛，负责眼睛的通道就会有一点响应；走一步，这里就更像眼睛，响应也更强，如此反复。我们看到的，是网络在寻找的东西。",
};

const WHY_PATTERNS: Text = {
  en: "What appears is what the network learned to look for. Early layers look for edges and patterns, later ones for parts of things. Where a spot in the photograph is a little like that, a channel responds a little; a step makes the spot more like it, so the channel responds more, and so on. A small network of small pictures knows stripes, blobs and curves; a large one that saw a million photographs knows eyes, fur and feathers.",
  zh: "出现的正是网络学会寻找的东西。较浅的层寻找边缘和纹理，较深的层寻找物体的部件。照片中某处若有一点像，某个通道就会有一点响应；走一步，这里就更像，响应也更强，如此反复。只看过小图片的小网络认得条纹、斑点和曲线；看过上百万张照片的大网络认得眼睛、皮毛和羽毛。",
};

/** The chosen layers by name, and where they stand in Inception-v3. */
function namedLayers(data: PageData<Content>, layers: string[]): Text {
  const named = { en: layers.join(" and "), zh: layers.join("、") };
  if (!knowsImageNet(data) || !layers.every((layer) => layer.startsWith("mixed"))) return named;
  return {
    en: `${named.en} of the eleven from mixed0 (early) to mixed10 (late)`,
    zh: `从 mixed0（浅）到 mixed10（深）十一层中的 ${named.zh}`,
  };
}

function idea(data: PageData<Content>): Text[] {
  const [width, height] = sizeOf(data);
  const values = (3 * width * height).toLocaleString("en");
  const layers = targetsOf(data);
  const named = namedLayers(data, layers);
  return [
    {
      en: `A network that recognises pictures is a stack of layers, and each layer has many channels. A channel responds wherever in the picture it finds the pattern that it learned to look for. Training changes the network's weights, step by step, so that a loss falls; the pictures stay as they are. Here it is the other way round: not one weight changes. What changes is the picture, so that a loss rises: how strongly the chosen layers respond to it, here ${named.en}. This page calls that loss the response.`,
      zh: `识别图片的网络由许多层堆叠而成，每一层又有许多通道。一个通道学会寻找某种图案，图片中哪里有这种图案，通道就在哪里响应。训练时，网络的权重一步步改变，使损失下降，而图片保持不变。这里正好相反：权重一个也不变，改变的是图片，使损失上升，也就是使所选的层（这里是${/^[a-z]/i.test(named.zh) ? " " : ""}${named.zh}）对它的响应更强。本页就把这个损失称为响应。`,
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

// --- the study --------------------------------------------------------------------------------------------------------

function seenWords(data: PageData<Content>): Text[] {
  const isImageNet = knowsImageNet(data);
  const isCompared = data.content.maps.some(({ photograph }) => photograph);
  return [{
    en: `On the left the picture, on the right its gradient. Below, maps of the channels that grew most from the photograph to the dream: bright where a channel responds, each on one scale for all octaves. The numbers are its mean response${isCompared ? ": in the photograph, shrunk to the same size, and in this picture" : " in this picture"}. Nobody gave the channels names: compare the bright spots with what stands there in the picture${isImageNet ? ", such as eyes" : ""}. The slider above and these buttons move together.`,
    zh: `左边是图片，右边是它的梯度。下面是从照片到梦境增长最多的通道的特征图：亮处表示该通道有响应，每个通道在所有八度中使用同一刻度。数字是它${isCompared ? "的平均响应：在缩到同样尺寸的原照片中，以及在这幅图中" : "在这幅图中的平均响应"}。通道没有名字：对照亮处与图中相应位置的东西${isImageNet ? "，例如眼睛" : ""}。上方的滑块与这些按钮同步。`,
  }];
}

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
    const found = [{ title: seen, words: seenWords(page.data), panel: new SeenPanel(page, viewer) }];
    if (!content.layers.length) return found;
    return [...found, { title: { en: "Choose a layer", zh: "选择一层" }, words: layerWords(page), panel: new LayersPanel(page) }];
  },
  breaks: ({ data }) => breaks(data, viewer),
  results,
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
