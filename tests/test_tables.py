"""The layer tables of the design, exactly: kinds, output shapes and parameter counts of `classic`."""

import pytest

import etudes
from etudes.contract import Table


def rows(table: Table) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in table.rows[:-1]]


def tables(name: str) -> dict[str, Table]:
    return {table.title: table for table in etudes.layer_tables(name, preset="classic")}


def total(table: Table) -> int:
    return int(table.rows[-1][2])


def test_addition_rnn() -> None:
    (table,) = tables("addition_rnn").values()
    assert rows(table) == [
        ("input", "(None, 7, 12)"),
        ("lstm", "(None, 128)"),
        ("repeat vector", "(None, 4, 128)"),
        ("lstm", "(None, 4, 128)"),
        ("time distributed dense", "(None, 4, 12)"),
        ("activation softmax", "(None, 4, 12)"),
    ]
    assert [row[2] for row in table.rows] == [0, 72_192, 0, 131_584, 1_548, 0, 205_324]


def test_antirectifier() -> None:
    table = tables("antirectifier")["antirectifier"]
    assert [row for row in rows(table) if row[0] != "flatten"][1:] == [
        ("dense", "(None, 256)"),
        ("antirectifier", "(None, 512)"),
        ("dropout", "(None, 512)"),
        ("dense", "(None, 256)"),
        ("antirectifier", "(None, 512)"),
        ("dropout", "(None, 512)"),
        ("dense", "(None, 10)"),
        ("activation softmax", "(None, 10)"),
    ]
    assert total(table) == 337_418


def test_mnist_acgan_discriminator() -> None:
    table = tables("mnist_acgan")["discriminator"]
    named = [
        row for row in rows(table) if row[0] not in ("leakyrelu", "dropout", "activation sigmoid", "activation softmax")
    ]
    assert named == [
        ("input", "(None, 28, 28, 1)"),
        ("conv2d", "(None, 14, 14, 32)"),
        ("conv2d", "(None, 14, 14, 64)"),
        ("conv2d", "(None, 7, 7, 128)"),
        ("conv2d", "(None, 7, 7, 256)"),
        ("flatten", "(None, 12544)"),
        ("dense", "(None, 1)"),
        ("dense", "(None, 10)"),
    ]
    kinds = [row[0] for row in rows(table)]
    assert kinds.count("leakyrelu") == kinds.count("dropout") == 4
    assert total(table) == 525_835


def test_mnist_acgan_generator() -> None:
    table = tables("mnist_acgan")["generator"]
    assert ("input", "(None, 100)") in rows(table)
    assert ("input", "(None, 1)") in rows(table)
    assert [row for row in rows(table) if row[0] in ("dense", "reshape", "upsampling", "conv2d")] == [
        ("dense", "(None, 1024)"),
        ("dense", "(None, 6272)"),
        ("reshape", "(None, 7, 7, 128)"),
        ("upsampling", "(None, 14, 14, 128)"),
        ("conv2d", "(None, 14, 14, 256)"),
        ("upsampling", "(None, 28, 28, 256)"),
        ("conv2d", "(None, 28, 28, 128)"),
        ("conv2d", "(None, 28, 28, 1)"),
    ]
    assert total(table) == 8_172_521


def test_mnist_acgan_light_generator() -> None:
    (table,) = (table for table in etudes.layer_tables("mnist_acgan", preset="stable") if table.title == "generator")
    assert sorted(row for row in rows(table) if row[0] == "input") == [("input", "(None, 1)"), ("input", "(None, 100)")]
    assert [tuple(row[:3]) for row in table.rows[:-1] if row[0] != "input"] == [
        ("embedding", "(None, 1, 100)", 1_000),
        ("flatten", "(None, 100)", 0),
        ("multiply", "(None, 100)", 0),
        ("dense", "(None, 6272)", 633_472),
        ("reshape", "(None, 7, 7, 128)", 0),
        ("conv2d transposed", "(None, 14, 14, 64)", 131_136),
        ("conv2d transposed", "(None, 28, 28, 32)", 32_800),
        ("conv2d", "(None, 28, 28, 1)", 289),
        ("activation tanh", "(None, 28, 28, 1)", 0),
    ]
    assert total(table) == 798_697


def test_cifar10_cnn() -> None:
    (table,) = tables("cifar10_cnn").values()
    assert rows(table) == [
        ("input", "(None, 32, 32, 3)"),
        ("conv2d", "(None, 32, 32, 32)"),
        ("activation relu", "(None, 32, 32, 32)"),
        ("conv2d", "(None, 30, 30, 32)"),
        ("activation relu", "(None, 30, 30, 32)"),
        ("maxpooling", "(None, 15, 15, 32)"),
        ("dropout", "(None, 15, 15, 32)"),
        ("conv2d", "(None, 15, 15, 64)"),
        ("activation relu", "(None, 15, 15, 64)"),
        ("conv2d", "(None, 13, 13, 64)"),
        ("activation relu", "(None, 13, 13, 64)"),
        ("maxpooling", "(None, 6, 6, 64)"),
        ("dropout", "(None, 6, 6, 64)"),
        ("flatten", "(None, 2304)"),
        ("dense", "(None, 512)"),
        ("activation relu", "(None, 512)"),
        ("dropout", "(None, 512)"),
        ("dense", "(None, 10)"),
        ("activation softmax", "(None, 10)"),
    ]
    assert total(table) == 1_250_858


def test_mnist_transfer_cnn() -> None:
    found = tables("mnist_transfer_cnn")
    expected = [
        ("input", "(None, 28, 28, 1)"),
        ("conv2d", "(None, 26, 26, 32)"),
        ("activation relu", "(None, 26, 26, 32)"),
        ("conv2d", "(None, 24, 24, 32)"),
        ("activation relu", "(None, 24, 24, 32)"),
        ("maxpooling", "(None, 12, 12, 32)"),
        ("dropout", "(None, 12, 12, 32)"),
        ("flatten", "(None, 4608)"),
        ("dense", "(None, 128)"),
        ("activation relu", "(None, 128)"),
        ("dropout", "(None, 128)"),
        ("dense", "(None, 5)"),
        ("activation softmax", "(None, 5)"),
    ]
    for table in found.values():
        assert rows(table) == expected
        assert total(table) == 600_165
    frozen = [sum(row[2] for row in table.rows if row[3] == "frozen") for table in found.values()]
    assert max(frozen) == 9_568


@pytest.mark.usefixtures("runs", "nothing_bundled")
def test_deep_dream_classic_network_is_inception_v3() -> None:
    (table,) = tables("deep_dream").values()
    mixed = [row[1] for row in rows(table) if row[0].startswith("concatenate") or "mixed" in row[0]]
    for shape in ("(None, None, None, 768)", "(None, None, None, 288)"):
        assert shape in mixed
