"""Runs: the run folder, the only interface between training and everything after it."""

from etudes.runs.checkpoint import Checkpoint, load_checkpoint, remove_checkpoints, save_checkpoint
from etudes.runs.folder import (
    BUNDLED,
    Run,
    bundled_dream,
    bundled_run,
    bundled_runs,
    find_run,
    new_run,
    newest_run,
    next_folder,
    own_runs,
    run_at,
    run_of,
    runs_folder,
)
from etudes.runs.metrics import append_metrics, columns_of, read_metrics, replace_metrics, write_table
from etudes.runs.places import describe_places, existing, found_place, recorded_places
from etudes.runs.typical import load_typical, save_typical
from etudes.runs.weights import load_weights, save_weights, settings_digest

__all__ = [
    "BUNDLED",
    "Checkpoint",
    "Run",
    "append_metrics",
    "bundled_dream",
    "bundled_run",
    "bundled_runs",
    "columns_of",
    "describe_places",
    "existing",
    "find_run",
    "found_place",
    "load_checkpoint",
    "load_typical",
    "load_weights",
    "new_run",
    "newest_run",
    "next_folder",
    "own_runs",
    "read_metrics",
    "recorded_places",
    "remove_checkpoints",
    "replace_metrics",
    "run_at",
    "run_of",
    "runs_folder",
    "save_checkpoint",
    "save_typical",
    "save_weights",
    "settings_digest",
    "write_table",
]
