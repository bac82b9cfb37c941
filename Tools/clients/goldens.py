"""Vectors that a model is known to give, and how near two vectors are."""

import json
import math
from pathlib import Path

# Quantised models. Without VNNI, 8-bit products saturate in OpenVINO's kernels (its documentation calls it the
# saturation issue of AVX2 and older), so these models give other vectors there and have no goldens.
QUANTISED = {"mobilenet-v2-imgemb"}
HAS_VNNI = "vnni" in Path("/proc/cpuinfo").read_text()


def cosine(left, right):
    product = sum(a * b for a, b in zip(left, right, strict=True))
    return product / math.sqrt(sum(a * a for a in left) * sum(b * b for b in right))


def length(vector):
    return math.sqrt(sum(value * value for value in vector))


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def texts(shared):
    """Of all-minilm-l6-v2: [{text, embedding}]."""
    return lines(shared / "data" / "text" / "embedding-goldens.jsonl") if shared else []


def pictures(shared):
    """Of the two MobileNets: [(path, {model: vector})]."""
    if not shared:
        return []
    folder = shared / "data" / "image-goldens"
    entries = json.loads((folder / "goldens.json").read_text())
    left_out = set() if HAS_VNNI else QUANTISED
    for name in sorted(left_out):
        print(f"not compared: {name}, which is quantised, on a processor without VNNI", flush=True)
    return [(folder / entry["file"], {k: v for k, v in entry.items() if isinstance(v, list) and k not in left_out})
            for entry in entries]


def checker(name):
    """Prints the checks that hold and gathers those that do not."""
    failures = []

    def expect(what, holds):
        if holds:
            print(f"ok {name}: {what}", flush=True)
        else:
            failures.append(f"{name}: {what}")

    return expect, failures


def models(client):
    """The ids of ready models by what they see, from an httpx client."""
    known = client.get("/v1/models").json()["data"]
    def seeing(*kinds):
        return [model["id"] for model in known if model["kind"] in kinds and model["state"] == "ready"]
    return (
        seeing("text-embedding", "image-text-embedding"), seeing("image-embedding", "image-text-embedding"),
    )
