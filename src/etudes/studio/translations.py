"""The texts of the page in English and Chinese. Helps of settings, and what an étude prints, stay English."""

from dataclasses import dataclass

from etudes import experiments

LANGUAGES = {"en": "English", "zh": "中文"}
"""Codes of the languages and their own names."""

PATHS = {"en": "/en", "zh": "/zh"}
"""The path of the page in each language; `/` leads to that which the browser prefers."""

CODES = {"en": "en", "zh": "zh-CN"}
"""The codes of the languages in HTML and in browsers."""

_TEXTS: dict[str, tuple[str, str]] = {
    "title": ("Études studio", "Études 工作室"),
    "home": ("The six at a glance", "六个实验一览"),
    "welcome": (
        "Six classic deep-learning studies: try trained networks, then train your own. "
        "Everything runs on this machine.",
        "六个经典的深度学习小实验：先玩训练好的网络，再训练你自己的。一切都在本机上进行。",
    ),
    "error": ("That does not work: ", "无法完成："),
    "network": ("Which network answers", "由哪个网络回答"),
    "bundled": ("the one that comes with Études", "随附的网络"),
    "automatic": ("the best one found", "现有的最好的"),
    "download": ("Download", "下载"),
    # the first screen
    "greeting": ("Six small neural networks at work. Look inside each of them, then train your own.",
                 "六个小型神经网络正在工作。先看看它们的内部，再训练你自己的。"),
    "ways": ("The studio", "工作室"),
    "use": ("Use", "使用"),
    "pause": ("Pause", "暂停"),
    "play": ("Play", "播放"),
    "inside": ("Look inside", "看看内部"),
    "try it": ("Try it", "试一试"),
    "train it": ("Train it yourself", "自己训练"),
    "its runs": ("Its runs", "它的运行"),
    "no page": ("This run has no page", "这个运行没有页面"),
    "back": ("Back to the six études", "返回六个实验"),
    "here": (
        "These answers are computed on this machine, by the networks that come with Études; the dream was made before.",
        "这些回答由 Études 随附的网络在本机上算出；梦境是事先算好的。",
    ),
    "sum right": ("{question} = {answer}. Right.", "{question} = {answer}，正确。"),
    "sum wrong": ("{question} = {answer}. Wrong: it is {truth}.", "{question} = {answer}，错了：应该是 {truth}。"),
    "read as": ("A {answer}, with a probability of {share}.", "是 {answer}，概率为 {share}。"),
    "walk": ("The same ten digits, while the 100 random numbers behind each change.",
             "同样的十个数字，只有各自背后的 100 个随机数在变。"),
    "class": ("Seen at 32 × 32 pixels: {answer}, {share}.", "在 32 × 32 像素下看到：{answer}，{share}。"),
    "no class": ("None of its ten classes is a flower. It says: {answer}, {share}.",
                 "它的十个类别里没有花。它的回答：{answer}，{share}。"),
    "heads": ("The head for 0–4 says {before}, the new one {after}.",
              "认 0–4 的输出层说 {before}，新的输出层说 {after}。"),
    "old head": ("trained on 0–4", "学过 0–4"),
    "new head": ("after the transfer", "迁移之后"),
    "dreams": ("The photograph, and what the network makes of it.", "照片，以及网络从中“看到”的东西。"),
    "no dream yet": ("A photograph that waits for its dream.", "一张等待做梦的照片。"),
    # sums
    "sums": ("Add", "加法"),
    "sums intro": (
        "A recurrent network reads the question and writes the answer, one character at a time. It knows nothing of "
        "numbers but the examples it was trained on.",
        "循环神经网络逐个字符地读题并写出答案。除了训练用的例题，它对数字一无所知。",
    ),
    "question": ("A sum of two numbers", "两个数的加法"),
    "ask": ("Ask", "提问"),
    "end": ("end", "结束"),
    "right": ("Right.", "正确。"),
    "wrong": ("Wrong: it is {truth}.", "错了：应该是 {truth}。"),
    "confidence": ("Confidence in the whole answer: {share}", "对整个答案的把握：{share}"),
    # digits
    "digits": ("Read digits", "识别数字"),
    "digits intro": (
        "Draw a digit. Three networks classify it: one with the antirectifier layer, its ReLU baseline, and one that "
        "transfers from digits 0–4 to 5–9.",
        "画一个数字。三个网络来识别：带反整流层的网络、它的 ReLU 基线网络，以及从 0–4 迁移到 5–9 的网络。",
    ),
    "pad": ("Draw with mouse, finger or pen", "用鼠标、手指或笔画图"),
    "wipe": ("Clear", "清除"),
    "draw here": ("Draw a digit: the answers appear here.", "画一个数字，答案会显示在这里。"),
    "or picture": ("… or a picture of a digit, on paper or on a screen", "……或一张数字图片，例如纸上数字的照片"),
    "as seen": ("As the network sees it", "网络看到的样子"),
    "unlike": (
        "Unlike all that the network was trained on (distance {distance}; 95 of 100 genuine pictures are below 1): "
        "do not rely on the answer.",
        "与网络学过的图片都不像（距离 {distance}；100 张真实图片中有 95 张小于 1）：请勿相信这个回答。",
    ),
    "antirectifier": ("Antirectifier", "反整流网络"),
    "baseline": ("Baseline {name}", "基线网络 {name}"),
    "transferred": ("After the transfer: classes {names}", "迁移后：只认识 {names}"),
    "before transfer": ("Before the transfer: classes {names}", "迁移前：只认识 {names}"),
    # gan
    "gan": ("Draw digits", "生成数字"),
    "gan intro": (
        "Write digits, and the generator draws them. z, the noise at its input, makes one 7 differ from another: each "
        "slider scales a fifth of it.",
        "写下数字，生成器会把它们画出来。z 决定同一个数字的不同写法：每个滑块缩放 z 的五分之一。",
    ),
    "prompt": ("Digits to draw", "要画的数字"),
    "count": ("How many of each", "每个画几张"),
    "seed": ("Another seed draws others", "换一个种子会画出不同的图"),
    "part": ("z, part {number}", "z，第 {number} 部分"),
    "draw": ("Draw", "画"),
    "morph to": ("… and what they turn into", "……它们变成什么"),
    "morph": ("Morph", "渐变"),
    "drawn": ("{prompt}, drawn by {run}", "{prompt}，由 {run} 绘制"),
    # photographs
    "photos": ("Photographs", "照片"),
    "photos intro": (
        "Drop a photograph: see the class that the network predicts, and the outputs of its layers. The network that "
        "comes with Études has ten classes: airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.",
        "放入一张照片：网络会说它像什么，并展示各层看到了什么。随附的网络只认识十类：飞机、汽车、鸟、猫、鹿、狗、青蛙、马、船、卡车。",
    ),
    "photo": ("Photograph, at most 25 MB", "照片（PNG、JPEG 等，最大 25 MB）"),
    "no answer": ("The answer appears here, in a second or two.", "答案稍后会显示在这里。"),
    "prediction": ("Prediction", "它的回答"),
    # few-shot sessions
    "few shot": ("Fine-tune", "微调"),
    "few shot intro": (
        "Invent up to five symbols and draw each three times or more. The network that was trained on digits is then "
        "fine-tuned on your drawings, in seconds: its convolutions stay frozen, only the last layers are trained.",
        "发明至多五个符号，每个画三次以上；学过数字的网络几秒钟就能用你的图微调：卷积层冻结不变，只训练最后几层。",
    ),
    "first draw": ("**1.** Draw a symbol and keep it; again, three times or more for each.",
                   "**1.** 画一个符号并保存；每个符号重复三次以上。"),
    "then tune": ("**2.** Fine-tune the network on your drawings.", "**2.** 用保存的图微调网络。"),
    "last try": ("**3.** Try it.", "**3.** 试一试。"),
    "none kept": ("Nothing is kept yet.", "还没有保存任何图。"),
    "many": ("at most {symbols} symbols and {drawings} drawings", "最多 {symbols} 个符号、{drawings} 张图"),
    "symbol": ("Symbol {number}", "符号 {number}"),
    "keep": ("Keep as {name}", "存为 {name}"),
    "tune now": ("Fine-tune", "开始微调"),
    "discard": ("Delete all", "全部删除"),
    "kept": ("{name}: {count}", "{name}：{count} 张"),
    "tuned": ("Fine-tuned to {symbols} symbols on {drawings} drawings in {seconds} s. Draw one of them.",
              "用 {drawings} 张图微调出 {symbols} 个符号，用时 {seconds} 秒。画一个试试。"),
    "try pad": ("Draw one of your symbols", "画一个你的符号"),
    "few": ("draw two different symbols, at least two drawings of each", "至少画两个不同的符号，每个至少两张"),
    "no session": ("fine-tune it on some symbols first", "请先用一些符号微调它"),
    "names differ": ("give every symbol a different name", "请给每个符号取不同的名字"),
    # dream
    "dream": ("Dream", "梦境"),
    "dream intro": (
        "Drop a photograph: gradient ascent changes it step by step, so that the outputs of the chosen layers grow. "
        "The dream forms from small to large.",
        "放入一张照片：梯度上升会一步步改变它，使选定层的输出增大。梦境由小到大逐渐形成。",
    ),
    "layers": ("Layers to amplify (none: the default of the network)", "要放大的层（不选：用网络的默认层）"),
    "size": ("Longer side, pixels", "长边像素"),
    "steps": ("Steps in each size", "每个尺寸的步数"),
    "dream now": ("Dream", "开始做梦"),
    "sample": ("Use a sample photograph (by danielbuechele, CC BY 2.0)",
               "用示例照片（danielbuechele，CC BY 2.0）"),
    "no dream": ("The dream appears here, the small sizes first. It takes about half a minute.",
                 "梦境会显示在这里，先小后大，约需半分钟。"),
    "no photo": ("drop a photograph first", "请先放入一张照片"),
    "dreaming": ("{name} is {state}", "{name} 的状态：{state}"),
    "forming": ("Sizes done: {done}", "已完成尺寸：{done}"),
    "the dream": ("The dream", "梦境"),
    # training
    "train": ("Train", "训练"),
    "train intro": (
        "Choose an étude and a preset; `demo` takes about a minute on two cores and needs no download. One run trains "
        "at a time, the others wait. It continues when you close this page.",
        "选择实验和预设；demo 在双核上约一分钟，无需下载。每次只进行一个训练，其余排队。关闭页面后训练继续。",
    ),
    "etude": ("Étude", "实验"),
    "preset": ("Preset", "预设"),
    "preset help": ("Named settings to start from", "起始设置"),
    "all settings": ("All settings", "全部设置"),
    "start": ("Start training", "开始训练"),
    "started": ("{name} is in the queue; see “Runs”.", "{name} 已加入队列；请看“运行”。"),
    # runs
    "runs": ("Runs", "运行"),
    "runs intro": ("Every run is a folder; this page shows what is in it.", "每次训练都是一个文件夹；本页从中读取。"),
    "run": ("Run", "运行"),
    "state": ("State", "状态"),
    "epochs done": ("Epochs done", "已完成轮数"),
    "result": ("Result", "结果"),
    "all etudes": ("all", "全部"),
    "its page": ("Open its page", "打开它的页面"),
    "no runs": ("No runs yet: start one under “Train”.", "还没有运行：请在“训练”中开始。"),
    "queued": ("queued", "排队中"),
    "starting": ("starting", "启动中"),
    "running": ("running", "进行中"),
    "stopped": ("stopped", "已停止"),
    "failed": ("failed", "失败"),
    "included": ("included", "随附"),
    "finished": ("finished", "已完成"),
    "stop": ("Stop", "停止"),
    "stopping": ("{name} stops as soon as it has saved its checkpoint.", "{name} 保存检查点后即停止。"),
    "resume": ("Resume", "继续"),
    "resumed": ("{name} is in the queue and resumes when its turn comes.", "{name} 已加入队列，轮到时继续。"),
    "delete": ("Delete …", "删除……"),
    "confirm delete": ("Yes, delete {name} and everything in it", "是的，删除 {name} 及其全部内容"),
    "keep it": ("No, keep it", "不，保留"),
    "deleted": ("{name} is deleted.", "{name} 已删除。"),
    "report": ("Open report", "打开报告"),
    "curves": ("Learning curves of {name}", "{name} 的学习曲线"),
    "printed": ("Output", "输出"),
    "compare": ("Compare", "比较"),
    "compare these": ("Finished runs to compare (two or more)", "要比较的已完成运行（两个以上）"),
    "two": ("choose two runs or more", "请选择两个以上的运行"),
    "choose run": ("choose a run first", "请先选择一个运行"),
}  # fmt: skip

_SUMMARIES = {
    "addition_rnn": "逐个字符地做加法",
    "antirectifier": "用自定义层读数字",
    "cifar10_cnn": "区分小彩色照片中的事物",
    "deep_dream": "放大网络在照片中看到的东西",
    "mnist_acgan": "在与对手的较量中学会画数字",
    "mnist_transfer_cnn": "从数字 0–4 迁移到 5–9",
}
"""What each étude does, in Chinese; in English its table of contents says so."""

_CARDS = {
    "addition_rnn": (
        ("It adds, one character at a time", "逐个字符地做加法"),
        ("Nobody told it what a number is. It reads the sum backwards and answers from a vector of 128 numbers.",
         "没有人告诉它什么是数。它倒着读题，再凭一个 128 维的向量写出答案。"),
    ),
    "antirectifier": (
        ("It reads with both halves", "正负两半都用来识别"),
        ("Where ReLU throws the negative half of its numbers away, this layer keeps both.",
         "ReLU 丢掉负的一半，这一层把两半都留下。"),
    ),
    "mnist_acgan": (
        ("It draws digits that nobody wrote", "画出没有人写过的数字"),
        ("A generator learned to draw from a discriminator that learned to tell drawn from real.",
         "判别器学着分辨真假，生成器则从它那里学会了画。"),
    ),
    "cifar10_cnn": (
        ("It sees ten kinds of things", "认得十类事物"),
        ("Small windows, one layer of them on the other. It must name one of ten classes, whatever it is shown.",
         "一层层叠起来的小窗口。无论看到什么，它都只能从十个类别里选一个。"),
    ),
    "mnist_transfer_cnn": (
        ("From 0–4 to 5–9", "从 0–4 到 5–9"),
        ("The convolutions that learned 0–4 stay frozen. Only what reads their features is new.",
         "学过 0–4 的卷积层冻结不变，只有读取特征的层是新的。"),
    ),
    "deep_dream": (
        ("It dreams on a photograph", "在照片上做梦"),
        ("Learning, turned round: the network stays as it is, and the picture changes.",
         "反过来的学习：网络不变，变的是图片。"),
    ),
}  # fmt: skip
"""What the first screen says of each étude: a title, and a sentence or two."""

_CLASSES = {
    "airplane": "飞机", "automobile": "汽车", "bird": "鸟", "cat": "猫", "deer": "鹿", "dog": "狗", "frog": "青蛙",
    "horse": "马", "ship": "船", "truck": "卡车",
}  # fmt: skip
"""The classes of CIFAR-10 in Chinese, for the first screen."""

TABS = {
    "addition_rnn": "sums",
    "antirectifier": "digits",
    "cifar10_cnn": "photos",
    "deep_dream": "dream",
    "mnist_acgan": "gan",
    "mnist_transfer_cnn": "few shot",
}
"""The tab in which each étude is used."""


@dataclass(frozen=True)
class Translations:
    """The texts of the page in one language."""

    language: str

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, with these values in its gaps."""
        text = _TEXTS[key][list(LANGUAGES).index(self.language)]
        return text.format(**values) if values else text

    def summary(self, etude: str) -> str:
        """What an étude does, in a few words."""
        return _SUMMARIES[etude] if self.language == "zh" else experiments.load(etude).summary

    @property
    def classes(self) -> dict[str, str]:
        """The names of classes of photographs in the page's language, where that is another one."""
        return _CLASSES if self.language == "zh" else {}

    def card(self, etude: str) -> tuple[str, str]:
        """The title of an étude's card on the first screen, and what it says."""
        number = list(LANGUAGES).index(self.language)
        title, words = _CARDS[etude]
        return title[number], words[number]

    def of_etude(self, etude: str) -> str:
        """The name of an étude's tab, and its own name."""
        return f"{self(TABS[etude])} · {etude}"
