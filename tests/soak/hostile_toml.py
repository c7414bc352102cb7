"""Bad `settings.toml` of finished runs, signed so that the run's own check sum does not already tell."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from soak.case import Case, random_of
from soak.prepared import changed_run


def resign(place: Path) -> None:
    """Make the manifest believe in the settings and the weights as they are now."""
    manifest = json.loads((place / "weights.json").read_bytes())
    content = (place / "weights.safetensors").read_bytes()
    manifest |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest["settings_sha256"] = hashlib.sha256((place / "settings.toml").read_bytes()).hexdigest()
    (place / "weights.json").write_text(json.dumps(manifest))


def _toml(place: Path, content: bytes | Callable[[str], str]) -> None:
    path = place / "settings.toml"
    new = content if isinstance(content, bytes) else content(path.read_text()).encode()
    assert new != path.read_bytes()
    path.write_bytes(new)
    resign(place)


def _set(name: str, value: str) -> Callable[[str], str]:
    """Give one entry another value, written as TOML."""
    return lambda text: re.sub(rf"(?m)^{name} = .*$", lambda _: f"{name} = {value}", text)


def _without(name: str) -> Callable[[str], str]:
    return lambda text: re.sub(rf"(?m)^{name} = .*\n", "", text)


_TOML: dict[str, bytes | Callable[[str], str]] = {
    "empty": b"",
    "random bytes": random_of("toml").bytes(500),
    "zero bytes": bytes(500),
    "utf-16": "etude = 'addition_rnn'".encode("utf-16"),
    "cut in half": lambda text: text[: len(text) // 2],
    "cut in a word": lambda text: text[:9],
    "json": b'{"etude": "addition_rnn"}',
    "a page": b"<!doctype html>",
    "brackets 100,000 deep": b"a = " + b"[" * 100_000,
    "tables 2,000 deep": b"[" + b".".join([b"a"] * 2000) + b"]\n" + b"x = {a = " * 2000,
    "a name of dots": b".".join([b"a"] * 50_000) + b" = 1\n",
    "30 MB": b"# " + b"x" * 30_000_000,
    "a text of 30 MB": b'etude = "' + b"x" * 30_000_000 + b'"',
    "a number of 5,000 digits": _set("epochs", "9" * 5000),
    "a number of 4,000 digits": _set("epochs", "9" * 4000),
    "entries twice": lambda text: text + text,
    "no etude": _without("etude"),
    "no preset": _without("preset"),
    "no settings": lambda text: text.replace("[settings]", "[sittings]"),
    "no data": lambda text: text.replace("[data]", "[date]"),
    "settings that are a number": b'etude = "addition_rnn"\npreset = "tiny"\nsettings = 1\ndata = 2\n',
    "settings that are empty": b'etude = "addition_rnn"\npreset = "tiny"\n[settings]\n[data]\n',
    "an unknown etude": _set("etude", '"division_rnn"'),
    "an etude that is a path": _set("etude", '"../../evil"'),
    "an etude that is a module": _set("etude", '"os"'),
    "an etude that is a number": _set("etude", "7"),
    "an etude with escape sequences": _set("etude", '"\\u001b[31mred\\n"'),
    "another etude": _set("etude", '"cifar10_cnn"'),
    "an unknown setting": lambda text: text.replace("[settings]\n", "[settings]\nevil = 1\n"),
    "a setting with escape sequences": lambda text: text.replace("[settings]\n", '[settings]\n"\\u001b[31m" = 1\n'),
    "a missing setting of the data": _without("alphabet"),
    "an unknown entry of the data": lambda text: text.replace("[data]\n", "[data]\nevil = 1\n"),
    "epochs that are text": _set("epochs", '"many"'),
    "epochs that are a table": _set("epochs", "{ a = 1 }"),
    "epochs below zero": _set("epochs", "-1"),
    "digits beyond nine": _set("digits", "99999"),
    "units without end": _set("units", "10000000000000"),
    "not a number": _set("learning_rate", "nan"),
    "an infinite number": _set("dropout", "inf"),
    "a truth value for a number": _set("batch_size", "true"),
    "a date for a number": _set("seed", "1979-05-27"),
    "a list for a text": _set("operator", '["+"]'),
    "an unknown choice": _set("operator", '"/"'),
    "an alphabet that is a number": _set("alphabet", "5"),
    "an alphabet that is empty": _set("alphabet", '""'),
    "a length that is text": _set("question_length", '"7"'),
    "a length below zero": _set("question_length", "-7"),
    "a length of a billion": _set("question_length", "1000000000"),
    "a length of two to the 62nd": _set("answer_length", str(2**62)),
}


def cases() -> Iterator[Case]:
    """All of them."""
    doors = (("use", "run", "1+2"), ("evaluate", "run"), ("inspect", "run"))
    for number, (what, content) in enumerate(_TOML.items()):
        change = functools.partial(_toml, content=content)
        yield changed_run("settings.toml", what, change, doors[number % 3])
    pictures: dict[str, Callable[[str], str]] = {
        "pictures of a billion rows": _set("height", "1000000000"),
        "pictures of no height": _set("height", "0"),
        "pictures of a negative width": _set("width", "-32"),
        "pictures of 7 channels": _set("channels", "7"),
        "class names that are a number": _set("class_names", "10"),
        "class names that are numbers": _set("class_names", "[1, 2, 3]"),
        "no class names": _set("class_names", "[]"),
        "class names that are one text": _set("class_names", '"circle"'),
    }
    for what, content in pictures.items():
        change = functools.partial(_toml, content=functools.partial(_flattened, change=content))
        yield changed_run("settings.toml", what, change, ("inspect", "run", "--table"), etude="cifar10_cnn")


def _flattened(text: str, change: Callable[[str], str]) -> str:
    """The change made to a text whose list of class names stands on one line."""
    return change(re.sub(r"(?ms)^class_names = \[.*?\]$", lambda found: found[0].replace("\n", " "), text))
