"""A thousand ways to damage what is read again: each is noticed or changes nothing."""

from pathlib import Path

from soak.flips import run_flips


def test_damage_is_detected_or_harmless(tmp_path: Path) -> None:
    found = run_flips(tmp_path)
    assert sum(row["tried"] for row in found.values()) >= 1000
    assert {name: row["silent"] for name, row in found.items() if row["silent"]} == {}
    for name, row in found.items():
        assert row["detected"] > row["tried"] * 0.8, f"{name}: {row}"
