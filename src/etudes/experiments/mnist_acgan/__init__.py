"""mnist_acgan: the table of contents."""

from etudes.contract import Experiment, ImageInfo, Inspect, Use
from etudes.experiments.mnist_acgan import study
from etudes.experiments.mnist_acgan.inspection import Inspect as InspectChoices
from etudes.experiments.mnist_acgan.model import io_spec
from etudes.experiments.mnist_acgan.settings import PRESETS

experiment = Experiment(
    summary="draws the digit that one asks for",
    headline="conditional_accuracy",
    presets=PRESETS,
    info=ImageInfo,
    describe_data=study.describe_data,
    load_data=study.load_data,
    make_networks=study.make_networks,
    io_spec=io_spec,
    train=study.train,
    evaluate=study.evaluate,
    use=Use(study.Use, study.read, study.use, study.example),
    inspect=Inspect(study.inspect, InspectChoices),
)
