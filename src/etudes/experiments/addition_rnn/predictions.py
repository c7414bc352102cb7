"""What a trained network predicts, with its confidence, and which characters of it are right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etudes.experiments.addition_rnn.batch_encoding import Texts, decode_batch, indices_of
from etudes.experiments.addition_rnn.questions import Examples, TextInfo
from etudes.experiments.addition_rnn.study import AdditionSettings, encode_questions
from etudes.training.backend import outputs_of

BATCH = 4000
"""Questions per batch; with fewer, and on two cores with more, a million take longer."""


@dataclass(frozen=True)
class Predictions:
    """The predicted answers to n questions."""

    texts: Texts
    """The answers, (n,)."""
    characters: NDArray[np.float32]
    """Probability of each predicted character, padding included, (n, answer length)."""

    @property
    def confidence(self) -> NDArray[np.float32]:
        """Probability of each whole answer, (n,): the product, as characters are independent given the question."""
        return np.asarray(self.characters.prod(axis=1), dtype=np.float32)


@dataclass(frozen=True)
class Predictor:
    """A trained network with what it takes to write its inputs and read its outputs."""

    network: Any
    info: TextInfo
    settings: AdditionSettings

    def probabilities(self, questions: Texts) -> NDArray[np.float32]:
        """The outputs of the network, (n, answer length, alphabet)."""
        outputs = outputs_of(self.network, encode_questions(questions, self.info, self.settings), BATCH)
        return np.asarray(outputs, dtype=np.float32)

    def predict(self, questions: Texts) -> Predictions:
        """The most probable characters of each answer; a million questions take as little memory as 100,000."""
        texts, characters = [], []
        for start in range(0, len(questions), 25 * BATCH):
            probabilities = self.probabilities(questions[start : start + 25 * BATCH])
            texts.append(decode_batch(probabilities, self.info.alphabet))
            characters.append(probabilities.max(axis=-1))
        return Predictions(np.concatenate(texts), np.concatenate(characters))


@dataclass(frozen=True)
class ScoredPredictions(Predictions):
    """Predictions compared with the true answers, character by character."""

    correct: NDArray[np.bool_]
    """Whether each character is right, (n, answer length); padding is a character too."""
    written: NDArray[np.bool_]
    """Whether it is more than padding, in the prediction or in the true answer, (n, answer length)."""

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Whether any character of the answer is wrong, (n,)."""
        return np.asarray(~self.correct.all(axis=1))


def score(predictor: Predictor, examples: Examples) -> ScoredPredictions:
    """Predict the answers to some questions and compare them with the true ones."""
    found, info = predictor.predict(examples.questions), predictor.info
    predicted = indices_of(found.texts, info.answer_length, info.alphabet)
    truth = indices_of(examples.answers, info.answer_length, info.alphabet)
    space = info.alphabet.index(" ")
    written = (predicted != space) | (truth != space)
    return ScoredPredictions(found.texts, found.characters, predicted == truth, written)
