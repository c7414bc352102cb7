"""Questions with their answers to test a trained network on: all of a file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from etudes.data import note_learned
from etudes.errors import UserError, format_path
from etudes.experiments.addition_rnn.questions import Examples, TextData, TextInfo, read_examples
from etudes.experiments.addition_rnn.study import AdditionSettings, make_examples


def load_test_data(place: str, info: TextInfo, settings: AdditionSettings, data: TextData | None) -> TextData:
    """Data whose test set is all pairs of a file, which the network must be able to read and write.

    Raises:
        UserError: the file cannot be read, or a text is too long or has letters that the network does not know.
    """
    examples, _ = read_examples(place)
    for texts, longest in ((examples.questions, info.question_length), (examples.answers, info.answer_length)):
        foreign = [text for text in texts.tolist() if len(text) > longest or set(text) - set(info.alphabet)]
        if foreign:
            what = f"{format_path(place)}: {len(foreign):,} texts such as {foreign[0][:30]!r} do not fit the run"
            raise UserError(f"{what} (at most {longest} of {info.alphabet.strip()[:40]!r}): leave them out")
    none = examples.take(np.zeros(0, np.int64))
    if data is not None:
        note_learned(examples.questions.tolist(), _learned(examples, settings, data), place)
    return TextData(replace(info, source=place), none, none, examples)


def _learned(examples: Examples, settings: AdditionSettings, data: TextData) -> set[str]:
    """The questions of the training; where each epoch had new ones, all that were not held out."""
    if not (settings.fresh and data.info.generated):
        return {*data.train.questions.tolist(), *data.validation.questions.tolist()}
    pairs = data.held_out_pairs()
    held_out = make_examples(np.concatenate([pairs, pairs[:, ::-1]]), settings.operator).questions.tolist()
    return {*examples.questions.tolist()} - {*held_out}
