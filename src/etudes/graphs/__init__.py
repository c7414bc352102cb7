"""Graphs: networks as ONNX without weights, which ONNX Runtime runs with the arrays of a run, without a backend."""

from etudes.graphs.building import BuiltGraph, GraphBuilder, NoGraphError, build_graph, embedded
from etudes.graphs.folder import GraphNetwork, load_graphs, read_layers, save_graphs

__all__ = [
    "BuiltGraph",
    "GraphBuilder",
    "GraphNetwork",
    "NoGraphError",
    "build_graph",
    "embedded",
    "load_graphs",
    "read_layers",
    "save_graphs",
]
