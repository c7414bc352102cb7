"""mnist_transfer_cnn: the table of contents."""

from etudes.analysis.classification import classifier_io
from etudes.contract import Experiment, Inspect, Share, Typicality, Use
from etudes.experiments.mnist_transfer_cnn import page, study
from etudes.experiments.mnist_transfer_cnn.evaluate import evaluate
from etudes.experiments.mnist_transfer_cnn.inspect import InspectTransfer, inspect
from etudes.experiments.mnist_transfer_cnn.labelled import load_test_data
from etudes.experiments.mnist_transfer_cnn.use import UseTransfer, example, measure, parts, read, use

experiment = Experiment(
    summary="transfers from the digits 0-4 to 5-9",
    headline="accuracy",
    presets=study.PRESETS,
    info=study.TransferInfo,
    describe_data=study.describe_data,
    load_data=study.load_data,
    make_networks=study.make_networks,
    io_spec=lambda info, _settings: {
        "first": classifier_io(info.first_classes),
        "transferred": classifier_io(info.second_classes),
    },
    train=study.train,
    evaluate=evaluate,
    use=Use(UseTransfer, read, use, example, parts),
    inspect=Inspect(inspect, InspectTransfer),
    share=Share(page.networks, page.content, page.is_private),
    load_test_data=load_test_data,
    capabilities=(Typicality(measure),),
)
