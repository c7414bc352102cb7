/** Opens a page: its data, its networks, its sections. */

import { readData } from "./blobs";
import type { Language, PageData, Text, Values } from "./data";
import { currentLanguage, h, inLanguage, put, setLanguage, words } from "./dom";
import { JourneyView } from "./journey";
import { openNetworks } from "./network";
import { breakSection, contents, learnedSection, mistakesSection, section, SourceSection } from "./sections";
import { studioBar } from "./studio";
import type { Page, Panel, Study } from "./study";

/** Build the page of a study. */
export async function start<C>(study: Study<C>): Promise<void> {
  const data = readData<PageData<C>>();
  const place = document.getElementById("page")!;
  const state = readState();
  setLanguage(firstLanguage(state));
  printLight();
  place.before(studioBar(data as PageData) ?? "");
  try {
    await new OpenPage(study, data, state, place).open();
  } catch (error) {
    const text = { en: "This browser cannot run the page: ", zh: "此浏览器无法运行本页：" };
    place.append(h("p", { class: "warn", role: "alert" }, text, error instanceof Error ? error.message : String(error)));
    throw error;
  }
}

function readState(): Record<string, string> {
  const isState = location.hash.includes("="); // else it is the name of a place on the page
  return isState ? Object.fromEntries(new URLSearchParams(location.hash.slice(1))) : {};
}

/** On paper the page is light, whatever it is on the screen. */
function printLight(): void {
  const { dataset } = document.documentElement;
  let before: string | undefined;
  addEventListener("beforeprint", () => {
    before = dataset.theme;
    dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    if (before === undefined) delete dataset.theme;
    else dataset.theme = before;
  });
}

function firstLanguage(state: Record<string, string>): Language {
  const wanted = state.lang ?? document.documentElement.dataset.language ?? navigator.language;
  return wanted.startsWith("zh") ? "zh" : "en";
}

class OpenPage<C> implements Page<C> {
  networks: Page<C>["networks"] = {};
  values: Record<string, Values> = {};
  private journeys: JourneyView[] = [];
  private panels: Panel[] = [];
  private readonly aloud = h("p", { class: "aloud", role: "status" });

  constructor(
    private readonly study: Study<C>,
    readonly data: PageData<C>,
    readonly state: Record<string, string>,
    private readonly place: HTMLElement,
  ) {}

  async open(): Promise<void> {
    const top = h("section", { id: "top" }, h("h1", null, this.study.sentence(this)));
    const waiting = h("p", { class: "waiting" }, { en: "The network is being unpacked …", zh: "正在解压网络……" });
    this.place.append(this.header(), top, waiting, this.aloud);
    this.networks = await openNetworks(this.data);
    waiting.remove();
    top.append(await this.study.begin(this));
    this.addSections();
    this.show(this.values);
    this.scrollToTarget();
  }

  private header(): HTMLElement {
    const languages = (["en", "zh"] as const).map((language) => {
      const name = { en: "English", zh: "中文" }[language];
      const button = h("button", { type: "button", lang: language === "zh" ? "zh-CN" : "en", class: "language" }, name);
      button.addEventListener("click", () => {
        setLanguage(language);
        this.remember("lang", language);
      });
      inLanguage((now) => button.setAttribute("aria-pressed", String(now === language)));
      return button;
    });
    const theme = h("button", { type: "button", class: "theme", label: { en: "light or dark", zh: "浅色或深色" } }, "◐");
    theme.addEventListener("click", () => {
      const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
      document.documentElement.dataset.theme = dark ? "light" : "dark";
    });
    inLanguage((language) => {
      document.title = `${this.study.title[language]} · ${this.data.run}`;
    });
    return h("header", { class: "page" }, h("p", null, "Études · ", this.study.title, h("span", { class: "run" }, " ", this.data.run)), h("div", null, ...languages, theme));
  }

  private addSections(): void {
    const source = new SourceSection(this.data as PageData);
    const journeys = this.study.journeys(this);
    const own = this.study.explain ?? {};
    this.journeys = journeys.map((journey) => {
      const network = this.networks[journey.network];
      const band = (snippet: string) => {
        const layer = network.data.layers.find((one) => (journey.layers[one.name] ?? journey.layers[one.kind])?.source === snippet);
        return source.link(snippet, `band-${network.name}-${layer?.name ?? ""}`);
      };
      for (const words of Object.values(journey.layers)) if (words.panel) this.panels.push(words.panel);
      return new JourneyView(journey, network, own, band);
    });
    const given = this.study.panels?.(this) ?? [];
    const panels = given.map(({ title, words: paragraphs, panel }, index) => {
      this.panels.push(panel);
      return section(`panel-${index + 1}`, title, ...paragraphs.map((text) => h("p", null, text)), panel.element);
    });
    const ideas = typeof this.study.idea === "function" ? this.study.idea(this) : this.study.idea;
    const idea = section("idea", { en: "The idea", zh: "思路" }, ...ideas.map((text) => h("p", null, text)),
      h("p", { class: "insight" }, this.study.insight));
    const parts = [
      idea,
      ...panels.filter((_, index) => given[index].first),
      ...this.journeys.map((view) => view.element),
      ...panels.filter((_, index) => !given[index].first),
      this.study.mistakes ? mistakesSection(this.study.mistakes(this), this.data as PageData, this.study.mistakesWords?.(this), this.study.mistakesTitle) : null,
      learnedSection(this.study as Study, this.data as PageData),
      breakSection(this.study.breaks(this)),
      source.element,
      this.footer(),
    ].filter((part) => part !== null);
    this.place.querySelector("header")!.after(contents(this as Page, journeys, given, parts.map((part) => part.id)));
    this.place.append(...parts);
  }

  private footer(): HTMLElement {
    const runs = Object.keys(this.networks).length > 0;
    const text = {
      en: `Written by Études ${this.data.version} from the run ${this.data.run}. ${runs ? "The network runs in this page: nothing you put in leaves it." : "The page loads nothing from elsewhere."}`,
      zh: `由 Études ${this.data.version} 根据训练 ${this.data.run} 生成。${runs ? "网络就在本页中运行：你的输入不会离开本页。" : "本页不从别处加载任何内容。"}`,
    };
    return h("footer", null, h("p", null, text));
  }

  private scrollToTarget(): void {
    const target = location.hash.length > 1 && !Object.keys(this.state).length ? document.getElementById(location.hash.slice(1)) : null;
    target?.scrollIntoView();
  }

  show(values: Record<string, Values>): void {
    this.values = { ...this.values, ...values };
    for (const view of this.journeys) {
      const shown = this.values[view.journey.network];
      if (shown) view.show(shown);
    }
    for (const panel of this.panels) panel.update(this.values);
    if (Object.keys(this.values).length || !Object.keys(this.networks).length) {
      document.documentElement.dataset.answered ??= String(Math.round(performance.now()));
    }
  }

  announce(text: Text): void {
    put(this.aloud, words({ en: text.en, zh: text.zh }));
    this.aloud.lang = currentLanguage();
  }

  remember(name: string, value: string): void {
    this.state[name] = value;
    history.replaceState(null, "", `#${new URLSearchParams(this.state).toString()}`);
  }
}
