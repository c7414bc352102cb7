"""The published data sets: their files, addresses and checksums."""

import os
from dataclasses import dataclass
from pathlib import Path

from etudes.errors import user_path

DIGIT_NAMES = tuple("0123456789")
FASHION_NAMES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
CIFAR10_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclass(frozen=True)
class PublishedFile:
    """One file of a set."""

    path: str
    """Where it lies, relative to the data folder."""
    checksum: str
    """Algorithm and sum: "sha256:…", or "md5:…" where that is all that was published."""
    size: int
    """Bytes."""


@dataclass(frozen=True)
class PublishedSet:
    """A set of files that belong together."""

    what: str
    files: tuple[PublishedFile, ...]
    """The files that make up the set; the first choice where there is an archive too."""
    folder: str
    """Where they lie, relative to the data folder."""
    mirrors: tuple[str, ...] = ()
    """Addresses, ending in a slash, where the files (or the archive) are published, if anywhere."""
    archive: PublishedFile | None = None
    """One file that holds them all and serves as well; this is what is fetched."""
    alternative: str = ""
    """What to use where the set cannot be downloaded."""


def _mnist_files(folder: str, sums_and_sizes: tuple[tuple[str, int], ...]) -> tuple[PublishedFile, ...]:
    names = (
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    )
    return tuple(
        PublishedFile(f"{folder}/{name}", f"sha256:{checksum}", size)
        for name, (checksum, size) in zip(names, sums_and_sizes, strict=True)
    )


_MNIST = _mnist_files(
    "mnist",
    (
        ("440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9_912_422),
        ("3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 28_881),
        ("8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 1_648_877),
        ("f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 4_542),
    ),
)

_FASHION_MNIST = _mnist_files(
    "fashion_mnist",
    (
        ("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880),
        ("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515),
        ("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102),
        ("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148),
    ),
)

# The author published MD5 sums; these are the SHA-256 of the files that have them.
_CIFAR10 = tuple(
    PublishedFile(f"cifar-10-batches-py/{name}", f"sha256:{checksum}", size)
    for name, checksum, size in (
        ("data_batch_1", "54636561a3ce25bd3e19253c6b0d8538147b0ae398331ac4a2d86c6d987368cd", 31_035_704),
        ("data_batch_2", "766b2cef9fbc745cf056b3152224f7cf77163b330ea9a15f9392beb8b89bc5a8", 31_035_320),
        ("data_batch_3", "0f00d98ebfb30b3ec0ad19f9756dc2630b89003e10525f5e148445e82aa6a1f9", 31_035_999),
        ("data_batch_4", "3f7bb240661948b8f4d53e36ec720d8306f5668bd0071dcb4e6c947f78e9682b", 31_035_696),
        ("data_batch_5", "d91802434d8376bbaeeadf58a737e3a1b12ac839077e931237e0dcd43adcb154", 31_035_623),
        ("test_batch", "f53d8d457504f7cff4ea9e021afcf0e0ad8e24a91f3fc42091b8adef61157831", 31_035_526),
    )
)

SETS: dict[str, PublishedSet] = {
    "mnist": PublishedSet(
        what="70,000 handwritten digits, 28×28, grey",
        files=_MNIST,
        folder="mnist",
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        alternative="--data digits",
    ),
    "fashion_mnist": PublishedSet(
        what="70,000 pieces of clothing, 28×28, grey",
        files=_FASHION_MNIST,
        folder="fashion_mnist",
        mirrors=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
        alternative="--data digits",
    ),
    "cifar10": PublishedSet(
        what="60,000 photographs of animals and vehicles, 32×32, colour",
        files=_CIFAR10,
        folder="cifar-10-batches-py",
        mirrors=("https://www.cs.toronto.edu/~kriz/",),
        archive=PublishedFile(
            "cifar-10-python.tar.gz",
            "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            170_498_071,
        ),
        alternative="--data shapes",
    ),
    "inception_v3": PublishedSet(
        what="Keras's Inception-v3 for DeepDream, ImageNet weights",
        files=(
            PublishedFile(
                "inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
                "md5:bcbd6486424b2319ff4ef7d526e38f63",
                87_910_968,
            ),
        ),
        folder="inception_v3",
        mirrors=("https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/",),
        alternative="a network of your own",
    ),
    "inception_v3_2015": PublishedSet(
        what="Google's first Inception-v3, stem to mixed8, for DeepDream",
        files=(
            PublishedFile(
                "inception_v3/inception_v3_2015_stem_to_mixed8.npz",
                "sha256:077bb29f3de90902b9e5b2d4e8755e2c9a5543a87b35f47d13ee076fd60b885a",
                39_603_038,
            ),
        ),
        folder="inception_v3",
        alternative="a network of your own",
    ),
}
"""Every set that is not embedded, by name."""


def data_folder() -> Path:
    """The folder of published files: `$ETUDES_DATA` if set, else `data` in the user's cache of etudes."""
    given = os.environ.get("ETUDES_DATA")
    if given:
        return user_path(given)
    import platformdirs

    try:
        return platformdirs.user_cache_path("etudes") / "data"
    except RuntimeError:  # no HOME, and no entry for this user: as in a container
        import tempfile

        return Path(tempfile.gettempdir()) / f"etudes-{os.getuid()}" / "data"
