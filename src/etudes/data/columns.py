"""Which columns of a table hold questions and answers, and whether its first row names them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


QUESTION_NAMES = _words(
    "question questions q input inputs in x source src prompt instruction query problem expression term word",
    "original from key frage eingabe quelle aufgabe begriff wort entrée pregunta entrada domanda pergunta вопрос ввод",
    "вход задача 问题 输入 题目 問題 輸入 質問 入力 질문 입력 vraag invoer pytanie wejście",
)
"""What people call the column of questions."""

ANSWER_NAMES = _words(
    "answer answers a output outputs out y target tgt response reply completion solution result translation definition",
    "label value to antwort ausgabe ziel lösung ergebnis übersetzung réponse sortie résultat respuesta salida",
    "resultado risposta uscita risultato resposta saída ответ вывод выход результат 答案 输出 答え 輸出 回答 出力 解答",
    "답 답변 출력 antwoord uitvoer odpowiedź wyjście",
)
"""What people call the column of answers."""

LANGUAGE_NAMES = _words(
    "ar bg bn cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv nl no pl pt ro ru sk sl sr sv th tr uk ur vi",
    "zh ara ces deu ger dut nld eng fra fre ita jpn kor pol por rus spa swe tur ukr zho chi",
    "arabic chinese czech danish dutch english finnish french german greek hebrew hindi hungarian italian japanese",
    "korean latin norwegian polish portuguese romanian russian spanish swedish turkish ukrainian vietnamese",
    "deutsch englisch französisch italienisch spanisch français anglais allemand espagnol español inglés francés",
    "italiano inglese francese русский английский 中文 英文 英语 日本語 英語 한국어 영어",
)
"""Codes and names of languages, of which a header may name two."""

_SHORT = 3
_FEWEST = 3
_NAME = re.compile(r"[^\W\d_][\w .()/#-]{0,39}")


def named_columns(names: Sequence[str]) -> tuple[int, int] | None:
    """The columns that names say are questions and answers, or None if they say of no or of several columns so."""
    known = [" ".join(name.casefold().split()).removesuffix(":") for name in names]
    for questions, answers in ((QUESTION_NAMES, ANSWER_NAMES), (LANGUAGE_NAMES, LANGUAGE_NAMES)):
        left = [place for place, name in enumerate(known) if name in questions]
        right = [place for place, name in enumerate(known) if name in answers]
        if left == right and len(left) == 2 and known[left[0]] != known[left[1]]:
            return left[0], left[1]
        if len(left) == len(right) == 1 and left != right:
            return left[0], right[0]
    return None


def columns_of(rows: Sequence[Sequence[str]]) -> tuple[int, int, bool] | None:
    """The column of questions, that of answers, and whether the first row is a header; None if that is not clear."""
    first, rest = rows[0], rows[1:]
    named = named_columns(first)
    if named and not (_short(first) and any(_short(row) for row in rest)):
        return *named, True
    if len(first) != 2:
        return None
    names = all(_NAME.fullmatch(cell.strip()) for cell in first)
    return 0, 1, names and len(rest) >= _FEWEST and any(_unlike(column) for column in zip(*rows, strict=True))


def _short(row: Sequence[str]) -> bool:
    """Whether it could be "en,fr" or "x,y", as a header or as a pair of words."""
    return all(len(cell.strip()) <= _SHORT for cell in row)


def _unlike(column: Sequence[str]) -> bool:
    """Whether the first cell shares no kind of character with any other, or alone has no digit."""
    first, rest = column[0], column[1:]
    digits = re.compile(r"\d")
    if not digits.search(first) and all(map(digits.search, rest)):
        return True
    return not _kinds(first) & _kinds("".join(set("".join(rest))))


def _kinds(text: str) -> set[str]:
    """Scripts of the letters, "0" for digits, and every sign."""
    return {
        "0" if sign.isdigit() else unicodedata.name(sign, sign).split()[0] if sign.isalpha() else sign
        for sign in text
        if not sign.isspace()
    }
