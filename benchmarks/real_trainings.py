"""The full training runs of docs/results.md: run them, then collect their records in benchmarks/runs.

    python benchmarks/real_trainings.py                      # all; hours on two cores
    python benchmarks/real_trainings.py addition_rnn-classic-20-epochs
    python docs/generate.py                                  # writes docs/results.md from benchmarks/runs

The data sets must be available (`etudes data list`). An interrupted run is resumed; the records of a finished one are
only collected. Settings, metrics, environment and results of a run folder are kept here, weights and pictures are not.
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
KEPT = ("settings.toml", "metrics.jsonl", "environment.json", "results.json")
"""Files of a run folder."""

TRAININGS = {
    "addition_rnn-classic-20-epochs": "addition_rnn --preset classic --epochs 20",
    "antirectifier-classic-40-epochs": "antirectifier --preset classic",
    "mnist_transfer_cnn-classic-5-and-5-epochs": "mnist_transfer_cnn --preset classic",
    "cifar10_cnn-classic-5-epochs": "cifar10_cnn --preset classic --data cifar10 --epochs 5",
    "cifar10_cnn-classic-50-epochs-bfloat16": "cifar10_cnn --preset classic --data cifar10 --epochs 50 "
    "--precision bfloat16",
    "mnist_acgan-classic-300-batches": "mnist_acgan --preset classic --epochs 3 --batches-per-epoch 100",
    "mnist_acgan-fashion-5-epochs": "mnist_acgan --preset stable --data fashion_mnist --epochs 5 --precision bfloat16",
    "mnist_acgan-stable-15-epochs-bfloat16": "mnist_acgan --preset stable --epochs 15 --precision bfloat16",
    "cifar10_cnn-mnist-5-epochs": "cifar10_cnn --data mnist --preset quick --augmentation translate --epochs 5 "
    "--precision bfloat16 --initializer he_normal",
    "addition_rnn-products": "addition_rnn --operator * --digits 2 --units 256 --dropout 0.1 --epochs 200 "
    "--batch-size 128 --balance 0.2",
    "deep_dream-tuned-inception-2015": "deep_dream --data {photo} --weights inception_v3_2015",
    "deep_dream-classic-inception-2015": "deep_dream --preset classic --data {photo} --weights inception_v3_2015",
}


def seeds(count: int, name: str, words: str) -> None:
    """Add runs that differ only in their seed."""
    TRAININGS.update({f"{name}-seed-{n}": f"{words} --seed {n}" for n in range(count)})


seeds(5, "addition_rnn-tuned", "addition_rnn")
seeds(5, "addition_rnn-12-epochs", "addition_rnn --epochs 12 --no-exhaustive")
# A larger batch, as in an earlier `tuned`.
seeds(5, "addition_rnn-batch-128", "addition_rnn --batch-size 128 --balance 0.2")
for_both = "addition_rnn --epochs 12 --no-exhaustive --batch-size 128 --balance 0.2"
seeds(3, "addition_rnn-batch-128-12-epochs", for_both)
for digits, more in ((5, "0.3 --pairs 160000 --held-out 0.0625"), (9, "0.5 --pairs 210000 --held-out 0.048")):
    longer = f"addition_rnn --digits {digits} --curriculum {more} --epochs 20 --learning-rate 1e-2 --batch-size 128"
    seeds(3, f"addition_rnn-{digits}-digits", f"{longer} --balance 0.2")
seeds(5, "antirectifier-classic", "antirectifier --preset classic --baselines")
seeds(5, "antirectifier-tuned", "antirectifier --baselines")
TRAININGS["antirectifier-tuned-seed-0"] = (
    "antirectifier --seed 0"  # with its ReLU baseline, which changes none of its bits
)
seeds(5, "antirectifier-without-augmentation", "antirectifier --baselines --translate 0 --shear 0")
seeds(5, "mnist_transfer_cnn-tuned", "mnist_transfer_cnn")
# Twice as many batches as `classic` takes to collapse.
seeds(10, "mnist_acgan-stable-1-epoch", "mnist_acgan --preset stable --epochs 1 --precision bfloat16")
seeds(3, "cifar10_cnn-tuned", "cifar10_cnn --precision bfloat16")
for data in ("mnist", "fashion_mnist"):
    for preset in ("classic", "tuned"):
        baselines = f"antirectifier --preset {preset} --data {data} --baselines relu-256 relu-512 crelu-256"
        seeds(5, f"antirectifier-baselines-{data}-{preset}", baselines)
    baselines = f"antirectifier --data {data} --baselines relu-256 relu-512 crelu-256 --epochs 10"
    seeds(5, f"antirectifier-baselines-{data}-10-epochs", baselines)
for epochs in (5, 10):
    quick = f"cifar10_cnn --preset quick --epochs {epochs} --precision bfloat16 --validation-share 0.1"
    seeds(5, f"cifar10_cnn-quick-{epochs}-epochs", quick)
# An earlier recipe, for the table of what was tried and, with the float32 runs below, for that of precisions.
for_relu = "cifar10_cnn --preset quick --epochs 5 --validation-share 0.1 --initializer he_normal"
seeds(3, "cifar10_cnn-weights-for-relu", f"{for_relu} --precision bfloat16")

# The other run of each pair of precisions.
seeds(3, "addition_rnn-batch-128-12-epochs-bfloat16", f"{for_both} --precision bfloat16")
seeds(5, "mnist_transfer_cnn-tuned-bfloat16", "mnist_transfer_cnn --precision bfloat16")
seeds(5, "antirectifier-10-epochs", "antirectifier --baselines --epochs 10")
seeds(5, "antirectifier-10-epochs-bfloat16", "antirectifier --baselines --epochs 10 --precision bfloat16")
seeds(3, "cifar10_cnn-weights-for-relu-float32", for_relu)


def train(name: str, folder: Path, photo: str) -> None:
    """Train in `folder`/NAME, or resume the run there."""
    words = TRAININGS[name].format(photo=photo).split()
    subprocess.run([sys.executable, "-m", "etudes", "train", *words, "--out", str(folder / name)], check=True)


def gather(name: str, folder: Path, records: Path = HERE / "runs") -> None:
    """Copy the records of a finished run to `records`/NAME."""
    target = records / name
    target.mkdir(parents=True, exist_ok=True)
    for file in KEPT:
        text = (folder / name / file).read_text(encoding="utf-8")
        # The command names its output folder, which is a path of one machine.
        (target / file).write_text(text.replace(f"{folder.resolve()}/", "runs/"), encoding="utf-8")


def main() -> None:
    """Train what the command line names, and collect the records."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *TRAININGS], help="runs; all if none is named")
    parser.add_argument("--folder", type=Path, default=Path("runs"), help="where the run folders are")
    parser.add_argument("--photo", default="sky.jpg", help="the photograph for deep_dream")
    given = parser.parse_args()
    for name in given.names or TRAININGS:
        train(name, given.folder, given.photo)
        gather(name, given.folder)


if __name__ == "__main__":
    main()
