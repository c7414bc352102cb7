"""deep_dream: the table of contents."""

from etudes.contract import BaseNetwork, Experiment, Inspect, IOSpec, TensorSpec, Use
from etudes.experiments.deep_dream import study
from etudes.experiments.deep_dream.options import Inspect as InspectChoices
from etudes.experiments.deep_dream.options import Use as UseChoices
from etudes.experiments.deep_dream.options import read, settings_for
from etudes.experiments.deep_dream.photographs import DreamInfo, describe_data, load_data
from etudes.experiments.deep_dream.settings import PRESETS

PICTURE = TensorSpec("a picture (height, width, 3) of values -1 to 1", -1, 1)
MAPS = TensorSpec("the feature maps of its last layer", float("-inf"), float("inf"))

experiment = Experiment(
    summary="amplifies what a trained network sees in a photograph",
    headline="loss_ratio",
    presets=PRESETS,
    info=DreamInfo,
    describe_data=describe_data,
    load_data=load_data,
    make_networks=study.make_networks,
    io_spec=lambda _info, _settings: {
        "network": IOSpec((PICTURE,), (MAPS,), saved=False),
        "dream": IOSpec((), (PICTURE,)),
    },
    train=study.train,
    evaluate=study.evaluate,
    use=Use(UseChoices, read, study.use, study.example),
    inspect=Inspect(study.inspect, InspectChoices),
    capabilities=(BaseNetwork(study.settle, study.borrow, settings_for),),
)
