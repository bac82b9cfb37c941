"""OpenAI's own Python client against a Hearth server."""

import base64
import pathlib

import httpx
import openai
from goldens import checker, cosine, length, models, pictures, texts


def check_models(client, expect):
    listed = [model.id for model in client.models.list()]
    expect("models are listed", len(listed) > 0)
    expect("a model is found", client.models.retrieve(listed[0]).id == listed[0])
    expect("a model is found by a name with a slash", client.models.retrieve(f"someone/{listed[0]}").id == listed[0])
    refused(expect, "an unknown model", openai.NotFoundError, "model_not_found",
            lambda: client.models.retrieve("gpt-9"))


def refused(expect, what, kind, code, call):
    try:
        call()
    except kind as error:
        expect(f"{what} is refused as {code}", error.code == code and bool(error.message))
    else:
        expect(f"{what} is refused as {code}", False)


def check_texts(client, model, expect, shared):
    # The client asks for base64 unless told otherwise, and decodes it.
    one = client.embeddings.create(model=model, input="a red lantern")
    vector = one.data[0].embedding
    expect("a text gives a vector of length 1", abs(length(vector) - 1) < 1e-3)
    expect("tokens are counted", one.usage.prompt_tokens > 2 and one.usage.total_tokens == one.usage.prompt_tokens)
    plain = client.embeddings.create(model=model, input="a red lantern", encoding_format="float", user="me")
    expect("decimals and base64 say the same", max(abs(a - b) for a, b in zip(vector, plain.data[0].embedding)) < 1e-6)
    many = client.embeddings.create(model=model, input=[f"text {number}" for number in range(300)])
    expect("300 texts keep their order", [entry.index for entry in many.data] == list(range(300)))
    lone = client.embeddings.create(model=model, input="text 150").data[0].embedding
    expect("each text has its own vector", cosine(many.data[150].embedding, lone) > 0.999)
    short = client.embeddings.create(model=model, input="a red lantern", dimensions=16).data[0].embedding
    expect("dimensions cuts", len(short) == 16 and abs(length(short) - 1) < 1e-3)
    ids = client.embeddings.create(model=model, input=[[101, 7592, 102], [101, 2088, 102]])
    expect("lists of token ids", len(ids.data) == 2 and ids.usage.prompt_tokens == 6)
    refused(expect, "an empty text", openai.BadRequestError, "invalid_request",
            lambda: client.embeddings.create(model=model, input=""))
    refused(expect, "too many dimensions", openai.BadRequestError, "invalid_request",
            lambda: client.embeddings.create(model=model, input="a", dimensions=1_000_000))
    if "minilm" in model.lower():
        for golden in texts(shared):
            made = client.embeddings.create(model=model, input=golden["text"] or " ").data[0].embedding
            if golden["text"]:
                expect(f"golden {golden['text'][:40]!r}", cosine(made, golden["embedding"]) > 0.999)


def check_pictures(client, seen, expect, shared):
    for path, goldens in pictures(shared):
        uri = f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
        message = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": uri}}]}
        for model, golden in goldens.items():
            if model not in seen:
                continue
            # infinity's shape, then vLLM's, both through the client's own decoding.
            made = client.embeddings.create(model=model, input=uri, extra_body={"modality": "image"})
            expect(f"golden {path.stem} by {model}", cosine(made.data[0].embedding, golden) > 0.99)
            same = client.post(
                "/embeddings", cast_to=openai.types.CreateEmbeddingResponse,
                body={"model": model, "messages": [message], "encoding_format": "float"})
            expect(f"the same as a message: {path.stem} by {model}",
                   cosine(made.data[0].embedding, same.data[0].embedding) > 0.9999)
    refused(expect, "a URL", openai.BadRequestError, "invalid_request", lambda: client.embeddings.create(
        model=seen[0], input="http://127.0.0.1/a.png", extra_body={"modality": "image"}))


def run(url: str, shared: pathlib.Path | None) -> list[str]:
    """Runs all checks and returns what failed."""
    expect, failures = checker("openai")
    with httpx.Client(base_url=url, timeout=60) as plain:
        reading, seeing = models(plain)
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        check_models(client, expect)
        refused(expect, "an unknown model for vectors", openai.NotFoundError, "model_not_found",
                lambda: client.embeddings.create(model="gpt-9", input="a"))
        if reading:
            check_texts(client, reading[0], expect, shared)
        else:
            print("skipped openai: texts, for there is no model that reads them")
        if seeing:
            check_pictures(client, seeing, expect, shared)
    return failures
