"""mnist_acgan: the table of contents."""

from collections.abc import Mapping
from dataclasses import replace

from etudes.contract import Experiment, ImageInfo, Inspect, IOSpec, Share, TensorSpec, Use
from etudes.experiments.mnist_acgan import inspect, page, study, use
from etudes.experiments.mnist_acgan.evaluate import evaluate
from etudes.experiments.mnist_acgan.labelled import load_test_data
from etudes.experiments.mnist_acgan.pictures import walk_parts


def io_spec(info: ImageInfo, settings: study.AcganSettings) -> Mapping[str, IOSpec]:
    """Inputs and outputs of each network; the moving average replaces the generator once it is trained."""
    picture = TensorSpec("picture", "a picture (height, width, channels) of values 0 to 255", 0, 255)
    z = TensorSpec("z", f"{study.LATENT} numbers between -1 and 1, uniformly distributed", -1, 1)
    label = TensorSpec("label", "the number of a class, its place in class_names", 0, len(info.class_names) - 1)
    fake = TensorSpec("fake", "the probability that it is real", 0, 1)
    aux = TensorSpec("aux", "a probability for each class, in the order of class_names", 0, 1)
    metadata = {"class_names": list(info.class_names), "scaling": "pictures are 0..255, scaled inside"}
    generator = IOSpec((z, label), (picture,), training_only=bool(settings.ema), metadata=metadata)
    specs = {"discriminator": IOSpec((picture,), (fake, aux), metadata=metadata), "generator": generator}
    return specs | ({"generator_ema": replace(generator, training_only=False)} if settings.ema else {})


experiment = Experiment(
    summary="draws the digit you ask for",
    headline="conditional_accuracy",
    presets=study.PRESETS,
    info=ImageInfo,
    describe_data=study.describe_data,
    load_data=study.load_data,
    make_networks=study.make_networks,
    io_spec=io_spec,
    train=study.train,
    evaluate=evaluate,
    use=Use(use.Options, use.read, use.use, use.example, walk_parts),
    inspect=Inspect(inspect.inspect, inspect.Options),
    share=Share(page.networks, page.content, page.is_private),
    load_test_data=load_test_data,
)
