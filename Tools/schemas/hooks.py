"""Values of the formats that /openapi.json names and JSON Schema does not, for requests that are to be accepted."""

import base64

import schemathesis
from hypothesis import strategies

LETTERS = "abcdefghijklmnopqrstuvwxyzABCXYZ0189"


def picture(number):
    """A GIF of one pixel in a colour of its own."""
    colours = [0x80, 0, 0, number, 7, 7, 0, 0, 0]
    return b"GIF89a" + bytes([1, 0, 1, 0, *colours, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B])


pictures = strategies.integers(0, 255).map(picture)
words = strategies.text(LETTERS, min_size=1, max_size=12)

schemathesis.openapi.format("picture", pictures)
schemathesis.openapi.format("picture-base64", pictures.map(lambda bytes: base64.b64encode(bytes).decode()))
schemathesis.openapi.format("base64", strategies.binary(min_size=1, max_size=40).map(
    lambda bytes: base64.b64encode(bytes).decode()))
for name in ("name", "tenant", "word", "attribute-name", "duration"):
    schemathesis.openapi.format(name, words if name != "duration" else strategies.sampled_from(["5m", "90s", "-1"]))
schemathesis.openapi.media_type("image/*", pictures)
