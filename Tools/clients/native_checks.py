"""Hearth's own routes for vectors, by plain HTTP."""

import base64
import pathlib

import httpx
from goldens import checker, cosine, length, models, pictures, texts

SAMPLES = pathlib.Path(__file__).resolve().parent.parent.parent / "Samples"


def check_pictures(client, model, expect, shared):
    for path, goldens in pictures(shared):
        bytes_ = path.read_bytes()
        for name, golden in goldens.items():
            if name != model:
                continue
            raw = client.post(f"/embed?model={model}", content=bytes_, headers={"content-type": "image/png"}).json()
            expect(f"golden {path.stem} by {model}", cosine(raw["embedding"], golden) > 0.99)
            form = client.post("/embed", files={"image": bytes_}, data={"model": model}).json()
            text = base64.b64encode(bytes_).decode()
            json = client.post("/embed", json={"image": text, "model": model}).json()
            expect(f"all forms of {path.stem} give one vector",
                   raw["embedding"] == form["embedding"] == json["embedding"])
            identity = raw["model"]
            expect("the answer says which model it was", identity["id"] == model and len(identity["digest"]) == 64)
            expect("the answer says where the time went", raw["timings_ms"]["total"] > 0)


def check_batch(client, model, reading, expect, shared):
    good = [{"image": base64.b64encode(path.read_bytes()).decode()} for path, _ in pictures(shared)[:3]]
    inputs = [*good, {"image": "!!"}, {"image": base64.b64encode(b"no picture").decode()}, {}]
    if not good:
        return
    answer = client.post("/embed/batch", json={"model": model, "inputs": inputs})
    results = answer.json()["results"]
    expect("a bad input does not fail the others",
           answer.status_code == 200 and ["error" in result for result in results] == [False] * 3 + [True] * 3)
    expect("failures are counted", answer.json()["failed"] == 3)
    files = [("image", path.read_bytes()) for path, _ in pictures(shared)[:3]]
    form = client.post("/embed/batch", files=files, data={"model": model}).json()
    expect("a form is a batch as well",
           [r["embedding"] for r in form["results"]] == [r["embedding"] for r in results[:3]])
    if reading:
        mixed = client.post("/embed/batch", json={"inputs": ["a red lantern", good[0]]}).json()
        expect("texts and pictures may be mixed", mixed["failed"] == 0)


def check_texts(client, model, expect, shared):
    one = client.post("/embed", json={"text": "a red lantern", "model": model}).json()
    expect("a text gives a vector of length 1", abs(length(one["embedding"]) - 1) < 1e-3 and one["tokens"] > 2)
    for golden in texts(shared) if "minilm" in model.lower() else []:
        if golden["text"]:
            made = client.post("/embed", json={"text": golden["text"], "model": model}).json()
            expect(f"golden {golden['text'][:40]!r}", cosine(made["embedding"], golden["embedding"]) > 0.999)
            expect(f"tokens of {golden['text'][:40]!r}", made["tokens"] == min(golden["tokens"], 256))


def check_errors(client, expect):
    gif = {"content-type": "image/gif"}
    for what, answer, status in [
        ("no input", client.post("/embed", json={}), 400),
        ("two inputs", client.post("/embed", json={"text": "a", "tokens": [1]}), 400),
        ("an unknown model", client.post("/embed", json={"text": "a", "model": "gpt-9"}), 404),
        ("a URL", client.post("/embed", json={"url": "http://169.254.169.254/"}), 400),
        ("bytes that are no picture", client.post("/embed", content=b"GIF", headers=gif), 422),
        ("an empty batch", client.post("/embed/batch", json={"inputs": []}), 400),
        ("another method", client.get("/embed"), 405),
    ]:
        error = answer.json()["error"]
        is_whole = error["code"] and error["message"] and error["hint"]
        expect(f"{what}: {status}", answer.status_code == status and is_whole)


def run(url: str, shared: pathlib.Path | None) -> list[str]:
    """Runs all checks and returns what failed."""
    expect, failures = checker("native")
    with httpx.Client(base_url=url, timeout=60) as client:
        reading, seeing = models(client)
        check_errors(client, expect)
        if reading:
            check_texts(client, reading[0], expect, shared)
        sample = next(SAMPLES.rglob("*.jpg")).read_bytes()
        for model in seeing:
            check_pictures(client, model, expect, shared)
            made = client.post(f"/embed?model={model}", content=sample, headers={"content-type": "image/jpeg"}).json()
            expect(f"a sample picture has a vector by {model}", abs(length(made["embedding"]) - 1) < 1e-3)
        # The one that the goldens know.
        known = [model for model in seeing if "mobilenet" in model]
        if known:
            check_batch(client, known[0], reading, expect, shared)
        warm = client.get("/health/warm")
        expect("warm health lists the models", warm.status_code == 200 and warm.json()["warm"] is True)
        metrics = client.get("/metrics").text
        expect("stages are measured", not seeing or "hearth_embedding_seconds_bucket" in metrics)
    return failures
