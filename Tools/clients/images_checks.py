"""OpenAI's own Python client asks a Hearth server for pictures."""

import base64
import pathlib
import struct
import uuid

import httpx
import openai
from goldens import checker

# A PNG of one pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")


def size(picture: bytes) -> tuple[int, int]:
    """Width and height in the header of a PNG."""
    return struct.unpack(">II", picture[16:24]) if picture[:8] == b"\x89PNG\r\n\x1a\n" else (0, 0)


def check_generations(client, expect):
    made = client.images.generate(
        model="gpt-image-1", prompt="a red lantern", size="1024x1024", quality="high", user="me")
    picture = base64.b64decode(made.data[0].b64_json)
    expect("gpt-image-1 answers a picture in base64", size(picture) == (1024, 1024))
    expect("the picture has its address and job", bool(made.data[0].url) and bool(made.data[0].job_id))
    with httpx.Client(timeout=60) as plain:
        expect("the address answers the same bytes", plain.get(made.data[0].url).content == picture)
    url = client.images.generate(model="dall-e-3", prompt="a red lantern", size="1024x1024")
    expect("dall-e-3 answers an address", url.data[0].b64_json is None and bool(url.data[0].url))
    many = client.images.generate(prompt="a red lantern", n=2)
    expect("n pictures", len(many.data) == 2 and many.data[0].output_id != many.data[1].output_id)
    own = client.images.generate(
        prompt="a red lantern", extra_body={"seed": 7, "style_preset": "manga", "reference_weight": 0.5})
    expect("fields of Hearth's own", own.data[0].seed == 7)


def check_keys(client, expect):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    first = client.images.generate(prompt="a red lantern", extra_headers=headers)
    again = client.images.generate(prompt="a red lantern", extra_headers=headers)
    expect("the same call with the same key answers the same picture",
           first.data[0].output_id == again.data[0].output_id and first.data[0].b64_json == again.data[0].b64_json)
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    try:
        client.with_options(timeout=0.05).images.generate(prompt="a lost lantern", extra_headers=headers)
    except openai.APITimeoutError:
        pass
    kept = client.images.generate(prompt="a lost lantern", extra_headers=headers)
    expect("a call that was cut off is answered by its repetition", bool(kept.data[0].b64_json))


def check_streams(client, expect):
    events = list(client.images.generate(
        model="gpt-image-1", prompt="a red lantern", stream=True, partial_images=2))
    partial = [event for event in events if event.type == "image_generation.partial_image"]
    expect("a stream ends with the picture", events[-1].type == "image_generation.completed")
    expect("its picture is whole", size(base64.b64decode(events[-1].b64_json)) != (0, 0))
    expect("partial pictures are counted from 0",
           [event.partial_image_index for event in partial] == list(range(len(partial))) and len(partial) <= 2)


def check_errors(client, expect):
    def refused(what, kind, code, **fields):
        try:
            client.images.generate(**fields)
        except kind as error:
            expect(f"{what} is refused as {code}", error.code == code and bool(error.message))
        else:
            expect(f"{what} is refused as {code}", False)

    refused("an unknown model", openai.NotFoundError, "model_not_found", model="gpt-image-9", prompt="a")
    refused("a size that is none", openai.BadRequestError, "invalid_request", prompt="a", size="huge")
    refused("too many pictures", openai.BadRequestError, "invalid_request", prompt="a", n=1_000)
    refused("an unknown character", openai.NotFoundError, "not_found", prompt="a",
            extra_body={"character": "Nemo"})
    refused("an empty prompt", openai.BadRequestError, "invalid_request", prompt="")


def check_edits(client, expect):
    try:
        made = client.images.edit(model="gpt-image-1", image=[PIXEL, PIXEL], mask=PIXEL, prompt="a hat")
        expect("an edit answers a picture", bool(made.data[0].b64_json))
    except openai.APIStatusError as error:
        # A generator that changes no pictures refuses, and says so.
        expect("an edit is refused with its reason",
               error.status_code == 400 and "changes no pictures" in error.message)


def run(url: str, shared: pathlib.Path | None) -> list[str]:
    """Runs all checks and returns what failed."""
    expect, failures = checker("images")
    for prefix in ["v1", "v3"]:
        with openai.OpenAI(base_url=f"{url}/{prefix}", api_key="none", max_retries=0) as client:
            check_generations(client, expect)
            check_keys(client, expect)
            check_streams(client, expect)
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        check_errors(client, expect)
        check_edits(client, expect)
    return failures
