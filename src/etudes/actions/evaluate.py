"""evaluate: a run's metrics on its test set, or on any other labelled data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from etudes.actions.artifacts import command_of, keep_result, unsaved_in
from etudes.actions.graphs import complete_graphs
from etudes.actions.loading import LoadedRun, Reference, open_run, resolve
from etudes.actions.run_data import RunDataError
from etudes.contract import ImageInfo, Result
from etudes.data.inputs import labelled_file
from etudes.data.notes import collected_notes, note
from etudes.errors import UserError
from etudes.training.backend import usable_backend
from etudes.training.computing import computing
from etudes.views.pictures import save_pictures


@computing()
def evaluate(
    reference: Reference,
    *,
    backend: str | None = None,
    data: str | Path | None = None,
    test_data: str | Path | tuple[Any, Any] | None = None,
) -> Result:
    """The study's metrics on the test set of its run's data, with the pictures that show them.

    Args:
        reference: a run folder, a study's name, "ETUDE@bundled", or what `load` returned.
        backend: as in `load`.
        data: as in `load`; what is open already stays as it is.
        test_data: labelled data to test on instead, all of it: a place, or a pair (pictures, labels) of arrays or
            (questions, answers) of texts. Classes are matched by name; numbers that are no names count from 0.

    Returns:
        Its pictures are saved in the run's `pictures`; those of `test_data` in its `tested`, which no report shows.
        What cannot be saved is still returned, and `unsaved` says why it is not there.

    Raises:
        UserError: as in `load`, or the data was not found or changed, or the run cannot be tested on `test_data`.
    """
    if not isinstance(reference, LoadedRun):
        reference = resolve(reference)
        usable_backend(backend)
    loaded = open_run(reference, backend, data)
    run = loaded.run
    assert run is not None
    with collected_notes() as notes:  # data first: what is wrong with it is said before a backend starts
        tested = _own_data(loaded) if test_data is None else _test_data(loaded, test_data)
    result = loaded.experiment.evaluate(loaded.networks, tested, loaded.settings)
    result.lines[:0] = [*filter(None, [run.finished_early]), *notes]
    complete_graphs(loaded)
    if test_data is None:
        keep_result(run, "evaluate", result, command_of(run, "evaluate"))
    else:
        name = "arrays" if isinstance(test_data, tuple | list) else Path(test_data).stem
        _save_pictures(result, run.place / "tested" / name)
    result.run = str(run) if loaded.target.named else ""
    return result


def _own_data(loaded: LoadedRun) -> Any:
    try:
        return loaded.data
    except RunDataError as error:
        raise RunDataError(f"{error}; or --test-data PLACE") from error


def _test_data(loaded: LoadedRun, given: str | Path | tuple[Any, Any]) -> Any:
    """What is at a place, or in arrays, as data of the study."""
    if isinstance(given, str | os.PathLike):
        return _test_data_at(loaded, str(given))
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise UserError("test_data takes a place, or a pair (pictures, labels), such as (x_test, y_test)")
    names = loaded.info.class_names if isinstance(loaded.info, ImageInfo) else ()
    with labelled_file(*given, names) as file:
        return _test_data_at(loaded, str(file))


def _test_data_at(loaded: LoadedRun, place: str) -> Any:
    load_test_data = loaded.experiment.load_test_data
    if load_test_data is None:
        raise UserError(f"{loaded.etude} is not tested on labelled data: leave out --test-data")
    try:
        own = loaded.data
    except UserError:
        note(f"the data of {loaded.run} was not found, or changed: how much of {place} it was trained on is not known")
        own = None
    return load_test_data(place, loaded.info, loaded.settings, own)


def _save_pictures(result: Result, folder: Path) -> None:
    """Apart from those of the run's own test set, which a report shows."""
    result.lines += result.draw()
    try:
        for name, picture in result.pictures.items():
            result.files |= save_pictures({name: picture}, folder / f"{name}.png", overwrite=True)
    except (UserError, OSError) as error:
        result.unsaved = unsaved_in(folder, error)
