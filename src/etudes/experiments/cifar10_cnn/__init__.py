"""cifar10_cnn: the table of contents."""

from etudes.analysis.classification import classifier_io
from etudes.contract import Experiment, ImageInfo, Inspect, Use
from etudes.experiments.cifar10_cnn import study
from etudes.experiments.cifar10_cnn.settings import PRESETS

experiment = Experiment(
    summary="recognises ten kinds of objects in colour pictures",
    headline="accuracy",
    presets=PRESETS,
    info=ImageInfo,
    describe_data=study.describe_data,
    load_data=study.load_data,
    make_networks=study.make_networks,
    io_spec=lambda info, _settings: {"classifier": classifier_io(info.class_names)},
    train=study.train,
    evaluate=study.evaluate,
    use=Use(study.Use, study.read, study.use, study.example),
    inspect=Inspect(study.inspect, study.Inspect),
)
