"""A sample of the corpus of bad inputs; `make soak` tries all of it."""

from pathlib import Path

import pytest

from soak.hostile import corpus, sample, try_all
from soak.prepared import prepare_runs

CASES = sample(4)

pytestmark = pytest.mark.long


def test_the_corpus_is_large_and_its_cases_have_names_of_their_own() -> None:
    cases = corpus()
    assert len(cases) >= 500
    assert len({case.name for case in cases}) == len(cases)
    assert {case.kind for case in CASES} == {case.kind for case in cases if not case.needs_network}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the prepared runs are."""
    place = tmp_path_factory.mktemp("hostile")
    prepare_runs(place)
    return place


@pytest.mark.parametrize("part", range(4))
def test_bad_inputs_are_refused_in_one_line_before_a_framework_is_imported(part: int, folder: Path) -> None:
    wrong = []
    for outcome in try_all(CASES[part::4], folder):
        early = [f"imported {outcome.imported}"] if outcome.imported else []
        wrong += [f"{outcome.case.name}: {failure}" for failure in [*outcome.failures, *early]]
    assert not wrong
