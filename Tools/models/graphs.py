"""Pieces of graphs that several converters need; everything is OpenVINO IR."""

import numpy as np
import openvino as ov
import openvino.opset13 as op


def integers(*values):
    """An int64 constant of the graph, for shapes and axes."""
    return op.constant(np.asarray(values, np.int64))


def number(value):
    """An int64 scalar of the graph."""
    return op.constant(np.asarray(value, np.int64))


def real(values):
    """A float32 constant of the graph."""
    return op.constant(np.ascontiguousarray(values, np.float32))


def parameter(name, shape, kind):
    """An input of the graph. - Parameter shape: -1 where any length is allowed."""
    node = op.parameter(shape, kind, name=name)
    node.output(0).set_names({name})
    return node


def model(inputs, output, output_name, title):
    """A graph with one output, and with names that are the same in every run."""
    output.output(0).set_names({output_name})
    result = op.result(output)
    result.set_friendly_name(output_name)
    graph = ov.Model([result], inputs, title)
    for index, node in enumerate(graph.get_ordered_ops()):
        if node.get_type_name() not in ("Parameter", "Result"):
            node.set_friendly_name(f"{node.get_type_name()}_{index}")
    return graph


def save(graph, folder, in_half):
    """Writes openvino_model.xml and .bin. - Parameter in_half: weights as float16. - Returns: the path of the first."""
    path = folder / "openvino_model.xml"
    ov.save_model(graph, str(path), compress_to_fp16=in_half)
    return path


def compiled(path):
    """The graph, ready to run in float32 on this machine."""
    return ov.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})


def unit(x):
    """A vector, brought to length 1."""
    return x / np.linalg.norm(x)
