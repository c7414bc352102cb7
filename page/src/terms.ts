/** The names of metrics and of columns, in words. */

import type { Text } from "./data";

const CHINESE: Record<string, string> = {
  accuracy: "正确率",
  "accuracy flipped": "正确率（含镜像平均）",
  after: "之后",
  "aux accuracy generated": "生成图的类别正确率",
  "aux accuracy real": "真图的类别正确率",
  "balanced accuracy": "平衡正确率",
  before: "之前",
  "calibration error": "校准误差",
  "character accuracy": "字符正确率",
  class: "类别",
  "classifier accuracy": "评价分类器的正确率",
  coefficient: "系数",
  "committed results": "已发布的结果",
  "conditional accuracy": "条件正确率",
  "cross entropy": "交叉熵",
  "d aux": "判别器的类别损失",
  "d fake": "判别器的真假损失",
  "d loss": "判别器损失",
  digits: "位数",
  diversity: "多样性",
  dreamed: "是否做梦",
  epoch: "轮次",
  errors: "错误数",
  "exact match": "完全正确率",
  "exhaustive errors": "全部题目中的错误数",
  "exhaustive exact match": "全部题目的完全正确率",
  "exhaustive questions": "全部题目数",
  "first accuracy": "第一任务的正确率",
  "first accuracy after": "迁移后第一任务的正确率",
  "frozen parameters": "冻结的参数",
  "g aux": "生成器的类别损失",
  "g fake": "生成器的真假损失",
  "g loss": "生成器损失",
  generated: "生成的图片数",
  "generated taken for real": "被当作真图的生成图",
  gradient: "梯度",
  highest: "最高",
  layer: "层",
  loss: "损失",
  "loss after": "梦境的响应（损失，之后）",
  "loss before": "照片的响应（损失，之前）",
  "loss by layer": "各层的响应（即损失的各部分）",
  "loss ratio": "响应之比",
  lowest: "最低",
  "mean change": "平均改动（级，共 255 级）",
  metric: "指标",
  octave: "八度",
  octaves: "八度（各种尺寸）",
  "on the test split": "测试集上",
  parameters: "参数",
  pictures: "图片数",
  questions: "题目数",
  ratio: "比值",
  "real taken for real": "被当作真图的真图",
  recipe: "训练方案",
  seeds: "种子数",
  share: "比例",
  size: "尺寸",
  test: "测试",
  train: "训练",
  "trained for": "训练时长",
  validation: "验证",
  value: "数值",
};

/** Where the name alone says too little. */
const ENGLISH: Record<string, string> = {
  "loss ratio": "times the response (loss ratio)",
  "loss before": "response of the photograph (loss before)",
  "loss after": "response of the dream (loss after)",
  "loss by layer": "response by layer (its part of the loss)",
  "mean change": "mean change, of 255 levels",
};

/** A name, such as "validation_loss", for people: in Chinese as far as it is known. */
export function term(name: string): Text {
  const en = name.replaceAll("_", " ");
  return { en: ENGLISH[en] ?? en, zh: translated(en) };
}

function translated(name: string): string {
  if (name in CHINESE) return CHINESE[name];
  if (name.startsWith("validation ")) return `验证${translated(name.slice("validation ".length))}`;
  const comma = name.lastIndexOf(", ");
  if (comma > 0) return `${translated(name.slice(0, comma))}，${{ mean: "平均" }[name.slice(comma + 2)] ?? name.slice(comma + 2)}`;
  return name;
}
