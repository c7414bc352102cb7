"""evaluate: a run's metrics on its test set."""

from __future__ import annotations

from etudes.actions.artifacts import command_of, save_result
from etudes.actions.loading import LoadedRun, Reference, open_run
from etudes.contract import Result
from etudes.training.backend import usable_backend
from etudes.training.computing import computing


@computing()
def evaluate(reference: Reference, *, backend: str | None = None) -> Result:
    """The study's metrics on the test set of its run's data, with the pictures that show them.

    Args:
        reference: a run folder, a study's name, "ETUDE@bundled", or what `load` returned.
        backend: as in `load`.

    Returns:
        Its pictures are saved in the run's `pictures`.

    Raises:
        UserError: as in `load`, or the data was not found or changed.
    """
    if not isinstance(reference, LoadedRun):
        usable_backend(backend)
    loaded = open_run(reference, backend)
    data, run = loaded.data, loaded.run  # data first: what is wrong with it is said before a backend starts
    assert run is not None
    result = loaded.experiment.evaluate(loaded.networks, data, loaded.settings)
    save_result(run, "evaluate", result, command_of(run, "evaluate"))
    result.run = str(run) if loaded.target.named else ""
    return result
