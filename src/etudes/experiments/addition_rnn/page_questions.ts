/** Reads what a person types as `etudes use` does: use.py and `normal_text` of etudes.data.pairs say the rules. */

import type { Text } from "etudes-page";
import type { Content } from "./page_content";

/** Spaces without width and marks of direction, which come along when text is copied. */
const INVISIBLE = /[\u200b\u200e\u200f\u2060\ufeff]/g;

/** Python's `str.split` takes some control characters for spaces, too. */
const SPACES = /[\s\x1c-\x1f\x85]+/u;

/** The text as networks see it: in the Unicode form NFC, spaces of any kind single and plain, none at its ends. */
export function normalText(text: string): string {
  return text.replace(INVISIBLE, "").normalize("NFC").split(SPACES).filter(Boolean).join(" ");
}

/** A text as a question is written in training; or what is wrong with it. */
export function readQuestion(text: string, content: Content): string | Text {
  return content.generated ? readSum(text, content) : readText(text, content);
}

/** A question such as "35 + 035" as "35+35": spaces and leading zeros do not occur in training. */
function readSum(text: string, { digits, operator }: Content): string | Text {
  const number = `0*([0-9]{1,${digits}})`;
  const found = new RegExp(`^${number}\\${operator}${number}$`).exec(text.split(SPACES).join(""));
  if (found) return `${BigInt(found[1])}${operator}${BigInt(found[2])}`;
  const example = `${"3".repeat(Math.min(digits, 2))}${operator}5`;
  const limit = digits > 1 ? { en: `at most ${digits} digits`, zh: `最多 ${digits} 位` } : { en: "one digit", zh: "一位" };
  return {
    en: `Write two numbers of ${limit.en} with ${operator} between them, such as ${example}.`,
    zh: `请输入两个${limit.zh}的数，中间用 ${operator} 连接，例如 ${example}。`,
  };
}

function readText(text: string, { questionAlphabet, alphabet, questionLength }: Content): string | Text {
  const known = new Set(questionAlphabet);
  const isKnown = (some: string) => [...some].every((sign) => known.has(sign));
  let question = normalText(text);
  if (isKnown(text) && !isKnown(question)) question = text.replace(/ +$/, ""); // learned as it was typed, by an old run
  const signs = [...question];
  if (!signs.length || signs.length > questionLength) {
    return { en: `Write 1 to ${questionLength} characters.`, zh: `请输入 1 到 ${questionLength} 个字符。` };
  }
  const unknown = signs.find((sign) => !known.has(sign));
  if (unknown === undefined) return question;
  const all = [...questionAlphabet].slice(0, 80).join("").trim();
  return [...alphabet].includes(unknown)
    ? { en: `${unknown} occurs only in answers. Use ${all}`, zh: `${unknown} 只出现在答案中。请使用 ${all}` }
    : { en: `It never saw ${unknown}. Use only ${all}`, zh: `训练中从未出现过 ${unknown}。只能使用 ${all}` };
}

/** Whether the network can read a text as it is, even one that nobody would ask. */
export function isReadable(question: string, { questionAlphabet, questionLength }: Content): boolean {
  const signs = [...question];
  return signs.length <= questionLength && signs.every((sign) => questionAlphabet.includes(sign));
}
