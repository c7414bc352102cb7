/** Small dreams with one thing wrong, beside one with nothing wrong. */

import { h, shown, type Break, type PageData, type Text } from "etudes-page";

import { knowsImageNet, type Content, type Wrong } from "./page_content";
import type { Viewer } from "./page_viewer";

function titleOf({ what, step, octaves, iterations }: Wrong, right: Wrong): Text {
  const all = octaves * iterations;
  return {
    right: { en: `The comparison: smaller, ${all} steps`, zh: `对照图：更小，${all} 步` },
    step: { en: `Steps eight times as large (${shown(step)})`, zh: `步长增大到八倍（${shown(step)}）` },
    jitter: { en: "Without shifting the picture (jitter 0)", zh: "不平移图片（jitter 0）" },
    octaves: {
      en: `${all} steps, not in ${right.octaves} octaves of ${right.iterations}, but all at full size`,
      zh: `${all} 步不分成 ${right.octaves} 个八度（各 ${right.iterations} 步），全部在原尺寸上`,
    },
    untrained: { en: "A network that learned nothing", zh: "一个未经训练的网络" },
  }[what];
}

function reasonOf({ what, octaves, iterations }: Wrong, isImageNet: boolean): Text {
  return {
    right: {
      en: `Nothing is wrong here: the layers and the steps are those of this dream, but the picture is smaller, with ${octaves} octaves of ${iterations} steps. Each of the others changes one thing.`,
      zh: `这里没有出错：层和步长与本梦境相同，只是图片更小，共 ${octaves} 个八度、各 ${iterations} 步。其他几幅各改一处。`,
    },
    step: {
      en: "The gradient is right only near the picture it was computed for. A large step overshoots, the next one turns it round, and the photograph drowns in noise.",
      zh: "梯度只在当前图片附近才准确。步子太大就会走过头，下一步再折返，照片便淹没在噪声里。",
    },
    jitter: {
      en: "Before each step the picture is shifted at random, and back after it. Without that, the same pixels meet the same windows each time: the response may rise even faster, but what grows keeps to the network's grid, in small hard patches.",
      zh: "通常每走一步之前，图片会随机平移，之后再移回。若不平移，同样的像素每次都落在同样的窗口里：响应也许上升得更快，但长出来的东西拘泥于网络的网格，成为细碎生硬的小块。",
    },
    octaves: {
      en: `As many steps, but on one size only: nothing grows larger than a window of the network${isImageNet ? ". Small eyes, no face" : ""}.`,
      zh: `步数相同，但只有一种尺寸：长出来的东西不会比网络的窗口更大${isImageNet ? "。只有小眼睛，没有脸" : ""}。`,
    },
    untrained: {
      en: `The same procedure with random weights: grain, and no things. So ${isImageNet ? "the eyes and feathers come" : "what appears comes"} from what the network learned, not from the procedure.`,
      zh: `同样的过程，但权重是随机的：只有颗粒，没有任何东西的形状。可见${isImageNet ? "眼睛和羽毛" : "出现的东西"}来自网络学到的东西，而不是这个过程。`,
    },
  }[what];
}

export function breaks(data: PageData<Content>, viewer: Viewer): Break[] {
  const { wrong } = data.content;
  const right = wrong.find(({ what }) => what === "right");
  if (!right) return [];
  return wrong.map((one) => {
    const [title, why] = [titleOf(one, right), reasonOf(one, knowsImageNet(data))];
    return { title, why, shown: h("img", { src: one.picture, alt: "" }), put: () => viewer.showOther(one.picture, title, why, [one.before, one.after]) };
  });
}
