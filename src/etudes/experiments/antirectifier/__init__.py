"""antirectifier: the table of contents."""

from etudes.analysis.classification import classifier_io
from etudes.contract import Compare, Experiment, ImageInfo, Inspect, Use
from etudes.experiments.antirectifier import study
from etudes.experiments.antirectifier.paired_baselines import study as compare_runs
from etudes.experiments.antirectifier.settings import PRESETS

experiment = Experiment(
    summary="reads handwritten digits with a custom layer, beside its ReLU baseline",
    headline="accuracy",
    presets=PRESETS,
    info=ImageInfo,
    describe_data=study.describe_data,
    load_data=study.load_data,
    make_networks=study.make_networks,
    io_spec=lambda info, settings: {
        name: classifier_io(info.class_names) for name in ("antirectifier", *settings.baselines)
    },
    train=study.train,
    evaluate=study.evaluate,
    use=Use(study.Use, study.read, study.use, study.example),
    inspect=Inspect(study.inspect, study.Inspect),
    capabilities=(Compare(compare_runs),),
)
