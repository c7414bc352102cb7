"""Exports: networks as files that other programs load, each opened by its own runtime and checked after writing."""

from etudes.exports.formats import FORMATS, Format, Tensor
from etudes.exports.ownership import check_place, sha256_of
from etudes.exports.writing import Exported, write_networks

__all__ = ["FORMATS", "Exported", "Format", "Tensor", "check_place", "sha256_of", "write_networks"]
