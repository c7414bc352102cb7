"""Settings and options as the words of a command, and back: what a report or the studio says can be typed."""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from annotated_types import Ge
from hypothesis import given, settings
from hypothesis import strategies as st

from etudes import experiments
from etudes.actions.loading import preset_of
from etudes.cli import flags
from etudes.cli.parsing import inputs_first, parse
from etudes.errors import UserError
from etudes.schema import Setting, as_dict, command_words, describe

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@dataclass(frozen=True)
class Choices:
    """One option of each kind."""

    operator: str = "+"
    sheet: bool = False
    freeze: bool = True
    count: Annotated[int, Ge(-9)] = 3
    rate: float = 0.5
    shots: tuple[int, ...] = ()
    parts: tuple[float, ...] = (1.0,)
    names: tuple[str, ...] = ("a",)


@given(
    st.builds(
        Choices,
        operator=TEXTS,
        rate=NUMBERS,
        count=st.integers(-9, 9),
        shots=st.lists(st.integers(0, 99)).map(tuple),
        parts=st.lists(NUMBERS, max_size=3).map(tuple),
        names=st.lists(TEXTS.filter(lambda text: not text.startswith("-")), max_size=3).map(tuple),
        sheet=st.booleans(),
        freeze=st.booleans(),
    )
)
@settings(max_examples=50, deadline=None)
def test_the_words_of_any_options_parse_back_to_them(chosen: Choices) -> None:
    assert parse(Choices, command_words(as_dict(chosen)), "etudes inspect") == chosen


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"operator": "-"}, ["--operator=-"]),
        ({"parts": (-1.0, 0.5)}, ["--parts=-1.0", "0.5"]),
        ({"max_size": 3, "layer": None}, ["--max-size", "3"]),
        ({"no_freeze": True, "shots": ()}, ["--no-freeze", "--shots"]),
    ],
)
def test_words_are_joined_only_where_they_would_be_taken_for_flags(values: dict[str, Any], words: list[str]) -> None:
    assert command_words(values) == words


@pytest.mark.parametrize("etude", experiments.names())
def test_the_words_of_every_preset_give_back_its_settings(etude: str) -> None:
    experiment = experiments.load(etude)
    start = flags.Train(settings=preset_of(etude, "demo"), preset="demo")
    wanted = as_dict(experiment.presets["tuned"])
    given_back = parse(flags.Train[experiment.settings], command_words(wanted), "etudes train", default=start)  # type: ignore[name-defined]
    assert as_dict(given_back.settings) == wanted


def use_flags(etude: str) -> Any:
    accepted: Any = flags.UseFlags
    return accepted[flags.shown_options(experiments.load(etude).use.options)]


@pytest.mark.parametrize(
    ("etude", "words", "inputs", "chosen"),
    [
        ("mnist_acgan", ["7", "--count", "16", "out.png"], ("7",), {"count": 16, "out": "out.png"}),
        ("mnist_acgan", ["--count=16", "7", "8"], ("7", "8"), {"count": 16}),
        ("mnist_acgan", ["7", "--walk_to", "3", "9"], ("7", "9"), {"walk_to": "3"}),
        ("mnist_acgan", ["7", "--parts", "1", "-1", "0.5"], ("7",), {"parts": (1.0, -1.0, 0.5)}),
        ("mnist_acgan", ["7", "--parts=1", "2", "--seed", "3", "8"], ("7", "8"), {"parts": (1.0, 2.0), "seed": 3}),
        ("cifar10_cnn", ["a.jpg", "--top", "2", "b.jpg"], ("a.jpg", "b.jpg"), {"top": 2}),
        ("cifar10_cnn", ["--flips", "a.jpg", "--no-flips", "b.jpg"], ("a.jpg", "b.jpg"), {"flips": False}),
        ("deep_dream", ["photo.png", "--step", "-0.1", "o.png"], ("photo.png",), {"step": -0.1, "out": "o.png"}),
        ("deep_dream", ["a.png", "o.png", "--layers", "x", "y"], ("a.png",), {"layers": ("x", "y")}),
        ("addition_rnn", ["1+1", "--json", "2+2"], ("1+1", "2+2"), {}),
        ("addition_rnn", ["--json", "--", "-5", "3"], ("-5", "3"), {}),
        ("addition_rnn", ["-5+9", "--file", "a", "1+1"], ("-5+9", "1+1"), {"file": "a"}),
        ("addition_rnn", ["--json", "1+1", "--", "--file"], ("1+1", "--file"), {}),
    ],
)
def test_inputs_may_stand_behind_flags(
    etude: str, words: list[str], inputs: tuple[str, ...], chosen: dict[str, Any]
) -> None:
    options = parse(use_flags(etude), words, "etudes use").options
    assert options.inputs == inputs
    assert {name: getattr(options, name) for name in chosen} == chosen


def test_the_words_of_every_command_may_stand_behind_flags() -> None:
    assert parse(flags.Data, ["--json", "fetch", "mnist"], "").name == "mnist"
    assert parse(flags.Resume, ["--log", "mlflow", "--log", "tensorboard", "here"], "").run == "here"
    assert parse(flags.Compare, ["a", "--out", "x.png", "b"], "").runs == ("a", "b")


@given(st.lists(st.sampled_from(["a", "b", "-1", "--", "--one", "--many", "--none", "--else", "--one=b"]), max_size=9))
def test_no_word_is_lost_and_what_begins_with_a_dash_stays_in_order(words: list[str]) -> None:
    ordered = inputs_first(words, {"--one": 1, "--many": None, "--none": 0})
    assert sorted(ordered) == sorted(words)
    end = words.index("--") if "--" in words else len(words)
    assert [word for word in ordered if word[:2] == "--"] == [word for word in words if word[:2] == "--"]
    assert ordered[len(ordered) - len(words[end + 1 :]) :] == words[end + 1 :]


@pytest.mark.parametrize(
    ("etude", "words", "said"),
    [
        ("cifar10_cnn", ["--log", "wandb"], "Expected one of ('tensorboard', 'mlflow'): see `etudes train --help`"),
        ("cifar10_cnn", ["--optimizer", "adam"], "Expected one of ('rmsprop', 'adamw', 'muon')"),
        ("cifar10_cnn", ["--epoch", "3"], "--epoch, 3: did you mean --epochs?"),
        ("cifar10_cnn", ["--epochs"], "Missing value for argument '--epochs'. It takes one: see"),
        ("deep_dream", ["--octave", "3"], "did you mean --octaves?"),
        ("mnist_transfer_cnn", ["--from", "mnist", "--to", "fashion_mnist"], "did you mean --data?"),
        ("addition_rnn", ["--lr", "0.1"], "did you mean --learning-rate?"),
        ("antirectifier", ["--" + "x" * 300], "…: see `etudes train --help`"),
    ],
)
def test_what_is_wrong_with_words_is_said_whole(etude: str, words: list[str], said: str) -> None:
    experiment = experiments.load(etude)
    start = flags.Train(settings=preset_of(etude, "tuned"))
    with pytest.raises(UserError) as error:
        parse(flags.Train[experiment.settings], words, "etudes train", default=start)  # type: ignore[name-defined]
    assert said in str(error.value)
    assert len(str(error.value)) <= 190


def test_a_list_that_takes_a_word_too_many_and_a_flag_of_two_kinds_are_said_plainly() -> None:
    with pytest.raises(UserError, match=r"^--parts: cannot take '1', 'out.png': see"):
        parse(use_flags("mnist_acgan"), ["7", "--parts", "1", "out.png"], "etudes use")
    inspection: Any = flags.InspectFlags
    looks = inspection[flags.shown_options(experiments.load("cifar10_cnn").inspect.options)]
    with pytest.raises(UserError, match=r"^Unrecognized options: --rate: did you mean --rates\?$"):
        parse(looks, ["--rate"], "etudes inspect")


def test_whole_bounds_are_written_out_and_others_stay_short() -> None:
    bounds = {setting.name: setting.range for setting in describe(experiments.load("addition_rnn").settings)}
    assert bounds["pairs"].endswith("<= 2,000,000")
    assert Setting("a", "float", 0, "", bounds=((">", 0.001), ("<", 1e30))).range == "> 0.001, < 1e+30"
