"""What Immich's server sends to its machine-learning host, byte for byte in form, against a Hearth server.

Immich builds a `FormData` in Node: first `entries`, then `image` as a nameless Blob (which Node calls "blob" and sends
as application/octet-stream) or `text`.
"""

import json
import math
import pathlib
import struct
import zlib

import httpx
from goldens import checker


def png(width, height):
    """A small picture with some structure, without a library."""
    rows = b"".join(
        b"\0" + b"".join(bytes((x * 7 % 256, y * 5 % 256, (x * y) % 256)) for x in range(width)) for y in range(height)
    )

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def form(entries, image=None, text=None):
    """The body and its headers as Node's fetch makes them."""
    boundary = "----formdata-undici-045719201836"
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="entries"\r\n\r\n{entries}\r\n'.encode()]
    if image is not None:
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="blob"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n".encode()
        )
        parts.append(image + b"\r\n")
    if text is not None:
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="text"\r\n\r\n{text}\r\n'.encode())
    parts.append(f"--{boundary}--\r\n".encode())
    body = b"".join(parts)
    return body, {
        "content-type": f"multipart/form-data; boundary={boundary}", "accept": "*/*", "accept-language": "*",
        "sec-fetch-mode": "cors", "user-agent": "node", "accept-encoding": "gzip, deflate",
    }


def clip(kind, model, options=None):
    entry = {"modelName": model} if options is None else {"modelName": model, "options": options}
    return json.dumps({"clip": {kind: entry}}, separators=(",", ":"))


def faces(model):
    return json.dumps({
        "facial-recognition": {
            "detection": {"modelName": model, "options": {"minScore": 0.7}}, "recognition": {"modelName": model},
        }
    })


def kinds(client):
    """Names of models by what they look at, as their metadata says."""
    found = {"image": [], "text": []}
    for model in client.post("/v2/repository/index").json():
        metadata = client.get(f"/v2/models/{model['name']}").json()
        for tensor in metadata.get("embedding", {}).get("inputs", []):
            found[tensor["name"]].append(model["name"])
    return found


def vector(answer):
    """Immich hands this text to its database; it never reads it as numbers."""
    text = answer.json()["clip"]
    assert isinstance(text, str), "the vector must be a text"
    return json.loads(text)


def run(url: str, shared: pathlib.Path | None) -> list[str]:
    """Runs all checks and returns what failed."""
    expect, failures = checker("immich")

    with httpx.Client(base_url=url, timeout=60) as client:

        def predict(*arguments, **parts):
            body, headers = form(*arguments, **parts)
            return client.post("/predict", content=body, headers=headers)

        ping = client.get("/ping")
        expect("ping", ping.status_code == 200 and ping.text == "pong")
        picture = png(96, 64)
        models = kinds(client)
        for model in models["image"][:1]:
            answer = predict(clip("visual", model), image=picture)
            expect("a picture is answered", answer.status_code == 200)
            if answer.status_code == 200:
                values = vector(answer)
                expect("its vector has length 1", abs(math.sqrt(sum(value * value for value in values)) - 1) < 1e-3)
                expect("its size is told", answer.json()["imageWidth"] == 96 and answer.json()["imageHeight"] == 64)
                expect("and nothing else", set(answer.json()) == {"clip", "imageWidth", "imageHeight"})
                again = vector(predict(clip("visual", model), image=picture))
                expect("the same picture has the same vector", max(abs(a - b) for a, b in zip(values, again)) < 1e-3)
            broken = predict(clip("visual", model), image=picture[:-20])
            expect("a damaged picture is refused", broken.status_code == 422 and "detail" in broken.json())
            nothing = predict(clip("visual", model))
            expect("neither picture nor text", nothing.status_code == 400)
            if model not in models["text"]:
                text = predict(clip("textual", model, {"language": "de"}), text="rote Laterne")
                expect("no vector is made up for a text", text.status_code == 400 and "clip" not in text.json())
        for model in models["text"][:1]:
            answer = predict(clip("textual", model, {"language": "de"}), text="rote Laterne ☾")
            expect("a text is answered", answer.status_code == 200 and set(answer.json()) == {"clip"})
            if answer.status_code == 200:
                expect("with a vector", len(vector(answer)) > 1)
        if not models["text"]:
            print("skipped immich: no model here reads texts")
        unknown = predict(clip("visual", "unknown__model"), image=picture)
        expect("an unknown model is not replaced", unknown.status_code == 404 and "detail" in unknown.json())
        other = predict(faces("buffalo_l"), image=picture)
        expect("faces are left to the next host", other.status_code == 501)
        expect("bad entries", predict("{", image=picture).status_code == 422)
        expect("entries without a model", predict('{"clip":{"visual":{}}}', image=picture).status_code == 422)
    return failures
