"""Put a finished dream into the package as pictures, so that its page can be made right after installation.

    etudes train deep_dream --preset demo --weights inception_v3_2015 --layers mixed3 mixed4 --max-size 480 --step 0.014
    python benchmarks/bundle_dream.py runs/deep_dream-demo-1

The dream is of a photograph that comes with the package. Kept are the run's records and, as AVIF, its pictures and
what only its network can say of them. Its weights, which are the picture itself, are not kept.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from etudes.actions.loading import open_run
from etudes.data import PHOTOS, embedded_photo
from etudes.experiments.deep_dream.photographs import shrunk
from etudes.experiments.deep_dream.seen import RECORD, look
from etudes.runs import BUNDLED, Run
from etudes.training.computing import computing

MAX_BYTES = 250_000
"""Of all its pictures."""

RECORDS = ("settings.toml", "metrics.jsonl", "results.json", "card.md")

ENVIRONMENT = ("command", "python", "system", "processor", "cores", "backend", "devices", "precision", "versions")

QUALITY = {"octave": 55, "steps": 38, "gradient": 36, "layer": 45, "wrong": 40}
"""Of an AVIF, by the beginning of its name or its folder. Feature maps are kept without loss."""


def pictures_of(run: Run) -> dict[str, Image.Image]:
    """What the page shows, by path without ending; the network is looked at for this."""
    loaded = open_run(run)
    if loaded.settings.data not in PHOTOS:
        raise SystemExit(f"{run} shows {loaded.settings.data}: only photographs of the package are put into it")
    ends = {int(path.stem[7:]): Image.open(path).convert("RGB") for path in run.pictures.glob("octave-*.png")}
    original = shrunk(embedded_photo(loaded.settings.data), loaded.settings.max_size)
    with computing():
        folder = run.pictures / "seen"
        look(loaded.networks["network"], loaded.data, loaded.settings, {0: original, **ends}, folder, everything=True)
    found = {f"octave-{number}": image for number, image in ends.items()}
    for path in [*run.pictures.glob("steps/*.webp"), *folder.glob("*.webp")]:
        found[f"{path.parent.name}/{path.stem}"] = Image.open(path).convert("RGB")
    return found


def write(pictures: dict[str, Image.Image], folder: Path) -> int:
    """Write the pictures; returns their bytes."""
    total = 0
    for name, image in pictures.items():
        kind = name.removeprefix("seen/").replace("/", "-").partition("-")[0]
        place = folder / (f"{name}.avif" if kind in QUALITY else f"{name}.webp")
        place.parent.mkdir(parents=True, exist_ok=True)
        if kind in QUALITY:
            image.save(place, quality=QUALITY[kind], speed=0)
        else:
            image.save(place, lossless=True, method=6)
        total += place.stat().st_size
    return total


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(part, names) for key, part in value.items()}
    if isinstance(value, list):
        return [_renamed(part, names) for part in value]
    return names.get(value, value) if isinstance(value, str) else value


def bundle(run: Run) -> Run:
    """Bundle a dream, and return the bundled run."""
    bundled = Run(BUNDLED / run.header()["etude"])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        size = write(pictures_of(run), folder / "pictures")
        if size > MAX_BYTES:
            raise SystemExit(f"the pictures have {size:,} bytes, more than {MAX_BYTES:,}")
        record = json.loads((run.pictures / "seen" / RECORD).read_bytes())
        names = {f"{path.stem}.webp": path.name for path in folder.glob("pictures/seen/*")}
        text = json.dumps(_renamed(record, names), indent=1)
        (folder / "pictures" / "seen" / RECORD).write_text(text, encoding="utf-8")
        for name in RECORDS:
            shutil.copyfile(run.folder / name, folder / name)
        card = (folder / "card.md").read_text(encoding="utf-8").partition("\n![")[0]  # without its pictures
        (folder / "card.md").write_text(f"{card.strip()}\n", encoding="utf-8")
        environment = run.read_json("environment.json")
        environment = {name: environment[name] for name in ENVIRONMENT}
        Run(folder).write_json("environment.json", environment)
        shutil.rmtree(bundled.folder, ignore_errors=True)
        shutil.copytree(folder, bundled.folder)
    print(f"{bundled}: {size:,} bytes of pictures")
    return bundled


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="the folder of a finished dream")
    bundle(Run(parser.parse_args().run))
