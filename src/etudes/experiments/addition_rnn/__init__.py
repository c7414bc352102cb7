"""addition_rnn: the table of contents."""

from etudes.contract import Experiment, Inspect, Use
from etudes.experiments.addition_rnn import study
from etudes.experiments.addition_rnn.answers import io_spec
from etudes.experiments.addition_rnn.questions import TextInfo
from etudes.experiments.addition_rnn.settings import PRESETS

experiment = Experiment(
    summary="adds numbers, character by character",
    headline="exact_match",
    presets=PRESETS,
    info=TextInfo,
    describe_data=study.describe_data,
    load_data=study.load_data,
    make_networks=study.make_networks,
    io_spec=io_spec,
    train=study.train,
    evaluate=study.evaluate,
    use=Use(study.Use, study.read, study.use, study.example),
    inspect=Inspect(study.inspect, study.Inspect),
)
