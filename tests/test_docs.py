"""The docs are true: commands in README and guide run, generated pages are current, nothing private leaks."""

import importlib.util
import json
import re
import shlex
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import etudes
from etudes import experiments
from etudes.cli import COMMANDS, run
from etudes.schema import as_dict

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def modules_of_docs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs")


def generator(name: str = "generate") -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_promise_names_a_test_that_exists() -> None:
    promises = [promise for group in generator("reliability_page").PROMISES.values() for promise in group]
    assert len(promises) > 20
    for _, test in promises:
        path, name = test.split("::")
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), test


def test_generated_pages_are_current() -> None:
    for path, text in generator().generated().items():
        assert path.read_text(encoding="utf-8") == text, f"{path} is not current: run `make docs`"


def test_seeds_are_averaged_only_if_the_recipe_is_the_same() -> None:
    def trained(seed: int, accuracy: float, epochs: int = 5) -> dict[str, Any]:
        return {
            "etude": "cifar10_cnn",
            "preset": "tuned",
            "data": "cifar10",
            "epochs": f"{epochs} epochs",
            "seed": seed,
            "settings": {"seed": seed, "epochs": epochs, "translate": 2},
            "changed": {"seed": seed, "epochs": epochs, "translate": 2},
            "metrics": {"accuracy": accuracy, "pictures": 10_000},
            "environment": {"backend": "tensorflow", "precision": "float32"},
        }

    tables = generator("recipe_tables")
    assert tables.seeds_table([trained(0, 0.5), trained(1, 0.6, epochs=6)]) == []
    lines = tables.seeds_table([trained(0, 0.5), trained(1, 0.6), trained(2, 0.9, epochs=6)])
    recipe = "cifar10_cnn | tuned `--translate 2` | cifar10 | 5 epochs | float32"
    assert lines[-1] == f"| {recipe} | 2 | **accuracy** | 0.55 | 0.071 | 0.5 | 0.6 |"


def test_a_seed_counts_once_whatever_baselines_were_trained_beside_it() -> None:
    def trained(seed: int, accuracy: float, *baselines: str) -> dict[str, Any]:
        settings = {"seed": seed, "translate": 2, "baselines": list(baselines)}
        return {
            "etude": "antirectifier",
            "preset": "tuned",
            "data": "mnist",
            "epochs": "5 epochs",
            "seed": seed,
            "settings": settings,
            "changed": settings,
            "metrics": {"accuracy": accuracy, **{f"accuracy_{baseline}": 0.25 for baseline in baselines}},
            "environment": {"backend": "tensorflow", "precision": "float32"},
        }

    lines = generator("recipe_tables").seeds_table([trained(0, 0.5), trained(0, 0.5, "relu_256"), trained(1, 0.6)])
    recipe = "antirectifier | tuned `--translate 2` | mnist | 5 epochs | float32"
    assert [line for line in lines if line.startswith(f"| {recipe}")] == [
        f"| {recipe} | 2 | **accuracy** | 0.55 | 0.071 | 0.5 | 0.6 |"
    ]


def test_a_run_whose_preset_has_changed_has_the_command_of_today() -> None:
    today = generator("recipes").today
    settings = as_dict(experiments.load("cifar10_cnn").presets["quick"]) | {"epochs": 5, "precision": "bfloat16"}
    header = {"etude": "cifar10_cnn", "preset": "quick", "settings": settings}
    command = "etudes train cifar10_cnn --preset quick --epochs=5 --precision bfloat16 --out a"
    assert today(header, command) == ""
    settings |= {"centred": False}
    assert today(header, f"{command} --no-centred") == ""
    assert today(header, command) == (
        "etudes train cifar10_cnn --preset quick --epochs 5 --no-centred --precision bfloat16"
    )


def test_the_table_of_what_was_tried_goes_between_the_markers_of_a_card_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = generator("recipe_tables")
    monkeypatch.setattr(tables, "BENCHMARKS", tmp_path)
    for name, value in (("a", 0.5), ("b", 0.7)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text(json.dumps({"metrics": {"accuracy": value}}))
    rows = [{"what": "nothing", "flags": "", "runs": ["a"]}, {"what": "x", "flags": "--x 1", "runs": ["a", "b"]}]
    part = {"command": "etudes train", "figure": "accuracy", "split": "validation", "tried": rows}
    card = f"# a\n\n{tables.BEGIN}\nold\n{tables.END}\n\n## b\n"
    text = tables.card_with_ablation(card, {"about": "So.", "part": [part]})
    assert "old" not in text
    assert text.startswith("# a\n\n")
    assert text.endswith(f"{tables.END}\n\n## b\n")
    assert "| nothing | – | 0.5 | 1 |" in text
    assert "| x | `--x 1` | 0.6 (0.5 to 0.7) | 2 |" in text
    assert tables.card_with_ablation(text, {"about": "So.", "part": [part]}) == text


def test_the_two_commands_come_first() -> None:
    commands = re.findall(r"^(make \w+)", README, flags=re.MULTILINE)
    assert commands[:2] == ["make demo", "make test"]


def test_the_readme_is_one_page_with_a_picture_and_a_film() -> None:
    assert len(README.splitlines()) <= 120
    picture, film = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert (ROOT / picture).stat().st_size <= 300_000
    assert film.endswith(".gif")
    assert (ROOT / film).stat().st_size <= 700_000


def test_the_numbers_of_the_readme_are_those_of_the_results() -> None:
    results = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    summary = results.partition("## Summary")[2].partition("## Goals")[0]
    for name in experiments.names():
        said, measured = (
            next(line for line in page.splitlines() if line.startswith(f"| [{name}]")).split(" | ")
            for page in (README, summary)
        )
        _, _, mean, spread, seeds, *_ = measured
        numbers = [spread] if "error" in spread else [mean.strip("*"), *([spread] if spread != "–" else [])]
        assert all(number in said[-1] for number in [*numbers, f"{seeds} "]), name


def block(kind: str, page: str) -> str:
    """The code blocks of a kind on a page, one after the other."""
    found = re.findall(rf"^```{kind}\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    assert found
    return "".join(found)


@pytest.mark.long
def test_the_shell_lines_of_readme_and_guide_run(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the preset tiny instead of demo, a small picture as photo.jpg, and without published data and network."""
    from etudes.data import embedded_photo

    monkeypatch.setenv("ETUDES_DATA", str(runs.parent / "empty"))
    embedded_photo("flower").resize((96, 64)).save("photo.jpg")
    lines = [line.split("#")[0].strip() for line in (block("sh", README) + block("sh", GUIDE)).splitlines()]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("etudes ")]
    assert len(commands) >= 12
    for words in commands:
        words = ["tiny" if word == "demo" else word for word in words]
        assert run(words) == 0, capsys.readouterr().err


@pytest.mark.long
@pytest.mark.parametrize("page", [README, GUIDE], ids=["readme", "guide"])
def test_the_python_lines_run(page: str, runs: Path) -> None:
    exec(block("python", page).replace('"demo"', '"tiny"'), {"__name__": "page"})


def test_every_command_and_etude_is_in_the_readme() -> None:
    for name in experiments.names():
        assert name in README
    reference = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"## etudes {command}" in reference


def test_links_have_a_target() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_no_file_names_a_path_of_one_machine() -> None:
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=False).stdout.split()
    private = re.compile(r"(?<![\w.])/(work|tmp|root|opt|home)/|files\.pythonhosted|pypi\.org/simple")
    for name in tracked:
        path = ROOT / name
        if path.suffix in (".py", ".md", ".toml", ".lock", ".json", ".jsonl", ".jinja", "") and path.is_file():
            if name == "tests/test_docs.py":
                continue
            found = private.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{name}: {found}"


def test_the_public_names_are_these() -> None:
    for name in etudes.__all__:
        assert getattr(etudes, name) is not None
    assert set(etudes.__all__) == {
        "Interrupted", "LoadedRun", "Result", "Run", "UserError", "answer", "compare", "evaluate",
        "export", "finish", "inspect", "layer_tables", "load", "presets", "report", "reproduce", "resume", "settings",
        "share", "train", "unload", "use",
    }  # fmt: skip
