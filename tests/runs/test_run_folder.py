"""The run folder: what is written is read back, what is damaged is refused with one line."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from etudes.data import data_folder
from etudes.errors import UserError
from etudes.runs import (
    Checkpoint,
    Run,
    append_metrics,
    checkpoint,
    failpoints,
    find_run,
    load_checkpoint,
    load_weights,
    newest_run,
    next_folder,
    read_metrics,
    replace_metrics,
    run_at,
    runs_folder,
    save_checkpoint,
    save_weights,
    settings_digest,
)
from etudes.runs.failpoints import injected
from etudes.runs.files import write_atomically

ARRAYS = {"a/00.kernel": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([1, 2], dtype=np.uint32)}
HEADER = {"etude": "cifar10_cnn", "preset": "tiny", "settings": {"seed": 0}, "data": {"source": "shapes"}}


def test_weights_come_back_as_they_were(tmp_path: Path) -> None:
    save_weights(tmp_path, ARRAYS)
    found = load_weights(tmp_path)
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


@pytest.mark.parametrize("place", [0, 8, 100, -1])
def test_one_flipped_bit_in_the_weights_is_noticed(tmp_path: Path, place: int) -> None:
    save_weights(tmp_path, ARRAYS)
    path = tmp_path / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match="damaged"):
        load_weights(tmp_path)


def test_a_manifest_of_other_shapes_is_refused(tmp_path: Path) -> None:
    save_weights(tmp_path, ARRAYS)
    manifest = json.loads((tmp_path / "weights.json").read_text())
    manifest["arrays"]["b"]["shape"] = [3]
    (tmp_path / "weights.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="does not hold the arrays"):
        load_weights(tmp_path)


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    save_weights(tmp_path, {"a": np.array([np.nan], dtype=np.float32)})
    with pytest.raises(UserError, match="not finite"):
        load_weights(tmp_path)


def test_a_checkpoint_comes_back_and_the_previous_one_stands_in_for_a_damaged_one(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path) is None
    save_checkpoint(tmp_path, Checkpoint(ARRAYS, {"epoch": 1}), settings_digest(tmp_path))
    save_checkpoint(tmp_path, Checkpoint(ARRAYS, {"epoch": 2, "sum": 0.1 + 0.2}), settings_digest(tmp_path))
    found = load_checkpoint(tmp_path)
    assert found is not None
    assert found.position == {"epoch": 2, "sum": 0.1 + 0.2}
    current = tmp_path / "checkpoints" / "current.safetensors"
    for damage in (lambda c: c[:-1] + bytes([c[-1] ^ 1]), lambda c: c[: len(c) // 2], lambda c: c[:0]):
        current.write_bytes(damage(current.read_bytes()))
        fallen_back = load_checkpoint(tmp_path)
        assert fallen_back is not None
        assert fallen_back.position == {"epoch": 1}
    (tmp_path / "checkpoints" / "previous.safetensors").write_bytes(b"no")
    with pytest.raises(UserError, match="has no checkpoint that can be used"):
        load_checkpoint(tmp_path)


def test_metrics_are_put_back_and_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    assert read_metrics(tmp_path) == []
    first = {"phase": "train", "epoch": 1, "loss": 0.5, "seconds": 1.0}
    lines = append_metrics(tmp_path, first)
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 2, "lo')
    assert read_metrics(tmp_path) == [first]
    append_metrics(tmp_path, {**first, "epoch": 2})
    replace_metrics(tmp_path, lines)
    assert (tmp_path / "metrics.jsonl").read_text() == lines


def test_a_checkpoint_of_another_version_or_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(checkpoint, "FORMAT", 99)
        save_checkpoint(tmp_path, Checkpoint(ARRAYS, {"epoch": 1}), settings_digest(tmp_path))
    with pytest.raises(UserError, match="has format 99, this version of etudes reads 3"):
        load_checkpoint(tmp_path)
    save_file(ARRAYS, tmp_path / "checkpoints" / "current.safetensors")
    with pytest.raises(UserError, match="it is not a checkpoint of etudes"):
        load_checkpoint(tmp_path)


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    write_atomically(tmp_path / "results.json", b"old")
    with injected("results.json:half=full"), pytest.raises(OSError, match="No space left"):
        write_atomically(tmp_path / "results.json", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]
    assert (tmp_path / "results.json").read_bytes() == b"old"
    write_atomically(tmp_path / "results.json", b"new")
    assert (tmp_path / "results.json").read_bytes() == b"new"


def test_every_moment_of_a_write_is_reached_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[str] = []
    monkeypatch.setattr(failpoints._Injection, "reached", lambda _, point: reached.append(point))
    current, previous = tmp_path / "current.safetensors", tmp_path / "previous.safetensors"
    with injected("step"):
        write_atomically(current, b"one", previous)
        write_atomically(current, b"two", previous)
        append_metrics(tmp_path, {"phase": "train"})
        replace_metrics(tmp_path, "all")
        failpoints.reached("step")
    write_atomically(current, b"three", previous)
    replace_metrics(tmp_path, "again")
    failpoints.reached("step")
    first = [f"current.safetensors:{moment}" for moment in failpoints.MOMENTS if moment != "kept"]
    lines = [f"metrics.jsonl:{moment}" for moment in failpoints.MOMENTS if moment != "kept"]
    with_kept = [f"current.safetensors:{moment}" for moment in failpoints.MOMENTS]
    added = [f"metrics:{moment}" for moment in ("begin", "opened", "half", "written", "done")]
    assert reached == [*first, *with_kept, *added, *lines, "step"]
    assert (current.read_bytes(), previous.read_bytes()) == (b"three", b"two")


def test_without_a_failpoint_a_file_is_written_in_one_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    real = Path.open

    class Noting:
        def __init__(self, file: Any) -> None:
            self.file, self.flush, self.fileno = file, file.flush, file.fileno

        def write(self, content: Any) -> None:
            written.append(len(content))
            self.file.write(content)

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

    monkeypatch.setattr(Path, "open", lambda path, *given, **named: Noting(real(path, *given, **named)))
    write_atomically(tmp_path / "results.json", b"content")
    append_metrics(tmp_path, {})
    assert written == [len("content"), len("{}\n")]


def test_a_failpoint_that_does_not_exist_is_refused() -> None:
    for wrong, said in (("nowhere", "unknown ETUDES_FAILPOINT"), ("results.json:begin=explode", "is none of")):
        with pytest.raises(UserError, match=said), injected(wrong):
            pass


def test_settings_that_were_changed_after_the_training_are_refused(tmp_path: Path) -> None:
    Run(tmp_path).write_header(HEADER)
    save_weights(tmp_path, ARRAYS)
    assert load_weights(tmp_path).keys() == ARRAYS.keys()
    Run(tmp_path).write_header({**HEADER, "settings": {"seed": 1}})
    with pytest.raises(UserError, match="was changed after the training"):
        load_weights(tmp_path)


def test_runs_are_found_by_name_and_by_folder(runs: Path, nothing_bundled: None) -> None:
    names = ["cifar10_cnn"]
    with pytest.raises(UserError, match="run `etudes train cifar10_cnn` first"):
        find_run("cifar10_cnn", names)
    first = Run(next_folder("cifar10_cnn", "tiny"))
    first.write_header(HEADER)
    with pytest.raises(UserError, match="is not finished"):
        find_run(first.folder, names)
    first.write_json("results.json", {"metrics": {}})
    second = Run(next_folder("cifar10_cnn", "tiny"))
    assert second.folder.name == "cifar10_cnn-tiny-2"
    assert newest_run("cifar10_cnn") == first
    assert find_run(str(first.folder), names) == first
    with pytest.raises(UserError, match="unknown run folder or etude 'cifar_cnn': did you mean 'cifar10_cnn'"):
        find_run("cifar_cnn", names)
    with pytest.raises(UserError, match="nothing is not a run folder: there is no such folder"):
        find_run(runs / "nothing", names)
    with pytest.raises(UserError, match="is not a run folder: it has no readable settings"):
        find_run(runs, names)


@pytest.mark.parametrize("text", ["", "etude = 3", "etude = ", 'etude = "x"\npreset = "y"', "\0"])
def test_damaged_settings_are_refused_with_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(UserError) as caught:
        Run(tmp_path).header()
    assert "\n" not in str(caught.value)


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    with Run(tmp_path).locked(), pytest.raises(UserError, match="in use by another process"), Run(tmp_path).locked():
        pass
    with Run(tmp_path).locked():
        pass


def test_the_table_of_metrics_has_a_row_for_each_line_and_a_column_for_each_figure(tmp_path) -> None:
    import csv

    from etudes.runs import write_table

    write_table(tmp_path, "")
    assert not (tmp_path / "metrics.csv").exists()
    records = [{"phase": "a", "epoch": 1, "loss": 0.1}, {"phase": "b, then", "epoch": 1, "reached": float("inf")}]
    write_table(tmp_path, "".join(json.dumps(record) + "\n" for record in records))
    with (tmp_path / "metrics.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == [
            {"phase": "a", "epoch": "1", "loss": "0.1", "reached": ""},
            {"phase": "b, then", "epoch": "1", "loss": "", "reached": "inf"},
        ]


def test_the_newest_run_is_the_one_that_ended_last_whichever_was_touched(runs: Path, nothing_bundled: None) -> None:
    for number, ended in enumerate((300.5, 100.0, 200.0), start=1):
        run = Run(runs / f"cifar10_cnn-tiny-{number}")
        run.write_header(HEADER)
        run.write_json("results.json", {"metrics": {}, "training_seconds": 1.0, "ended": ended})
        os.utime(run.folder / "results.json", (1e9 + number, 1e9 + number))  # copied, restored, or the clock set back
    assert newest_run("cifar10_cnn") == Run(runs / "cifar10_cnn-tiny-1")
    Run(runs / "cifar10_cnn-tiny-1").write_json("results.json", {"metrics": {}, "training_seconds": 1.0})
    os.utime(runs / "cifar10_cnn-tiny-1" / "results.json", (150.0, 150.0))  # of a version that did not record it
    assert newest_run("cifar10_cnn") == Run(runs / "cifar10_cnn-tiny-3")


def test_advice_quotes_a_path_that_has_spaces(runs: Path) -> None:
    run = Run(runs / "my first run")
    run.write_header(HEADER)
    with pytest.raises(UserError, match=r"is not finished: continue with `etudes resume '[^']*my first run'`"):
        find_run(run.folder, ["cifar10_cnn"])


def test_the_home_folder_may_be_named_by_its_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ETUDES_RUNS", "~/all runs")
    assert runs_folder() == tmp_path / "all runs"
    assert run_at("~/one").folder == tmp_path / "one"
    monkeypatch.setenv("ETUDES_DATA", "~/published")
    assert data_folder() == tmp_path / "published"
