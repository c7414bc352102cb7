import "./without-dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  encode, neighbour, percent, readAnswer, readOrder, truthOf, type Content,
} from "../../src/etudes/experiments/addition_rnn/page_content";
import { isReadable, normalText, readQuestion } from "../../src/etudes/experiments/addition_rnn/page_questions";

const sums: Content = {
  alphabet: " +0123456789", questionAlphabet: " +0123456789", questionLength: 7, answerLength: 4, reverse: true,
  generated: true, operator: "+", digits: 3, examples: ["35+35"], mistakes: [], wrong: 0, questions: 0,
};
const own: Content = { ...sums, alphabet: " 12é😀", questionAlphabet: " 12😀", questionLength: 3, reverse: false, generated: false };

test("texts become as Python's normal_text makes them", () => {
  const same: [string, string][] = [
    ["a  b", "a b"], [" a\u00a0\u3000b\n", "a b"], ["\u200ba\u2060b\ufeff", "ab"], ["e\u0301", "é"], ["a\x1cb\x85c\x1fd", "a b c d"],
    ["²", "²"], ["２", "２"], ["\u180e", "\u180e"], ["", ""],
  ];
  for (const [text, normal] of same) assert.equal(normalText(text), normal);
});

test("questions are read as by the command", () => {
  assert.equal(readQuestion(" 007 + 8", sums), "7+8");
  assert.equal(readQuestion("0+000", sums), "0+0");
  for (const text of ["", "1", "1+", "1+2+3", "1000+1", "１+1", "1-1"]) assert.notEqual(typeof readQuestion(text, sums), "string", text);
  assert.equal(readQuestion("999999999*999999999", { ...sums, operator: "*", digits: 9 }), "999999999*999999999");
  assert.equal(readQuestion("😀😀😀", own), "😀😀😀"); // three code points, six halves
  assert.match((readQuestion("é", own) as { en: string }).en, /occurs only in answers/);
  assert.match((readQuestion("x", own) as { en: string }).en, /never saw x/);
  assert.match((readQuestion("1212", own) as { en: string }).en, /1 to 3 characters/);
});

test("what an address names must be readable", () => {
  assert.ok(isReadable("5+", sums) && isReadable("", sums) && isReadable("😀", own));
  assert.ok(!isReadable("12345678", sums) && !isReadable("<img>", sums));
});

test("a question is read from its end, code point by code point", () => {
  assert.equal(readOrder("35+35", sums).join(""), "  53+53");
  assert.deepEqual(readOrder("😀1", own), ["😀", "1", " "]);
  const { shape, data } = encode("😀1", own);
  assert.deepEqual(shape, [3, 5]);
  assert.deepEqual([...data.keys()].filter((index) => data[index] === 1), [4, 6, 10]);
});

test("an answer is the likeliest character of each row, without the padding", () => {
  const output = { shape: [4, 12], data: new Float32Array(48) };
  for (const [row, column] of [9, 2, 0, 0].entries()) output.data[row * 12 + column] = 0.5;
  const found = readAnswer(output, sums);
  assert.equal(found.text, "70");
  assert.equal(found.confidence, 1 / 16);
});

test("truths are exact, and neighbours stay within what was learned", () => {
  assert.equal(truthOf("999999999*999999999", { ...sums, operator: "*" }), "999999998000000001");
  assert.equal(truthOf("5-7", { ...sums, operator: "-" }), "-2");
  for (const text of ["5+", "1+2+3", "88"]) assert.equal(truthOf(text, sums), null);
  assert.equal(neighbour("35+35", -1, sums), "35+34");
  assert.equal(neighbour("35+0", -1, sums), null);
  assert.equal(neighbour("35+999", 1, sums), null);
  assert.equal(neighbour("12", 1, own), null);
});

test("probabilities that are not 100 % do not look like it", () => {
  const shares: [number, string][] = [[0.5, "50.0\u00a0%"], [0.9963, "99.6\u00a0%"], [0.99984, ">\u00a099.9\u00a0%"], [1e-9, "<\u00a00.1\u00a0%"]];
  for (const [share, text] of shares) assert.equal(percent(share), text);
});
