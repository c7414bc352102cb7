"""Names of the parts of a set that comes split: train, valid, dev, testing, holdout, … in any case."""

import re
from collections.abc import Iterable
from pathlib import Path

from etudes.data.errors import file_error

TRAINING, VALIDATION, TEST = "training", "validation", "test"
EVALUATION = "evaluation"
"""What is tested on; what is validated with, beside a test part."""

_WORDS = {
    TRAINING: ("train", "training", "trn"),
    VALIDATION: ("val", "valid", "validation", "validate", "dev", "devel", "development"),
    TEST: ("test", "testing", "tst", "holdout", "heldout", "t10k"),
    EVALUATION: ("eval", "evaluation"),
}
_FILLERS = {"set", "sets", "split", "data", "dataset", "images", "pictures", "seg", "part"}


def part_of(name: str) -> str:
    """Which part a name stands for: "training", "validation", "test", "evaluation"; "" if none."""
    letters = re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", " ", name).casefold()
    word = "".join(word for word in letters.split() if word not in _FILLERS).rstrip("0123456789")
    return next((part for part, words in _WORDS.items() if word.removesuffix("set") in words), "")


def named_parts(path: Path, names: Iterable[str]) -> dict[str, str]:
    """The names that stand for parts, by part; others are left out.

    A single held-out part is the test part, whatever it is called: what is not tested on is not held out.

    Raises:
        UserError: two names stand for the same part.
    """
    found: dict[str, str] = {}
    by_part = [(part_of(name), name) for name in names]
    for part, name in sorted(by_part, key=lambda entry: entry[0] == EVALUATION):  # last, as it depends on the others
        if part == EVALUATION:
            part = VALIDATION if TEST in found else TEST
        if part in found:
            raise file_error(path, f"has {found[part]} and {name} for its {part} part: keep one of them")
        if part:
            found[part] = name
    if VALIDATION in found and TEST not in found:
        found[TEST] = found.pop(VALIDATION)
    return {part: found[part] for part in (TRAINING, VALIDATION, TEST) if part in found}
