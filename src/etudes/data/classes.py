"""Classes of arrays: from labels, and names where there are some, to numbers 0, 1, 2, … with a name each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etudes.data.errors import file_error
from etudes.data.notes import note
from etudes.errors import format_path

MAX_CLASSES = 1000
MAX_LABEL = 10**6

Labels = NDArray[np.int64]


def number_classes(
    path: Path, labels: Mapping[str, NDArray[Any]], names: NDArray[Any] | None = None
) -> tuple[tuple[str, ...], list[Labels]]:
    """Names of the classes, and every part's labels as numbers (n,) from 0.

    Without names a class is called by its label, and labels that nothing has are no classes: 1 and 2 are two classes,
    0 and 3 are two. With names, labels count from 0; from 1, if that is how they fit.

    Args:
        path: the file, for errors.
        labels: name of the array → labels, whole numbers or words; the first is the training part's.
        names: the names of the classes in the order of their labels.

    Raises:
        UserError: labels or names are of another kind, a name comes twice, there are fewer than two classes or too
            many, or a class is not in the training part.
    """
    flat = {part: decoded(path, part, values).reshape(-1) for part, values in labels.items()}
    kinds = {values.dtype.kind for values in flat.values()}
    if not kinds <= {"U"} and not kinds <= {"i", "u"}:
        raise file_error(path, f"{' and '.join(flat)} must be whole numbers or words: convert them, with astype")
    if "U" not in kinds:
        flat = {part: _checked(path, values) for part, values in flat.items()}
    known = np.unique(np.concatenate(list(flat.values())))
    words = tuple(str(label) for label in known.tolist())
    if names is not None and "U" not in kinds:
        words = tuple(str(name) for name in decoded(path, "class_names", names).reshape(-1).tolist())
        first = int(known[-1] == len(words) and known[0] > 0)
        if known[-1] >= len(words) + first:
            raise file_error(path, f"labels must be 0 to {len(words) - 1}, one for each of class_names: renumber them")
        known = np.arange(first, len(words) + first)
    check_class_names(path, words)
    numbers = [np.searchsorted(known, values).astype(np.int64) for values in flat.values()]
    check_learned(path, words, dict(zip(flat, numbers, strict=True)))
    return words, numbers


def _checked(path: Path, labels: NDArray[Any]) -> Labels:
    if len(labels) and (labels.min() < 0 or labels.max() >= MAX_LABEL):
        raise file_error(
            path, f"labels must be 0 to {MAX_LABEL - 1:,}: renumber others, and leave out what has no label"
        )
    return labels.astype(np.int64)


def check_learned(path: Path, names: Sequence[str], numbers: Mapping[str, Labels]) -> None:
    """Raise `UserError` where a class is in another part but not in the first, the training part."""
    (training, *_) = numbers
    learned = set(numbers[training].tolist())
    for part, found in numbers.items():
        if unlearned := set(found.tolist()) - learned:
            name = names[min(unlearned)][:40]
            raise file_error(path, f"class {name!r} is in {part} but not in {training}: add or remove it")


def note_numbering(path: Path, labels: Sequence[NDArray[Any]], class_names: Sequence[str]) -> None:
    """Say where labels do not count from 0 without a gap, or a name has no picture; once the data was read."""
    known = np.unique(np.concatenate([part.reshape(-1) for part in labels]))
    if known.dtype.kind not in "iu":
        return
    first, last, count = int(known[0]), int(known[-1]), len(class_names)
    at = format_path(path)
    if len(known) == count and last >= count and tuple(map(str, known.tolist())) == tuple(class_names):
        note(f"{at}: labels {first} to {last} are {count} classes, called by their labels; class_names may name them")
    elif last == count:
        note(f"{at}: labels count from 1, so label 1 is {class_names[0][:40]!r}; let them count from 0 otherwise")
    if len(known) < count:
        note(f"{at}: {count - len(known)} of {count} class_names have no picture; remove them, or they stay classes")


def decoded(path: Path, name: str, values: NDArray[Any]) -> NDArray[Any]:
    """Labels or names whose bytes are words in UTF-8."""
    if values.dtype.kind != "S":
        return values
    try:
        return np.char.decode(values, "utf-8")
    except UnicodeDecodeError as error:
        raise file_error(
            path, f"{name} holds bytes that are not UTF-8: save them as words, with astype(str)"
        ) from error


def check_class_names(path: Path, names: Sequence[str]) -> None:
    """Raise `UserError` where names are no text, missing or twice, or where there are fewer than two or too many."""
    if len(names) < 2:
        raise file_error(path, "has a single class: give pictures of two or more")
    if len(names) > MAX_CLASSES:
        raise file_error(path, f"has {len(names):,} classes, at most {MAX_CLASSES:,} are taken: are these labels?")
    for number, name in enumerate(names):
        if not name.strip():
            raise file_error(path, f"class {number} has no name: give it one")
        if name.encode(errors="ignore").decode() != name:
            raise file_error(path, f"the name of class {number} is not in Unicode: rename it")
    (name, count), *_ = Counter(names).most_common(1)
    if count > 1:
        places = " and ".join(str(number) for number, other in enumerate(names) if other == name)
        raise file_error(path, f"classes {places[:40]} are both called {name[:40]!r}: give each a name of its own")
