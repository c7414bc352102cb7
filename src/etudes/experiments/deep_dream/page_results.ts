/** What a dream's run did, where other studies say what was learned. */

import { shown, type PageData, type Text } from "etudes-page";

import { knowsImageNet, networkOf, type Content } from "./page_content";

const TITLE: Text = { en: "How far the picture went", zh: "图片走了多远" };

/** The heading of the results, and the facts of the run: nothing was trained. */
export function results(data: PageData<Content>): { title: Text; facts: [Text, Text | string][] } {
  const { environment, info, run, preset, settings } = data;
  const [steps, seconds] = [data.history.length, Math.round(Number(environment.seconds ?? 0))];
  const time = seconds ? { en: `, ${seconds.toLocaleString("en")} s`, zh: `，${seconds.toLocaleString("en")} 秒` } : { en: "", zh: "" };
  const machine = [environment.processor, environment.backend, environment.precision, environment.python && `Python ${environment.python}`, environment.versions];
  const change = data.metrics.mean_change;
  const facts: [Text, Text | string][] = [
    [{ en: "run", zh: "运行" }, `${run}, preset ${preset}, seed ${String(settings.seed ?? "")}`],
    [{ en: "done", zh: "做了什么" }, { en: `1 photograph, ${steps} steps${time.en}`, zh: `1 张照片，${steps} 步${time.zh}` }],
    [{ en: "the picture changed", zh: "图片的改动" }, change === undefined ? "" : { en: `on average by ${shown(change)} of 255 levels`, zh: `平均 ${shown(change)} 级（共 255 级）` }],
    [{ en: "network", zh: "网络" }, sourceOf(data)],
    [{ en: "computed on", zh: "计算环境" }, machine.filter(Boolean).join(" · ")],
    [{ en: "SHA-256 of the network's weights", zh: "网络权重的 SHA-256" }, String(info.weights_sha256 ?? "")],
    [{ en: "SHA-256 of the dream", zh: "梦境的 SHA-256" }, data.weights_sha256],
  ];
  return { title: TITLE, facts };
}

/** Where the network comes from: nothing of it changed in this run. */
function sourceOf(data: PageData<Content>): Text {
  const name = networkOf(data);
  if (knowsImageNet(data)) {
    return { en: `${name.en}, trained earlier on over a million photographs`, zh: `${name.zh}，早先用一百多万张照片训练` };
  }
  const weights = String(data.settings.weights);
  if (!weights || weights === "untrained") return name;
  return { en: `${name.en}, trained earlier (${weights})`, zh: `${name.zh}，早先已训练（${weights}）` };
}
