"""A text embedder as it is commonly served: FastAPI, tokenizers and onnxruntime, float32, one text after the other.

    MODEL=folder with model.onnx and tokenizer.json  uvicorn embedding_peer:app

`POST /embed` with `{"text": …}` answers `{"embedding": […], "tokens": n}`. Calls run in FastAPI's thread pool, as its
documentation tells for work that blocks; onnxruntime has all cores for each of them.
"""

import os
from pathlib import Path

import numpy as np
import onnxruntime
from fastapi import FastAPI
from pydantic import BaseModel
from tokenizers import Tokenizer

folder = Path(os.environ["MODEL"])
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
tokenizer.no_padding()
tokenizer.enable_truncation(256)
session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
app = FastAPI()


class Question(BaseModel):
    text: str


def vector(text):
    """Mean over the tokens, length 1."""
    ids = np.asarray([tokenizer.encode(text).ids], np.int64)
    (hidden,) = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
    mean = hidden[0].mean(axis=0)
    return mean / np.linalg.norm(mean), ids.shape[1]


@app.post("/embed")
def embed(question: Question):
    values, tokens = vector(question.text)
    return {"embedding": values.tolist(), "tokens": tokens}
