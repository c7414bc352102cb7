/** What the nine steps of study.py do, in words. */

import type { Text } from "etudes-page";
import type { Content } from "./content";

export interface StepWords {
  title: Text;
  what: Text;
}

export function stepWords(content: Content): StepWords[] {
  const target = (1 - content.smoothing).toFixed(1);
  const smoothed: Text = content.smoothing
    ? { en: ` In this run the target for real pictures is ${target}, not 1, so that the discriminator never becomes too sure (label smoothing).`, zh: `本次训练中真图的目标是 ${target} 而不是 1，免得判别器过于自信（标签平滑）。` }
    : { en: "", zh: "" };
  const counted: Text = content.auxOnGenerated
    ? { en: "", zh: "" }
    : { en: " In this run generated pictures do not count here: a bad drawing of a 3 would teach it a wrong 3.", zh: "本次训练中，生成的图不计入这一项：画坏的 3 会教它认错 3。" };
  return [
    {
      title: { en: "Two questions, two losses", zh: "两个问题，两个损失" },
      what: { en: "A loss says how wrong an answer is: 0 where it is right and certain, large where it is wrong and certain. Each of the two answers has one, and they are added.", zh: "损失表示回答错得有多厉害：答对且确定为 0，答错且确定则很大。两个回答各有一个损失，相加在一起。" },
    },
    {
      title: { en: "What the generator gets", zh: "生成器得到什么" },
      what: { en: "Random numbers z and a label. From these it must make a picture.", zh: "随机数 z 和一个标签。它要用这些做出一幅图。" },
    },
    {
      title: { en: "One network behind the other", zh: "两个网络首尾相接" },
      what: { en: "Joined, the two take z and a label and give both answers. Through this chain the generator learns what its drawing was worth.", zh: "接起来后，输入 z 和标签，输出两个回答。生成器就是顺着这条链知道自己画得怎么样。" },
    },
    {
      title: { en: "Draw, and mix with real pictures", zh: "画图，并与真图混合" },
      what: { en: "For each batch of real pictures the generator draws as many. Nothing that the discriminator sees says which is which: the right answers follow in steps 5 and 6.", zh: "每一批真图，生成器都画同样多的图。判别器的输入里不标明哪张是哪种，正确答案在第 5、6 步才给出。" },
    },
    {
      title: { en: "The right answer to “real?”", zh: "“是真的吗？”的正确回答" },
      what: { en: `1 for a real picture, 0 for a generated one.${smoothed.en}`, zh: `真图为 1，生成的图为 0。${smoothed.zh}` },
    },
    {
      title: { en: "The right answer to “which class?”", zh: "“是哪一类？”的正确回答" },
      what: { en: `The label of the real picture; of a generated one, the label that was asked for.${counted.en}`, zh: `真图的标签；生成的图则是所要求的标签。${counted.zh}` },
    },
    {
      title: { en: "The discriminator learns", zh: "判别器学习" },
      what: { en: "Its weights move a little, so that its answers come nearer to the right ones: down for your drawing, up for a real picture.", zh: "它的权重稍作移动，让回答更接近正确答案：对你的图往下，对真图往上。" },
    },
    {
      title: { en: "The generator learns, the discriminator is frozen", zh: "生成器学习，判别器冻结" },
      what: { en: "Now new drawings are made, and the goal is turned round: each should be called real, and its class be recognised. Only the generator's weights move. Here your drawing stands for them. One side wants this number down (step 7), the other up: that is the game.", zh: "现在另画一批图，目标反过来：每幅都应被认作真图，类别也要被认出。只有生成器的权重移动。下面以你的图为例。一方要它变小（见第 7 步），另一方要它变大：这就是对弈。" },
    },
    {
      title: { en: "After each epoch: look, and measure", zh: "每个轮次之后：查看并测量" },
      what: { en: "No loss says by itself who is ahead: if both learn equally fast, both losses stay where they are. So the drawings are looked at, and measured with pictures that were held back.", zh: "单看损失说不出谁领先：双方学得一样快时，两个损失都停在原处。所以要看画出的图，并用留出的图来测量。" },
    },
  ];
}
