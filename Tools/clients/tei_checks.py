"""What clients of text-embeddings-inference send, by plain HTTP: it has no client of its own."""

import pathlib

import httpx
from goldens import checker, cosine, length, lines, models, texts


def check_embed(client, expect, shared):
    answer = client.post("/embed", json={"inputs": ["a red lantern", "a cup of tea"], "truncate": True})
    vectors = answer.json()
    expect("a list gives a list of vectors", answer.status_code == 200 and len(vectors) == 2)
    expect("vectors have length 1", all(abs(length(vector) - 1) < 1e-3 for vector in vectors))
    names = ["x-compute-type", "x-compute-time", "x-compute-characters", "x-compute-tokens", "x-total-time",
             "x-tokenization-time", "x-queue-time", "x-inference-time"]
    expect("the times stand in headers", all(name in answer.headers for name in names))
    expect("characters and tokens are counted",
           answer.headers["x-compute-characters"] == "25" and int(answer.headers["x-compute-tokens"]) >= 8)
    one = client.post("/embed", json={"inputs": "a red lantern"}).json()
    expect("one text gives a list as well", len(one) == 1 and cosine(one[0], vectors[0]) > 0.999)
    raw = client.post("/embed", json={"inputs": "a red lantern", "normalize": False}).json()[0]
    expect("normalize false keeps the direction", cosine(raw, vectors[0]) > 0.999)
    ids = client.post("/embed", json={"inputs": [[101, 7592, 102], "hello"]}).json()
    expect("token ids and texts may be mixed", len(ids) == 2 and cosine(ids[0], ids[1]) > 0.999)
    for golden in texts(shared):
        if golden["text"]:
            made = client.post("/embed", json={"inputs": golden["text"]}).json()[0]
            expect(f"golden {golden['text'][:40]!r}", cosine(made, golden["embedding"]) > 0.999)


def check_similarity(client, expect, shared):
    for triple in lines(shared / "data" / "text" / "triples.jsonl") if shared else []:
        answer = client.post("/similarity", json={"inputs": {
            "source_sentence": triple["anchor"], "sentences": [triple["positive"], triple["negative"]]}}).json()
        expect(f"similarity of {triple['anchor'][:40]!r}",
               abs(answer[0] - triple["cos_positive"]) < 0.02 and abs(answer[1] - triple["cos_negative"]) < 0.02)


def check_errors(client, expect):
    for body, status, kind in [
        ({"inputs": []}, 400, "Empty"), ({"inputs": ""}, 400, "Empty"), ({"inputs": 7.5}, 422, "Validation"),
        ({"inputs": "a", "truncation_direction": "left"}, 422, "Validation"),
        ({"inputs": "a", "prompt_name": "poem"}, 422, "Validation"),
        ({"inputs": ["a"] * 1_000}, 422, "Validation"),
    ]:
        answer = client.post("/embed", json=body)
        expect(f"{str(body)[:60]} is refused as {kind}",
               answer.status_code == status and answer.json()["error_type"] == kind and bool(answer.json()["error"]))


def run(url: str, shared: pathlib.Path | None) -> list[str]:
    """Runs all checks and returns what failed."""
    expect, failures = checker("tei")
    with httpx.Client(base_url=url, timeout=60) as client:
        check_errors(client, expect)
        reading, _ = models(client)
        if not reading:
            expect("without a model for texts nothing is claimed", client.get("/info").status_code == 404)
            print("skipped tei: texts, for there is no model that reads them")
            return failures
        info = client.get("/info").json()
        expect("info tells of the model", info["model_id"] == reading[0] and info["max_client_batch_size"] >= 32)
        check_embed(client, expect, shared)
        if "minilm" in reading[0].lower():
            check_similarity(client, expect, shared)
    return failures
