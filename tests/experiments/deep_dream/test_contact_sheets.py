"""Contact sheets: which channels they show, and that a channel's dream is of that channel."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import etudes
from etudes.errors import UserError
from etudes.experiments.deep_dream.contact_sheets import channel_dreams, chosen_channels, contact_sheet, some_channels
from etudes.experiments.deep_dream.inspect import DreamInspectOptions
from etudes.runs import runs_folder
from etudes.training.backend import keras


def test_a_sheet_of_the_network_has_every_layer(network):
    wanted = chosen_channels(network, None, None, 0, 64)
    assert list(wanted) == ["conv1", "conv2", "conv3", "conv4", "conv5"]
    assert all(len(channels) == len(set(channels)) == 6 for channels in wanted.values())
    assert wanted == chosen_channels(network, None, None, 0, 64)
    assert wanted != chosen_channels(network, None, None, 1, 64)


def test_scores_below_zero_are_shown_and_what_is_silent_is_not():
    pictures = keras.Input((None, None, 3))
    bias = keras.initializers.Constant([-5, -5, 5, -5])
    scores = keras.layers.Conv2D(4, 1, name="scores", kernel_initializer="ones", bias_initializer=bias)(pictures)
    shown = keras.layers.ReLU(name="shown")(scores)
    network = keras.Model(pictures, [scores, shown])
    assert some_channels(network, "scores", 6, 0, 16) == [0, 1, 2, 3]
    assert some_channels(network, "shown", 6, 0, 16) == [2]


def test_what_does_not_exist_is_refused(network):
    assert chosen_channels(network, "conv3", (5, 2), 0, 64) == {"conv3": (5, 2)}
    with pytest.raises(UserError, match="did you mean 'conv3'"):
        chosen_channels(network, "conf3", None, 0, 64)
    for channel in (-1, 32):
        with pytest.raises(UserError, match=f"--channels {channel}: conv3 has 32 channels, 0 to 31"):
            chosen_channels(network, "conv3", (0, channel), 0, 64)
    with pytest.raises(UserError, match="name 1 to 64"):
        chosen_channels(network, "conv3", (), 0, 64)
    with pytest.raises(UserError, match="--channels needs --layer"):
        DreamInspectOptions(channels=(1,))


def test_each_dream_excites_its_own_channel():
    """Where the channels are red, green and blue, a channel's dream has its colour."""
    pictures = keras.Input((None, None, 3))
    primary = keras.Model(pictures, keras.layers.Conv2D(3, 1, use_bias=False, name="conv1")(pictures))
    primary.get_layer("conv1").set_weights([np.eye(3, dtype=np.float32)[None, None]])
    dreams = channel_dreams(primary, "conv1", [2, 0, 1], 0, 32, 6)
    colours = np.array([np.asarray(dream, np.float64).mean(axis=(0, 1)) for dream in dreams])
    assert list(colours.argmax(axis=1)) == [2, 0, 1]
    np.testing.assert_allclose(colours.min(axis=1), 127.5, atol=4)  # the others are as grey as they began


def test_a_sheet_has_a_cell_and_a_caption_for_each_dream(network):
    sheet = np.asarray(contact_sheet(network, {"conv1": list(range(10)), "conv5": [3]}, 0, 80, 2))
    assert sheet.shape == (6 + 3 * (80 + 13 + 6), 6 + 8 * (80 + 6), 3)
    rows = np.split(sheet[6:], 3)  # 80 pixels, a caption of 13, a gap of 6
    white = [(row[:80] == 255).all(axis=(0, 2)).sum() for row in rows]
    assert white[0] < white[1] < white[2] < sheet.shape[1]  # eight dreams, then two, then one
    captioned = [int((row[80:93] < 128).any(axis=(0, 2))[6:].reshape(8, 86).any(axis=1).sum()) for row in rows]
    assert captioned == [8, 2, 1]


def test_a_network_is_looked_into_without_a_dream():
    result = etudes.inspect("deep_dream", weights="untrained", layer="conv2", channels=(0, 3), size=40, steps=2)
    assert result.files == {"sheet": str(runs_folder() / "deep_dream-inspected" / "sheet.png")}
    assert not list(Path().glob("*.png")), "the current folder is left alone"
    with Image.open(result.files["sheet"]) as sheet:
        assert sheet.height == 6 + 40 + 13 + 6
    named = {table.title: table.rows for table in result.tables}
    assert "network" in named, "the layer table"
    assert named["layers that can be excited"] == [(f"conv{k}", c) for k, c in enumerate((16, 16, 32, 32, 64), start=1)]
    assert set(etudes.inspect("deep_dream", weights="untrained", size=40, steps=2).files) == {"channels"}
