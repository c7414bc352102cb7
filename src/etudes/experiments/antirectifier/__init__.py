"""antirectifier: the table of contents."""

from etudes.analysis.classification import classifier_io
from etudes.contract import Compare, Experiment, ImageInfo, Inspect, Share, Typicality, Use
from etudes.data import load_test_images
from etudes.experiments.antirectifier import compare, evaluate, inspect, page, study, use

experiment = Experiment(
    summary="reads handwritten digits with a custom layer, compared with ReLU networks",
    headline="accuracy",
    presets=study.PRESETS,
    info=ImageInfo,
    describe_data=study.describe_data,
    load_data=study.load_data,
    make_networks=study.make_networks,
    io_spec=lambda info, settings: {
        name: classifier_io(info.class_names) for name in ("antirectifier", *settings.baselines)
    },
    train=study.train,
    evaluate=evaluate.evaluate,
    use=Use(use.Options, use.read, use.use, use.example, use.parts),
    inspect=Inspect(inspect.inspect, inspect.Options),
    share=Share(page.networks, page.content, page.is_private),
    load_test_data=load_test_images,
    capabilities=(Compare(compare.compare), Typicality(use.measure)),
)
