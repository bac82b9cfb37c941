#!/usr/bin/env python3
"""Compares what the server makes of all pictures of a folder with what Pillow makes of them; by hand.

    python3 Tools/pictures_test.py FOLDER [--hearth .build/release/hearth]

The test pictures of Pillow (github.com/python-pillow/Pillow, Tests/images) and of libvips (github.com/libvips/libvips,
test/test-suite/images) hold most of what writers have done to the formats. A picture that both take is also compared by
its vector with the one that Pillow's pixels have as a PNG. docs/pictures.md explains the kinds of differences.
"""

import argparse
import http.client
import io
import json
import math
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import environments
from crash.server import ROOT, Server
from crash.trial import add_options, limited, program

# The formats that the server takes, by Pillow's names. A MPO is a JPEG with more pictures behind the first.
FORMATS = {"JPEG", "MPO", "PNG", "WEBP", "GIF", "TIFF"}
# Vectors of the same pixels are closer; other ways of making a picture smaller cost up to this much.
ALIKE = 0.97
# As the built-in model sees transparent parts.
BACKGROUND = (255, 255, 255, 255)


def by_pillow(content):
    """The format, the first frame upright as PNG, and nothing; or the format, None and what Pillow says."""
    from PIL import Image, ImageOps

    kind = "unknown"
    try:
        with Image.open(io.BytesIO(content)) as picture:
            kind = picture.format
            if picture.width * picture.height > 1 << 24:
                picture.load()
                return kind, b"", None
            picture.load()
            if picture.mode in ("I", "I;16", "I;16B", "I;16L", "I;16N", "F"):
                # To 8 bits by cutting: Pillow's conversion keeps 255 and what is above.
                return kind, b"", None
            flat = ImageOps.exif_transpose(picture).convert("RGBA")
            flat = Image.alpha_composite(Image.new("RGBA", flat.size, BACKGROUND), flat).convert("RGB")
            file = io.BytesIO()
            flat.save(file, "PNG")
            return kind, file.getvalue(), None
    except Exception as error:  # Pillow raises whatever its readers do
        return kind, None, f"{type(error).__name__}: {error}"


def by_server(port, content):
    """The vector, or the code and the message of the refusal."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", "/embed", content, {"Content-Type": "application/octet-stream"})
        answer = connection.getresponse()
        body = json.loads(answer.read())
    finally:
        connection.close()
    if answer.status != 200:
        error = body["error"]
        return None, f"{answer.status} {error['code']}: {error['message']}"
    return body["embedding"], None


def cosine(left, right):
    dot = sum(a * b for a, b in zip(left, right))
    return dot / math.sqrt(sum(a * a for a in left) * sum(b * b for b in right))


def compare(port, content):
    """What the two make of a file: a kind of outcome, and what was said."""
    kind, pixels, refused = by_pillow(content)
    vector, said = by_server(port, content)
    if pixels is None:
        return kind, ("only here" if vector else "by neither"), said or refused
    if vector is None:
        return kind, "only by Pillow", said
    if not pixels:
        return kind, "by both", ""
    other, said = by_server(port, pixels)
    likeness = cosine(vector, other) if other else 0
    return kind, ("by both" if likeness >= ALIKE else "unlike"), said or f"{likeness:.3f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    add_options(parser, limit=1_200)
    options = parser.parse_args()
    environments.use("pictures", ROOT / "Tools" / "requirements-pictures.txt")
    warnings.simplefilter("ignore")
    counts, kinds = Counter(), Counter()
    with limited(options), tempfile.TemporaryDirectory() as folder:
        with Server(program(options), Path(folder) / "data") as server:
            server.start()
            for path in sorted(path for path in options.folder.rglob("*") if path.is_file()):
                kind, outcome, said = compare(server.port, path.read_bytes())
                # What is no picture to Pillow is one of ours by its suffix at most.
                kinds[kind if kind in FORMATS else "other", outcome] += 1
                counts[outcome] += 1
                if outcome == "unlike" or outcome == "only here" or kind in FORMATS and outcome == "only by Pillow":
                    print(f"{outcome:14} {kind:8} {path.relative_to(options.folder)}  {said}", flush=True)
    for (kind, outcome), count in sorted(kinds.items()):
        print(f"{kind:8} {outcome:14} {count:5}")
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
