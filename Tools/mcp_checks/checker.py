"""What the files of checks share."""

import base64


def checker(name):
    """A function that notes and prints what holds, and the list of what does not."""
    failures = []

    def expect(what, holds):
        if holds:
            print(f"  ok {name}: {what}", flush=True)
        else:
            failures.append(f"{name}: {what}")

    return expect, failures


def texts(result):
    """The texts of a tool's result."""
    return [part.text for part in result.content if part.type == "text"]


def holds_base64(result, picture):
    """Whether a text of a result has the beginning of a picture in it."""
    start = base64.b64encode(picture[:60]).decode()
    return any(start in text for text in texts(result))
