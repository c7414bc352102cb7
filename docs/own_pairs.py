"""Pairs of strings that are not sums, to train addition_rnn on a CSV file of your own.

    python docs/own_pairs.py roman roman.csv     # 1994,MCMXCIV: every number from 1 to 3999
    python docs/own_pairs.py dates dates.csv     # "March 3, 2021",2021-03-03: every day from 1900 to 2099

Then run `etudes train addition_rnn --data roman.csv` and the other commands on the card of the study.
"""

import csv
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

NUMERALS = {
    1000: "M", 900: "CM", 500: "D", 400: "CD", 100: "C", 90: "XC", 50: "L", 40: "XL", 10: "X", 9: "IX", 5: "V",
    4: "IV", 1: "I",
}  # fmt: skip
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def roman(number: int) -> str:
    """A number from 1 to 3999 in Roman numerals."""
    text = ""
    for value, letters in NUMERALS.items():
        times, number = divmod(number, value)
        text += letters * times
    return text


def numerals() -> Iterator[tuple[str, str]]:
    """Every number that Roman numerals can write without further signs."""
    for number in range(1, 4000):
        yield str(number), roman(number)


def dates() -> Iterator[tuple[str, str]]:
    """Every day of two centuries: written in three ways by turns, and in ISO 8601."""
    day = date(1900, 1, 1)
    while day.year < 2100:
        month = MONTHS[day.month - 1]
        styles = (f"{day.day} {month} {day.year}", f"{month} {day.day}, {day.year}", f"{day:%d.%m.%Y}")
        yield styles[day.toordinal() % 3], day.isoformat()
        day += timedelta(days=1)


if __name__ == "__main__":
    kinds = {"roman": numerals, "dates": dates}
    if len(sys.argv) != 3 or sys.argv[1] not in kinds:
        sys.exit("usage: python docs/own_pairs.py roman|dates FILE.csv")
    with Path(sys.argv[2]).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(kinds[sys.argv[1]]())
