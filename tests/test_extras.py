"""The base installation, and the extras: what each does without the others, and what every message says of them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from etudes.analysis.answers import ClassifierOptions, read_pictures
from etudes.cli.listing import doctor_table
from etudes.data import IMAGE_SETS
from etudes.errors import UserError
from etudes.extras import ANY_BACKEND, EXTRAS, WITH_A_BACKEND, check_extra, is_installed
from etudes.extras import install as line_for
from etudes.training import accelerators
from etudes.views.curves import learning_curves
from etudes.views.plotting import figure, writing
from installations import PROJECT, ROOT, install, packages_of, run_in

OPTIONAL = PROJECT["optional-dependencies"]
NOT_SHOWN = {"all", "dev", "training"}
"""The sum, what who works on the package needs, and the common part of the backends."""

NOT_IN_THE_BASE = (
    *("keras", "tensorflow", "jax", "torch", "scipy", "sklearn", "matplotlib", "onnx", "ml_dtypes", "gradio"),
    *("pandas", "h5py", "tensorboard", "imageio_ffmpeg", "pillow_heif"),
)
ANY = "pip install 'keras-etudes[tensorflow]' (or [jax], [torch])"
NO_BACKEND = f"etudes: no backend is installed: {ANY}"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("base") / "packages")


ANSWERED = """
import contextlib, importlib.util, io, json, sys
from etudes.cli import run

told = {}
for words in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = run(words)
        except SystemExit as ended:
            code = ended.code
    told[" ".join(words)] = [code, out.getvalue(), err.getvalue().strip()]
names = json.loads(sys.argv[2])
told["there"] = [name for name in names if importlib.util.find_spec(name)]
print(json.dumps(told))
"""


def answers(base: Path, cwd: Path, *commands: str) -> dict[str, list[object]]:
    """Exit code, output and errors of each command, all in one process of the base installation."""
    words = json.dumps([command.split() for command in commands])
    done = run_in(base, "-c", ANSWERED, words, json.dumps(NOT_IN_THE_BASE), cwd=cwd)
    assert done.returncode == 0, done.stderr
    told: dict[str, list[object]] = json.loads(done.stdout)
    assert told.pop("there") == []
    return told


def test_the_base_lists_shows_cards_and_reports_and_says_what_the_rest_needs(base: Path, tmp_path: Path) -> None:
    shown = ("list", "doctor", "data list", "card mnist_acgan", "--help", "train cifar10_cnn --help")
    shown += ("report antirectifier@bundled --as-is --out page.html",)
    needy = (
        *("train antirectifier --preset tiny", "evaluate antirectifier", "inspect antirectifier --table"),
        *("inspect mnist_acgan", "use deep_dream china", "export antirectifier", "demo"),
    )
    lines = {
        **dict.fromkeys(needy, NO_BACKEND),
        "report antirectifier": f"{NO_BACKEND}; --as-is shows what there is",
        "compare a b": f"etudes: compare needs matplotlib: {ANY}",
        "train antirectifier --backend torch": f"etudes: backend torch is not installed: {line_for('torch')}",
        "train antirectifier --log mlflow": f"etudes: --log mlflow needs mlflow: {line_for('mlflow')}",
        "export antirectifier --format onnx": NO_BACKEND,
        "studio": f"etudes: the studio needs Gradio: {line_for('studio')}",
    }
    told = answers(base, tmp_path, *shown, *lines)
    assert {command: told[command][0] for command in shown} == dict.fromkeys(shown, 0)
    assert {command: told[command] for command in lines} == {command: [2, "", said] for command, said in lines.items()}
    assert all(f"keras-etudes[{name}]" in str(told["doctor"][1]) for name in EXTRAS)
    assert "the learning curves" in str(told[shown[-1]])
    assert not list(tmp_path.rglob("settings.toml")), "what cannot be trained leaves no run"
    assert not (tmp_path / "data").exists(), "what cannot be evaluated downloads nothing"


READ = """
import numpy as np, sys
from PIL import Image
import etudes
from etudes.actions.loading import open_run
from etudes.analysis.answers import ClassifierOptions, read_pictures, seen_sheet
from etudes.data import IMAGE_SETS, embedded_photo, load_images
from etudes.views.grids import picture_grid

pen = np.full((300, 300), 245, np.uint8)
pen[60:75, 60:180] = pen[60:240, 170:185] = 40
Image.fromarray(pen).save("größe.png")
embedded_photo("china").save("photo.jpg")
read = read_pictures(ClassifierOptions(("größe.png", "photo.jpg")), IMAGE_SETS["mnist"])
seen_sheet(read)
load_images("digits", seed=0, validation_share=0.1)
for name in ("addition_rnn", "antirectifier", "cifar10_cnn", "mnist_acgan", "mnist_transfer_cnn"):
    loaded = open_run(f"{name}@bundled")  # some are stored as bfloat16
    assert all(array.dtype in (np.float32, np.uint32, np.int32) for array in loaded.arrays.values()), name
np.save(sys.argv[1], read.pixels)
"""


def test_the_base_reads_drawings_photographs_digits_and_weights(base: Path, tmp_path: Path) -> None:
    (tmp_path / "here.py").write_text(READ, encoding="utf-8")
    done = run_in(base, "here.py", str(tmp_path / "base.npy"), cwd=tmp_path, PYTHONUTF8="1")
    assert done.returncode == 0, done.stderr
    assert "inverted because" in done.stderr
    files = tuple(str(tmp_path / name) for name in ("größe.png", "photo.jpg"))
    here = read_pictures(ClassifierOptions(files), IMAGE_SETS["mnist"])
    np.testing.assert_array_equal(np.load(tmp_path / "base.npy"), here.pixels)


def test_the_base_answers(base: Path, tmp_path: Path) -> None:
    told = answers(base, tmp_path, "use addition_rnn 35+35", "use mnist_acgan 2026 --count 3")
    assert told["use addition_rnn 35+35"][0] == 0
    assert told["use addition_rnn 35+35"][1].startswith("35+35 = 70 ")
    assert told["use mnist_acgan 2026 --count 3"][0] == 0
    assert (tmp_path / "mnist_acgan.png").exists()


def test_writing_on_pictures_needs_no_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    words, file = "größe, Ω, снег, تفاح", Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    assert Path(writing(13).path).read_bytes() == file.read_bytes()
    with_it = bytes(writing(13, words).getmask(words))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert bytes(writing(13, words).getmask(words)) == with_it
    assert writing(13, "苹果").path == writing(13).path
    with pytest.raises(UserError, match="a plot needs matplotlib: pip install"):
        learning_curves({"run": []})
    with pytest.raises(UserError, match="a plot needs matplotlib: pip install"), figure(1, 1):
        pass


def test_the_base_brings_few_packages() -> None:
    """A new one is a decision: it is in everybody's installation."""
    assert not {"keras", "scipy", "scikit-learn", "matplotlib", "onnx", "ml-dtypes", "pandas"} & packages_of()
    assert len(PROJECT["dependencies"]) <= 15


# --- extras -----------------------------------------------------------------------------------------------------------


def test_the_table_of_extras_is_that_of_the_project() -> None:
    assert set(EXTRAS) == set(OPTIONAL) - NOT_SHOWN
    (everything,) = OPTIONAL["all"]
    assert set(re.search(r"\[(.*)\]", everything)[1].split(",")) == set(EXTRAS)  # type: ignore[index]


@pytest.mark.parametrize("name", EXTRAS)
def test_an_extra_brings_the_modules_that_messages_name(name: str) -> None:
    here = {"sklearn": "scikit-learn", "tensorflow": "tensorflow-cpu", "uvicorn": "gradio"}
    packages = {here.get(module, module.replace("_", "-")) for module in EXTRAS[name].modules}
    wanted = {re.split(r"[\[><=; ]", text)[0] for text in _all_of(name)}
    assert packages <= wanted, f"{name} does not bring {packages - wanted}"


def _all_of(extra: str) -> list[str]:
    found = []
    for text in OPTIONAL[extra]:
        own = re.match(r"keras-etudes\[(.*)\]", text)
        found += [text] if own is None else [deep for part in own[1].split(",") for deep in _all_of(part)]
    return found


def test_every_extra_that_is_named_anywhere_exists() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "src").rglob("*.md")]
    named = {}
    for path in [*pages, *(ROOT / "src").rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"(?:keras-etudes|pip install '?\.|'\.)\[([^\]{}]*)\]", text):
            named |= dict.fromkeys(match[1].split(","), path)
        assert not re.search(r"(?<!keras-)\betudes\[\w*\]", text), f"{path} names another project's package"
    assert {"tensorflow", "studio", "film", "data", "onnx", "litert"} <= set(named)
    assert {name: path for name, path in named.items() if name not in OPTIONAL} == {}


def test_doctor_lists_every_extra_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for extra in EXTRAS.values():
        monkeypatch.setitem(sys.modules, extra.modules[0], None)
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    rows = {what: (state, fix) for what, state, fix in doctor_table().rows}
    assert rows["backend"] == ("no backend is installed", ANY_BACKEND)
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    backend = next(row for row in doctor_table().rows if row[0] == "backend")
    assert backend == ("backend", "backend torch is not installed", line_for("torch"))
    for name in (*EXTRAS, "all"):
        assert rows[f"extra {name}"][1] == line_for(name)


def test_what_is_missing_is_named_and_so_is_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(UserError, match=r"^backend jax needs scikit-learn: pip install 'keras-etudes\[jax\]'$"):
        check_extra("jax", "backend jax") if is_installed("jax") else pytest.skip("no JAX")
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(UserError, match=r"^a film needs imageio-ffmpeg: pip install 'keras-etudes\[film\]', or not$"):
        check_extra("film", "a film", ", or not")
    state = next(state for what, state, _ in doctor_table().rows if what == "extra tensorflow")
    assert "incomplete without scikit-learn" in state or not is_installed("tensorflow")
    assert len(f"backend tensorflow needs {', '.join(WITH_A_BACKEND)}: {ANY_BACKEND}") < 200


# --- accelerators -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("packages", "state", "fix"),
    [
        ({}, "NVIDIA H200, NVIDIA H200; no installed backend is for it", "jax[cuda12]"),
        ({"tensorflow-cpu": "2.21.0"}, "NVIDIA H200, NVIDIA H200; no installed backend is for it", "[and-cuda]"),
        ({"torch": "2.13.0+cpu", "nvidia-cudnn-cu12": "9"}, "NVIDIA H200, NVIDIA H200; no installed backend", "torch"),
        ({"jax": "0.10", "jax-cuda12-plugin": "0.10"}, "NVIDIA H200, NVIDIA H200; for jax", ""),
        ({"torch": "2.13.0", "nvidia-cudnn-cu12": "9"}, "NVIDIA H200, NVIDIA H200; for torch", ""),
        ({"torch": "2.13.0+cu128"}, "NVIDIA H200, NVIDIA H200; for torch", ""),
        ({"tensorflow": "2.21.0", "nvidia-cudnn-cu12": "9"}, "NVIDIA H200, NVIDIA H200; for tensorflow", ""),
    ],
)
def test_doctor_says_what_it_sees_of_a_gpu(
    packages: dict[str, str], state: str, fix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        (tmp_path / f"000{number}").mkdir()
        (tmp_path / f"000{number}" / "information").write_text("Model: \t\t NVIDIA H200\nIRQ:   \t\t 150\n")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(accelerators, "_DRIVER", tmp_path)
    monkeypatch.setattr(accelerators, "_DEVICES", tmp_path / "none")
    monkeypatch.setattr(accelerators, "_distributions", lambda: packages)
    backend = next((name.removesuffix("-cpu") for name in packages if not name.startswith("nvidia")), "")
    monkeypatch.setattr("etudes.cli.listing.default_backend", lambda: backend)
    monkeypatch.setattr(accelerators, "is_installed", lambda _: True)
    _, found, line = next(row for row in doctor_table().rows if row[0] == "GPU")
    assert found.startswith(state)
    assert fix in line
    assert bool(fix) == bool(line)


def test_without_a_driver_no_gpu_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerators, "_DRIVER", tmp_path)
    monkeypatch.setattr(accelerators, "_DEVICES", tmp_path)
    assert next(row for row in doctor_table().rows if row[0] == "GPU")[1:] == ("none seen", "")
    (tmp_path / "nvidia0").touch()
    (tmp_path / "nvidiactl").touch()
    assert accelerators.nvidia_cards() == ["an NVIDIA card"]
