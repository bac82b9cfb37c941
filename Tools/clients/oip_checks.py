"""Triton's own Python client, with tensors as JSON, and plain requests of the Open Inference Protocol."""

import base64
import pathlib
from urllib.parse import urlparse

import httpx
import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from goldens import checker
from immich_checks import png

TYPES = {"FP32": np.float32, "INT64": np.int64, "INT32": np.int32, "UINT8": np.uint8}


def tensor(port):
    """A tensor of zeros that fits a port; any length is taken as 1."""
    shape = [1 if length < 0 else length for length in port["shape"]]
    values = triton.InferInput(port["name"], shape, port["datatype"])
    values.set_data_from_numpy(np.zeros(shape, TYPES[port["datatype"]]), binary_data=False)
    return values


def texts(name, values):
    array = np.array([value.encode() if isinstance(value, str) else value for value in values], dtype=np.object_)
    tensor = triton.InferInput(name, [len(values)], "BYTES")
    tensor.set_data_from_numpy(array, binary_data=False)
    return tensor


def check_graph(client, name, expect):
    """Runs the bare graph on zeros."""
    metadata = client.get_model_metadata(name)
    result = client.infer(name, [tensor(port) for port in metadata["inputs"]], request_id="42")
    expect(f"{name} runs on tensors", result.get_response()["id"] == "42")
    expect(f"{name} is named in the answer", result.get_response()["model_name"] == name)
    for port in metadata["outputs"]:
        array = result.as_numpy(port["name"])
        expect(f"{name} gives {port['name']}", array is not None and array.ndim == len(port["shape"]))
    if metadata["outputs"]:
        wanted = metadata["outputs"][0]["name"]
        outputs = [triton.InferRequestedOutput(wanted, binary_data=False)]
        chosen = client.infer(name, [tensor(port) for port in metadata["inputs"]], outputs=outputs)
        given = [output["name"] for output in chosen.get_response()["outputs"]]
        expect(f"{name} gives only what is asked for", given == [wanted])
    wrong = metadata["inputs"][0]
    refused(expect, "an input of another name", lambda: client.infer(name, [tensor({**wrong, "name": "unknown"})]))


def check_embedding(client, name, metadata, expect):
    for port in metadata["embedding"]["inputs"]:
        values = ["a red lantern", "a cup of tea"]
        if port["name"] == "image":
            values = [base64.b64encode(png(96, 64)).decode(), base64.b64encode(png(64, 64)).decode()]
        result = client.infer(name, [texts(port["name"], values)])
        vectors = result.as_numpy("embedding")
        expect(f"{name} embeds BYTES named {port['name']}", vectors is not None and vectors.shape[0] == 2)
        if vectors is not None:
            lengths = np.linalg.norm(vectors, axis=1)
            expect(f"{name} gives vectors of length 1", bool(np.allclose(lengths, 1, atol=1e-3)))


def refused(expect, what, call):
    try:
        call()
    except InferenceServerException as error:
        expect(f"{what} is refused", error.status() in ("400", "404", "409"))
    else:
        expect(f"{what} is refused", False)


def run(url: str, shared: pathlib.Path | None) -> list[str]:
    """Runs all checks and returns what failed."""
    expect, failures = checker("oip")

    with httpx.Client(base_url=url, timeout=60) as plain:
        expect("error bodies have one text", isinstance(plain.get("/v2/models/unknown").json()["error"], str))
        expect("versions are checked", plain.get("/v2/models/unknown/versions/9").status_code == 404)
        expect("ready says so", plain.get("/v2/health/ready").json() in ({"live": True, "ready": True},))
    address = urlparse(url).netloc
    client = triton.InferenceServerClient(address, network_timeout=60, connection_timeout=60)
    expect("live", client.is_server_live())
    expect("ready", client.is_server_ready())
    expect("metadata", "model_repository" in client.get_server_metadata()["extensions"])
    refused(expect, "an unknown model", lambda: client.get_model_metadata("unknown"))
    refused(expect, "loading an unknown model", lambda: client.load_model("unknown"))
    index = client.get_model_repository_index()
    expect("the index has models", len(index) > 0)
    for name in [model["name"] for model in index if model["state"] == "READY"]:
        expect(f"{name} is ready", client.is_model_ready(name) and client.is_model_ready(name, "1"))
        metadata = client.get_model_metadata(name)
        if "embedding" in metadata:
            check_embedding(client, name, metadata, expect)
        if metadata["inputs"]:
            check_graph(client, name, expect)
        else:
            failures.append(f"oip: {name} is loaded and does not tell its ports")
    check_residence(client, index, expect)
    client.close()
    return failures


def check_residence(client, index, expect):
    """Loads and unloads a model that is not in memory, if there is one."""
    absent = [model["name"] for model in index if model["reason"] == "unloaded"]
    if not absent:
        print("skipped oip: all models are in memory")
        return
    client.load_model(absent[0])
    ready = {model["name"] for model in client.get_model_repository_index() if model["state"] == "READY"}
    expect("load loads", absent[0] in ready)
    client.unload_model(absent[0])
    ready = {model["name"] for model in client.get_model_repository_index() if model["state"] == "READY"}
    expect("unload unloads", absent[0] not in ready)
