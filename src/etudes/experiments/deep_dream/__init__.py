"""deep_dream: the table of contents."""

from etudes.contract import BaseNetwork, Experiment, Inspect, IOSpec, Share, TensorSpec, Use
from etudes.experiments.deep_dream import base_network, study
from etudes.experiments.deep_dream.evaluate import evaluate
from etudes.experiments.deep_dream.inspect import DreamInspectOptions, inspect
from etudes.experiments.deep_dream.options import DreamOptions
from etudes.experiments.deep_dream.page import content, is_private
from etudes.experiments.deep_dream.use import example, read, use

PICTURE = TensorSpec("picture", "a picture (height, width, 3) of values -1 to 1", -1, 1)
MAPS = TensorSpec("feature_maps", "the feature maps of its last layer", float("-inf"), float("inf"))

experiment = Experiment(
    summary="amplifies what a trained network sees in a photograph",
    headline="loss_ratio",
    presets=study.PRESETS,
    info=study.DreamInfo,
    describe_data=study.describe_data,
    load_data=study.load_data,
    make_networks=study.make_networks,
    io_spec=lambda _info, _settings: {
        "network": IOSpec((PICTURE,), (MAPS,), saved=False),
        "dream": IOSpec((), (PICTURE,)),
    },
    train=study.train,
    evaluate=evaluate,
    use=Use(DreamOptions, read, use, example),
    inspect=Inspect(inspect, DreamInspectOptions),
    share=Share(lambda _info, _settings: (), content, is_private),
    capabilities=(BaseNetwork(base_network.resolve, base_network.base_run, base_network.settings_for),),
)
