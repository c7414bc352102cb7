"""A network that was saved by Keras with the layer loads wherever Études is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from etudes.training.backend import start_backend

LOADED = "network = keras.saving.load_model(path); assert type(network.layers[-1]).__name__ == 'Antirectifier'"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    start_backend()
    import keras

    from etudes import Antirectifier

    path = tmp_path_factory.mktemp("saved") / "mine.keras"
    keras.Sequential([keras.Input((4,)), Antirectifier()]).save(path)
    return path


@pytest.mark.long
@pytest.mark.parametrize("order", ["import etudes, keras", "import keras, etudes", "import etudes.runs; import keras"])
def test_a_saved_network_loads_in_a_process_that_imports_etudes(order: str, saved: Path) -> None:
    subprocess.run([sys.executable, "-c", f"{order}; path = {str(saved)!r}; {LOADED}"], check=True)


def test_importing_etudes_loads_no_keras_and_finds_it_as_before() -> None:
    code = "import importlib.util as u; before = u.find_spec('keras').origin; import sys, etudes; "
    code += "assert u.find_spec('keras').origin == before; assert not {'keras', 'keras.src'} & {*sys.modules}; "
    code += "assert not [name for name in sys.modules if name.startswith('etudes.experiments')]"
    subprocess.run([sys.executable, "-c", code], check=True)
