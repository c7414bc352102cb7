"""The network of a dream comes trained: which one an unset choice stands for, and whose run it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from etudes.experiments.deep_dream.options import given_settings
from etudes.experiments.deep_dream.study import PRESETS, DreamInfo, DreamSettings
from etudes.experiments.deep_dream.weights import find_weights, recorded_weights


def resolve(settings: DreamSettings) -> DreamSettings:
    """The settings with the network that is found now, where they leave it open or name a study's newest run."""
    return replace(settings, weights=find_weights(settings.weights, settings.application).name)


def base_run(info: DreamInfo, settings: DreamSettings) -> str | None:
    """The run that the network is taken from; None where it is not a run's."""
    run = recorded_weights(info, settings.application).run
    return str(run) if run else None


def settings_for(options: Any) -> DreamSettings:
    """The settings of the preset tuned, with what the options of use or inspect change."""
    return replace(PRESETS["tuned"], **given_settings(options))
