"""addition_rnn: the table of contents."""

from etudes.contract import Experiment, Inspect, Share, Use
from etudes.experiments.addition_rnn import evaluate, inspect, page, study, use
from etudes.experiments.addition_rnn.labelled import load_test_data
from etudes.experiments.addition_rnn.questions import TextInfo

experiment = Experiment(
    summary="adds numbers, character by character",
    headline="exact_match",
    presets=study.PRESETS,
    info=TextInfo,
    describe_data=study.describe_data,
    load_data=study.load_data,
    make_networks=study.make_networks,
    io_spec=use.io_spec,
    train=study.train,
    evaluate=evaluate.evaluate,
    use=Use(use.QuestionOptions, use.read_input, use.answer_questions, use.example),
    inspect=Inspect(inspect.inspect, inspect.QuestionToInspect),
    share=Share(page.networks, page.content, page.is_private, quoting=("wrong answers",)),
    load_test_data=load_test_data,
)
