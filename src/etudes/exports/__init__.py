"""Exports: networks as files that other programs load, each checked after writing."""

from etudes.exports.formats import FORMATS, Format
from etudes.exports.writing import Exported, write_network

__all__ = ["FORMATS", "Exported", "Format", "write_network"]
