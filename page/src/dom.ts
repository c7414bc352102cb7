/** Small helpers for elements and for texts in two languages. */

import type { Language, Text } from "./data";

type Child = Node | string | number | Text | null | undefined | false;
type Attributes = Record<string, string | number | boolean | EventListener | Text | undefined>;

/** A text in both languages, of which the style shows that of the page. */
export function words(text: Text): DocumentFragment {
  const both = document.createDocumentFragment();
  for (const language of ["en", "zh"] as const) {
    const span = document.createElement("span");
    span.lang = language === "zh" ? "zh-CN" : "en";
    span.textContent = text[language];
    both.append(span);
  }
  return both;
}

function isText(child: Child): child is Text {
  return typeof child === "object" && child !== null && "en" in child && "zh" in child;
}

/** An element. Attributes that begin with "on" are listeners; "label" sets aria-label in the language of the page. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes | null = null,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === false) continue;
    if (name === "label") label(element, value as Text | string);
    else if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  add(element, ...children);
  return element;
}

/** Append children; texts in both languages. */
export function add(element: Element, ...children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (isText(child)) element.append(words(child));
    else element.append(typeof child === "number" ? String(child) : child);
  }
}

/** Replace the children of an element. */
export function put(element: Element, ...children: Child[]): void {
  element.replaceChildren();
  add(element, ...children);
}

let language: Language = "en";
const followers = new Set<(language: Language) => void>();

/** The language of the page. */
export function currentLanguage(): Language {
  return language;
}

/** Change the language of the page. */
export function setLanguage(chosen: Language): void {
  language = chosen;
  document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
  for (const follower of followers) follower(chosen);
}

/** Call a function now, and whenever the language changes. */
export function inLanguage(follower: (language: Language) => void): void {
  followers.add(follower);
  follower(language);
}

/** Give an element a name for screen readers, in the language of the page. */
export function label(element: Element, text: Text | string): void {
  if (typeof text === "string") element.setAttribute("aria-label", text);
  else {
    element.setAttribute("data-en", text.en);
    element.setAttribute("data-zh", text.zh);
    element.setAttribute("aria-label", text[language]);
  }
}

inLanguage((chosen) => {
  for (const element of document.querySelectorAll(`[data-${chosen}]`)) {
    element.setAttribute("aria-label", element.getAttribute(`data-${chosen}`) ?? "");
  }
});

/** A text that is the same in both languages, such as a name. */
export function both(text: string | number): Text {
  return { en: String(text), zh: String(text) };
}

/** A number as people read it: four significant digits. */
export function shown(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const size = Math.abs(value);
  if (size >= 10000) return Math.round(value).toLocaleString("en");
  if (size < 0.0001) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

/** A share of 1 in percent. */
export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)}\u00a0%`;
}

/** An element that shows a number, and holds it in full. */
export function number(value: number): HTMLDataElement {
  return h("data", { value: String(value) }, shown(value).replace("-", "−"));
}
