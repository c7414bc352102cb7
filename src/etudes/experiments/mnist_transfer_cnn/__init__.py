"""mnist_transfer_cnn: the table of contents."""

from etudes.analysis.classification import classifier_io
from etudes.contract import Experiment, Inspect, Use
from etudes.experiments.mnist_transfer_cnn import study
from etudes.experiments.mnist_transfer_cnn.data import TransferInfo
from etudes.experiments.mnist_transfer_cnn.inspection import Inspect as InspectChoices
from etudes.experiments.mnist_transfer_cnn.model import make_networks
from etudes.experiments.mnist_transfer_cnn.settings import PRESETS

experiment = Experiment(
    summary="transfers from the digits 0-4 to 5-9",
    headline="accuracy",
    presets=PRESETS,
    info=TransferInfo,
    describe_data=study.describe_data,
    load_data=study.load_data,
    make_networks=make_networks,
    io_spec=lambda info, _settings: {
        "first": classifier_io(info.first_classes),
        "transferred": classifier_io(info.second_classes),
    },
    train=study.train,
    evaluate=study.evaluate,
    use=Use(study.Use, study.read, study.use, study.example),
    inspect=Inspect(study.inspect, InspectChoices),
)
