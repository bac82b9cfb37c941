"""What operations of `models` answer.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal



@dataclass(frozen=True, kw_only=True)
class Model:
    id: str
    kind: Literal[
        "image-embedding", "text-embedding", "image-text-embedding", "face-detection", "face-landmarks",
        "face-embedding", "unknown",
    ]
    #: Other names that clients call it by.
    aliases: list[str]
    #: Where it is on its way into memory and out of it.
    state: Literal["absent", "loading", "warming", "ready", "draining", "failed", "skipped"]
    #: Bytes of its weights on disk.
    weight_bytes: int
    #: How long it stays in memory without a call.
    keep_alive: str
    description: str | None = None
    #: Why it has failed or was skipped.
    reason: str | None = None
    licence: str | None = None
    #: SHA-256 over weights and preprocessing, in hex.
    digest: str | None = None
    #: Length of its vectors; absent for models that give none.
    dims: int | None = None
    #: Cosine from which two pictures count as the same; absent when the model names none.
    match_threshold: float | None = None
    #: From how many compared anchors on that holds; absent: for any number.
    match_anchors: int | None = None
    #: How much lower it is each time that half as many anchors are compared.
    match_per_halving: float | None = None
    precision: str | None = None
    #: Longest text, in tokens; absent for models that read none.
    maximum_tokens: int | None = None
    #: Width and height of the pictures that its graph takes, in pixels.
    image_size: list[int] | None = None
    #: The model group whose worker runs it; absent: the permanent worker.
    group: str | None = None
    #: Inputs and outputs of its first graph; absent until it was loaded once.
    signature: ModelSignature | None = None
    #: From the start of loading to ready.
    load_milliseconds: float | None = None
    #: Loads since the start of the process; for operators.
    loads: int | None = None
    #: Since its last call; 0 while it has calls, absent while it is not in memory; for operators.
    idle_milliseconds: float | None = None
    #: Inputs that it has answered since the start of the process; for operators.
    inferences: int | None = None
    #: Passes that these inputs shared; for operators.
    passes: int | None = None
    #: Calls that wait for a pass; for operators.
    waiting: int | None = None


@dataclass(frozen=True, kw_only=True)
class ModelList:
    models: list[Model]


@dataclass(frozen=True, kw_only=True)
class ModelSignature:
    inputs: list[ModelTensor]
    outputs: list[ModelTensor]


@dataclass(frozen=True, kw_only=True)
class ModelTensor:
    name: str
    shape: list[int]
    type: Literal["FP32", "INT64", "INT32", "UINT8"] | None = None
