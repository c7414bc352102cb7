"""use: apply a trained study to a person's input. All that can be refused is refused before a backend is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from etudes.actions.kept import kept_run
from etudes.actions.loading import LoadedRun, Reference, Target, open_without_run, options_of, resolve
from etudes.contract import BaseNetwork, PictureOptions, Result, Typicality, UseOptions
from etudes.data.inputs import as_inputs, as_options
from etudes.data.notes import collected_notes
from etudes.errors import UserError, printable
from etudes.training.backend import usable_backend
from etudes.training.computing import computing
from etudes.views.pictures import check_new_file, save_pictures


@computing()
def use(reference: Reference, *inputs: Any, backend: str | None = None, **options: Any) -> Result:
    """Apply a trained study to a person's input.

    Args:
        reference: a run folder; a study's name for its newest finished run or, where there is none, for the bundled
            one; "ETUDE@bundled" for that; or what `load` returned, whose networks are then not built again.
        *inputs: what this study takes: questions or digits, as texts or a sequence of them; or pictures, each a path, a
            Pillow image, bytes, a file opened in binary mode, or an array (height, width), (height, width, channels)
            or, of several, (n, height, width, channels): uint8 in 0..255, or floats in 0..1 or -1..1.
        backend: as in `load`.
        **options: the study's options of use, such as `count=16`; one with the name of a setting replaces it.

    Returns:
        `answers` holds a record for each input; one without a name is called "picture 1" or "array[0]". Pictures are
        saved where the option `out` says.

    Raises:
        UserError: an input that the study cannot take.
    """
    return _collected(use_as_asked(reference, *inputs, backend=backend, **options))


def use_as_asked(reference: Reference, *inputs: Any, backend: str | None = None, **options: Any) -> Result:
    """As `use`, but answers that are too many to hold are left in `Result.stream`, to be made while it is read."""
    target = resolve(reference)
    with collected_notes() as notes:
        chosen = _options(target.experiment.use.options, inputs, options)
        loaded = reference if isinstance(reference, LoadedRun) else _opened(target, chosen, backend)
    if isinstance(chosen, PictureOptions) and chosen.picture_path is not None:
        check_new_file(chosen.picture_path, overwrite=chosen.overwrite, inputs=chosen.inputs)
    result = _answer(loaded, chosen)
    result.add_notes(notes)
    if result.pictures:
        place = Path(chosen.picture_path or f"{loaded.etude}.png")
        named = ("quality", "source", "overwrite") if isinstance(chosen, PictureOptions) else ()
        result.files = save_pictures(result.pictures, place, **{name: getattr(chosen, name) for name in named})
    result.run = str(loaded.run) if loaded.run and target.named else ""
    return result


def _opened(target: Target, chosen: UseOptions, backend: str | None) -> LoadedRun:
    if backend is not None:
        usable_backend(backend)
    if target.named and target.experiment.capability(BaseNetwork):
        return open_without_run(target, chosen, backend)
    return kept_run(target, backend)


@computing()
def answer(loaded: LoadedRun, *inputs: Any, **options: Any) -> Result:
    """As `use`, with what `load` returned; no picture is saved.

    Raises:
        UserError: an input that the study cannot take.
    """
    if not isinstance(loaded, LoadedRun):
        raise UserError("answer takes what `load` returned, such as etudes.load('cifar10_cnn'); `use` takes a name")
    with collected_notes() as notes:
        chosen = _options(loaded.experiment.use.options, inputs, options)
    result = _answer(loaded, chosen)
    result.add_notes(notes)
    return _collected(result)


def _collected(result: Result) -> Result:
    """The result with all answers of its stream."""
    for line, record in result.stream:
        result.lines.append(line)
        result.answers.append(record)
    result.stream = ()
    return result


def _options(kind: type[UseOptions], inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    return options_of(kind, as_options(kind, options), inputs=as_inputs(inputs, pictures=kind.pictures))


def _answer(loaded: LoadedRun, chosen: Any) -> Result:
    use = loaded.experiment.use
    with collected_notes() as notes:
        read = use.read(loaded.info, loaded.settings, chosen)
        typical = [loaded.typical] if loaded.experiment.capability(Typicality) else []
        result = use.run(loaded.answering(chosen), loaded.info, loaded.settings, chosen, read, *typical)
    result.lines = [printable(line) for line in result.lines]
    result.add_notes(notes)
    return result
