"""How bundled classifiers do on people's own pictures: digits on paper, and pictures of something else altogether.

    python -m benchmarks.own_pictures    # about five minutes; writes benchmarks/own_pictures.json

Digits on paper are those of `paper_digits`, with another seed than the preparation was made with (1): accuracy as the
pictures were treated before (cropped to their centre and resized), merely inverted, and prepared as `use` does it. The
remark that a picture is unlike all that was learned has a rate for each kind of picture: of the test set and of
`paper_digits` it should be low, of all others high. MNIST and CIFAR-10 must be available.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

import etudes
from benchmarks.measuring import machine, say
from benchmarks.paper_digits import paper_digits
from etudes.analysis.answers import fit_drawing
from etudes.analysis.classification import predict
from etudes.analysis.intervals import proportion_ci
from etudes.analysis.typicality import distances, features_network
from etudes.contract import Array, ImageInfo
from etudes.data import IMAGE_SETS, fit_picture, load_images
from etudes.views.grids import to_image

RUNS = (
    ("antirectifier@bundled", "antirectifier", range(10)),
    ("antirectifier@bundled", "relu-256", range(10)),
    ("mnist_transfer_cnn@bundled", "first", range(5)),
    ("mnist_transfer_cnn@bundled", "transferred", range(5, 10)),
    ("cifar10_cnn@mnist", "classifier", range(10)),
)
REMARKS = (
    ("antirectifier@bundled", "antirectifier", "mnist", ""),
    ("mnist_transfer_cnn@bundled", "transferred", "mnist", "transferred/"),
    ("cifar10_cnn@mnist", "classifier", "mnist", ""),
    ("cifar10_cnn@bundled", "classifier", "cifar10", ""),
)


def share(hits: Array) -> list[float]:
    """A share with its 95 % interval, and how many it is of."""
    found = proportion_ci(int(hits.sum()), len(hits))
    return [*(round(float(value), 4) for value in (found.estimate, found.low, found.high)), len(hits)]


def on_paper(count: int, seed: int) -> tuple[dict[str, Array], Array]:
    """Digits on paper, treated in three ways, uint8 (n, 28, 28, 1), and what they are."""
    info, ways, truth = IMAGE_SETS["mnist"], {"before": [], "inverted": [], "prepared": []}, []
    for image, digit in paper_digits(count, seed):
        plain = fit_picture(image, info)
        for way, pixels in zip(ways, (plain, 255 - plain, fit_drawing(image, info, None, None)[0]), strict=True):
            ways[way].append(pixels)
        truth.append(digit)
    return {way: np.stack(pixels) for way, pixels in ways.items()}, np.array(truth)


def accuracies(ways: dict[str, Array], truth: Array) -> list[dict[str, Any]]:
    """Accuracy of each network for each way."""
    found = []
    for reference, name, digits in RUNS:
        network, known = etudes.load(reference).networks[name], np.isin(truth, digits)
        right = {way: predict(network, x[known]).classes == truth[known] - digits[0] for way, x in ways.items()}
        found.append({"run": reference, "network": name, **{way: share(hits) for way, hits in right.items()}})
        say(f"{reference} {name}: " + ", ".join(f"{way} {hits.mean():.3f}" for way, hits in right.items()))
    return found


def others(info: ImageInfo, count: int) -> dict[str, Array]:
    """Pictures of other kinds, as `use` prepares them for a network: other sets, noise, surfaces."""
    rng, shape = np.random.default_rng(0), info.shape
    sets = {name: load_images(name, seed=0, validation_share=0.02).test.pictures[:count] for name in IMAGE_SETS}
    found: dict[str, Array] = {}
    for name, pictures in sets.items():
        if name != info.source:
            found[name] = np.stack([fit_drawing(to_image(x), info, None, None)[0] for x in pictures])
    found["noise"] = rng.integers(0, 256, (count, *shape)).astype(np.uint8)
    for name, sigma in (("clouds", 5), ("texture", 2)):
        smooth = ndimage.gaussian_filter(rng.normal(size=(count, *shape)), (0, sigma, sigma, 0))
        smooth -= smooth.min((1, 2, 3), keepdims=True)
        found[name] = (255 * smooth / smooth.max((1, 2, 3), keepdims=True)).astype(np.uint8)
    colours = rng.integers(0, 256, (count, 1, 1, shape[2]))
    found["one colour"] = np.broadcast_to(colours, (count, *shape)).astype(np.uint8)
    return found


def remarks(paper: Array, truth: Array, count: int) -> list[dict[str, Any]]:
    """How often each run remarks that a picture is unlike all that it learned from, for each kind."""
    found = []
    for reference, name, source, prefix in REMARKS:
        run = etudes.load(reference)
        typical = {key.removeprefix(prefix): x for key, x in run.typical.items() if key.startswith(prefix)}
        test = load_images(source, seed=0, validation_share=0.02).test
        known = test.labels >= 5 if name == "transferred" else test.labels >= 0
        kinds = {"its own test set": test.pictures[known][:5000]}
        if source == "mnist":
            kinds["digits on paper"] = paper[truth >= 5] if name == "transferred" else paper
        kinds |= others(IMAGE_SETS[source], count)
        if source == "cifar10":
            kinds["digits on paper"] = np.stack(
                [np.asarray(x.resize((32, 32), Image.Resampling.BOX)) for x, _ in paper_digits(200, 3)]
            )
        features = features_network(run.networks[name])
        rates = {kind: share(distances(features, typical, x) > 1) for kind, x in kinds.items()}
        found.append({"run": reference, "network": name, "remarked": rates})
        say(f"{reference} {name}: " + ", ".join(f"{kind} {rate[0]:.3f}" for kind, rate in rates.items()))
    return found


def main() -> None:
    """Measure, print a line for each network, and write the metrics."""
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.own_pictures", description=about)
    parser.add_argument("--count", type=int, default=1000, help="digits on paper; 300 of each other kind at most")
    parser.add_argument("--seed", type=int, default=2, help="of the digits on paper")
    parser.add_argument("--results", type=Path, default=Path(__file__).with_suffix(".json"))
    given = parser.parse_args()
    measured, began = machine(), time.monotonic()
    ways, truth = on_paper(given.count, given.seed)
    read = accuracies(ways, truth)
    remarked = remarks(ways["prepared"], truth, min(300, given.count))
    measured["minutes"] = round((time.monotonic() - began) / 60, 1)
    command = f"python -m benchmarks.own_pictures --count {given.count} --seed {given.seed}"
    record = {"command": command, "measured": measured, "digits_on_paper": read, "remark": remarked}
    given.results.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
