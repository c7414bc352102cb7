"""What `etudes list` says of the committed trainings."""

from typing import Any

import pytest

from etudes.actions import studies


def trained(seed: int, exact_match: float, *, flags: str = "", precision: str = "float32") -> dict[str, Any]:
    told = {"preset": "tuned", "flags": flags, "data": "sums", "epochs": "30 epochs", "precision": precision}
    return {**told, "seed": seed, "metrics": {"exact_match": exact_match}}


@pytest.mark.parametrize(
    ("others", "best"),
    [
        ([], "exact match 0.8 (tuned, sums, 30 epochs, float32, mean of 2 seeds)"),
        (
            [trained(0, 0.8, flags="--balance 0.2")],
            "exact match 0.8 (tuned, sums, 30 epochs, float32, mean of 2 seeds)",
        ),
        ([trained(0, 0.9, precision="bfloat16")], "exact match 0.9 (tuned, sums, 30 epochs, bfloat16)"),
        ([trained(0, 0.95, flags="--units 8")], "exact match 0.95 (tuned --units 8, sums, 30 epochs, float32)"),
    ],
)
def test_seeds_of_one_recipe_are_averaged_and_no_others(
    others: list[dict[str, Any]], best: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [trained(0, 0.7), trained(1, 0.9), *others]
    monkeypatch.setattr(studies, "committed_results", lambda _: records)
    assert studies.best_result("addition_rnn") == best
