"""share: a run as one HTML file in which its network runs, and shows every value on its way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from etudes.actions.artifacts import write_page
from etudes.actions.loading import LoadedRun, Reference, open_run, resolve
from etudes.actions.shared_facts import facts
from etudes.actions.shared_networks import describe_networks, shared_graphs, shared_weights
from etudes.contract import BaseNetwork, Networks, Share, SharedRun, Table
from etudes.data.notes import note
from etudes.data.storage import is_on_this_machine
from etudes.errors import UserError, user_path
from etudes.graphs import load_graphs, read_layers
from etudes.pages import page_html, page_parts
from etudes.pages.weights import pack_weights
from etudes.runs import bundled_dream
from etudes.training.computing import computing
from etudes.views.pictures import check_new_file

LARGE = 50_000_000
"""Bytes of weights from which on a page is made only if asked for."""


@computing()
def share(
    reference: Reference,
    *,
    out: str | Path | None = None,
    overwrite: bool = False,
    with_pictures: bool = False,
    large: bool = False,
    data: str | Path | None = None,
) -> Path:
    """Write a run as one HTML file that explains itself: its network runs in the browser, without any connection.

    The worst mistakes on the test split are part of it where the run's data is on this machine.

    Args:
        reference: as in `use`.
        out: the page; by default `page.html` in the run folder, or, of a bundled run, in the runs folder.
        overwrite: whether `out` may be a file that Études did not write.
        with_pictures: whether pictures, or texts, of the run's data may be put into the page where that is your own.
        large: whether the page may be larger than 50 MB.
        data: as in `load`.

    Returns:
        Where the page is.

    Raises:
        UserError: the run is not finished; the page cannot be built or written, or is too large.
    """
    if out is not None:
        check_new_file(out, overwrite=overwrite)
    loaded = _open(reference, data)
    assert loaded.run is not None
    place = user_path(out) if out is not None else loaded.run.place / "page.html"
    content = share_page(loaded, with_pictures=with_pictures, large=large)
    write_page(place, content)
    return place


@computing()
def share_page(reference: Reference, *, with_pictures: bool = False, large: bool = False) -> str:
    """The page that `share` writes, as text.

    Args:
        reference: as in `share`.
        with_pictures: as in `share`.
        large: as in `share`.

    Raises:
        UserError: as in `share`.
    """
    loaded = _open(reference)
    assert loaded.run is not None
    kind = loaded.experiment.share
    if kind is None:
        raise UserError(f"{loaded.etude} has no page yet: `etudes report {loaded.run.quoted}` writes what there is")
    parts = page_parts(loaded.etude)
    everything = load_graphs(loaded.run.folder, loaded.arrays)
    layers = read_layers(loaded.run.folder)
    graphs = shared_graphs(loaded.run, everything, layers, kind.networks(loaded.info, loaded.settings))
    weights, entries = pack_weights(shared_weights(loaded, graphs))
    if len(weights) > LARGE and not large:
        raise UserError(
            f"a page of {loaded.run} would have {len(weights) / 1e6:.0f} MB of weights: --large makes it all the same"
        )
    blobs = {"weights": weights, **{f"graph-{name}": graph.content for name, graph in graphs.items()}}
    content = {
        **facts(loaded, kind, with_pictures),
        "networks": describe_networks(graphs, layers),
        "weights": entries,
        "content": kind.content(_shared(loaded, kind, everything, with_pictures)),
        "licences": [{"name": name, "text": text} for name, text in parts.licences],
    }
    return page_html(
        etude=loaded.etude,
        title=f"{loaded.etude} · {content['run']}",
        description=f"{loaded.etude}: {loaded.experiment.summary}",
        data=_plain(content),
        blobs=blobs if graphs else {},
        parts=parts,
    )


def _open(reference: Reference, data: str | Path | None = None) -> LoadedRun:
    """The run, opened; a dream without its network, which its page does not hold, and perhaps of the package."""
    if isinstance(reference, LoadedRun):
        return reference
    target = resolve(reference)
    if target.run is None:
        target = resolve(bundled_dream(target.etude) or target)
    return open_run(target, place=data, weights=not target.experiment.capability(BaseNetwork))


def _shared(loaded: LoadedRun, kind: Share, networks: Networks, with_pictures: bool) -> SharedRun:
    """What the study's `content` is given; the data only where it is here and may be shown."""
    assert loaded.run is not None
    if loaded.experiment.capability(BaseNetwork):
        return _shared_dream(loaded, with_pictures)
    data = None
    named = [value for value in vars(loaded.settings).values() if isinstance(value, str)]
    if kind.is_private(loaded.info, loaded.settings) and not with_pictures:
        note("your own data stays out of the page: no mistakes are shown (--with-pictures puts some of it in)")
    elif not all(map(is_on_this_machine, named)):
        note(f"the page shows no mistakes, as the data is not here: `etudes data fetch {loaded.settings.data}`")
    else:
        try:
            data = loaded.data
        except UserError as error:
            note(f"the page shows no mistakes: {error}")
    return SharedRun(
        networks, loaded.info, loaded.settings, data, loaded.run.folder, with_pictures, lambda: loaded.networks
    )


def _shared_dream(loaded: LoadedRun, with_pictures: bool) -> SharedRun:
    """A dream as its study's `content` is given it; its network is looked for when that asks for it."""
    assert loaded.run is not None
    try:
        data = loaded.data
    except UserError:  # the page is of the pictures that the run keeps
        data = None
    info, settings, run = loaded.info, loaded.settings, loaded.run
    return SharedRun({}, info, settings, data, run.folder, with_pictures, lambda: open_run(run).networks)


def _plain(value: Any) -> Any:
    """What JSON can hold: arrays as lists, tables as objects, numbers that are none as null."""
    if isinstance(value, Table):
        return _plain({"title": value.title, "columns": value.columns, "rows": value.rows})
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value
