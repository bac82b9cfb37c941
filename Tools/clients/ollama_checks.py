"""Ollama's own Python client against a Hearth server."""

import math
import pathlib
import urllib.request

import ollama
from goldens import checker


def names(client):
    return [model.model for model in client.list().models]


def capable(client, name):
    return "embedding" in (client.show(name).capabilities or [])


def length(vector):
    return math.sqrt(sum(value * value for value in vector))


def check_texts(client, name, expect):
    one = client.embed(model=name, input="a red lantern")
    expect("embed answers for the name that was asked for", one.model == name)
    expect("a text gives one vector", len(one.embeddings) == 1)
    expect("it has length 1", abs(length(one.embeddings[0]) - 1) < 1e-3)
    expect("durations are whole nanoseconds", isinstance(one.total_duration, int) and one.total_duration > 0)
    expect("tokens are counted", (one.prompt_eval_count or 0) > 2)

    warm = client.embed(model=name, input=["a red lantern", "a cup of tea"], keep_alive="10m")
    expect("two texts give two vectors", len(warm.embeddings) == 2)
    expect("a warm model has no load_duration", warm.load_duration == 0)
    distance = max(abs(a - b) for a, b in zip(one.embeddings[0], warm.embeddings[0]))
    expect("a text's vector does not depend on its company", distance < 1e-3)

    short = client.embed(model=name, input="a red lantern", dimensions=8)
    expect("dimensions cuts", len(short.embeddings[0]) == 8 and abs(length(short.embeddings[0]) - 1) < 1e-3)

    old = client.embeddings(model=name, prompt="a red lantern")
    expect("the older call gives the same direction", cosine(old.embedding, one.embeddings[0]) > 0.999)
    expect("no input loads the model", list(client.embed(model=name, input="").embeddings) == [])

    long = "lantern " * 9000
    refused(client, expect, "a long text that must not be cut", 400, model=name, input=long, truncate=False)
    expect("a long text is cut", len(client.embed(model=name, input=long).embeddings) == 1)

    resident = [model for model in client.ps().models if model.model == name]
    expect("ps shows the model", len(resident) == 1)
    expect("ps tells when it leaves", bool(resident) and resident[0].expires_at is not None)
    expect("ps tells its size", bool(resident) and resident[0].size > 0)


def cosine(left, right):
    return sum(a * b for a, b in zip(left, right)) / (length(left) * length(right))


def refused(client, expect, what, status, **request):
    try:
        client.embed(**request)
    except ollama.ResponseError as error:
        expect(f"{what}: {status}", error.status_code == status and isinstance(error.error, str))
    else:
        expect(f"{what} is refused", False)


def run(url: str, shared: pathlib.Path | None) -> list[str]:
    """Runs all checks and returns what failed."""
    expect, failures = checker("ollama")

    client = ollama.Client(host=url)
    with urllib.request.urlopen(f"{url}/", timeout=10) as answer:
        expect("the sign of life", answer.read() == b"Ollama is running")
    models = names(client)
    expect("list names models", len(models) > 0 and all(":" in name for name in models))
    shown = client.show(models[0])
    expect("show has model_info", "general.architecture" in (shown.modelinfo or {}))
    refused(client, expect, "an unknown model", 404, model="unknown-model", input="a")

    readers = [name for name in models if capable(client, name)]
    for name in [name for name in models if name not in readers][:1]:
        refused(client, expect, "a text for a model of pictures", 400, model=name, input="a")
    if readers:
        check_texts(client, readers[0], expect)
    else:
        print("skipped ollama: no model here reads texts")
    return failures
