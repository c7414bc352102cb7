/** The way back to the studio: it says `?studio=en` in the address of a page that it serves, and a file has no such. */

import type { PageData, Text } from "./data";
import { h, inLanguage } from "./dom";

/** The studio's tab in which each study is used. */
const TABS: Record<string, string> = {
  addition_rnn: "sums",
  antirectifier: "digits",
  cifar10_cnn: "photos",
  deep_dream: "dream",
  mnist_acgan: "gan",
  mnist_transfer_cnn: "few-shot",
};

/** Whether a studio serves this page. */
export function inStudio(): boolean {
  return location.protocol.startsWith("http") && new URLSearchParams(location.search).has("studio");
}

/** A link into the studio, in the language of the page; `query` is such as "?tab=train". */
export function studioLink(query: string, text: Text): HTMLAnchorElement {
  const link = h("a", null, text);
  inLanguage((language) => {
    link.href = `../${language}/${query}`;
  });
  return link;
}

/** The links into the studio, and one that saves the page as a file; null where no studio serves it. */
export function studioBar(data: PageData): HTMLElement | null {
  if (!inStudio()) return null;
  const study = `etude=${data.etude}`;
  const file = location.pathname.split("/").at(-1) ?? "";
  return h("nav", { class: "studio", label: { en: "Studio", zh: "工作室" } },
    studioLink("", { en: "← The six études", zh: "← 六个实验" }),
    studioLink(`?tab=${TABS[data.etude] ?? "sums"}`, USES[data.etude] ?? { en: "Use it in the studio", zh: "在工作室中使用" }),
    studioLink(`?tab=train&${study}`, { en: "Train it yourself", zh: "自己训练" }),
    studioLink(`?tab=runs&${study}`, { en: "Its runs", zh: "它的运行" }),
    h("a", { href: `${file}?file` }, { en: "Save this page", zh: "保存本页" }));
}

/** What the studio does with a study that its page cannot, as it takes a training. */
const USES: Record<string, Text> = {
  mnist_transfer_cnn: { en: "Teach it five symbols of your own", zh: "教它五个你自己的符号" },
  deep_dream: { en: "Dream on a photograph of yours", zh: "在你自己的照片上做梦" },
};
