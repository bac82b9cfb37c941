#!/usr/bin/env python3
"""Runs real clients of each protocol against a Hearth server of its own.

    python3 Tools/client_test.py [--hearth .build/release/hearth] [--models FOLDER] [--shared FOLDER] [NAME …]

Each file Tools/clients/NAME_checks.py has `run(url, shared)`, which prints a line for each check that holds and returns
what failed. The clients are installed into .deps/clients (Tools/requirements-clients.txt). FOLDER of --models holds
model folders; FOLDER of --shared holds data/text and data/image-goldens: without it, vectors are not compared.
"""

import argparse
import importlib
import sys
import tempfile
import time
import traceback
from pathlib import Path

import environments
from crash.server import ROOT, Server
from crash.trial import add_options, limited, program

REQUIREMENTS = ROOT / "Tools" / "requirements-clients.txt"


def wait_until_warm(server, seconds):
    """Until every model is where it should be, or will not be there soon."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        status, body = server.call("GET", "/health/warm")
        if status == 200:
            return
        time.sleep(0.1)
    print(f"The models are not warm: {body.decode()[:400]}", flush=True)


def run_all(url, shared, names):
    """Runs each file of checks; returns what failed."""
    sys.path.insert(0, str(ROOT / "Tools" / "clients"))
    failures = []
    for path in sorted((ROOT / "Tools" / "clients").glob("*_checks.py")):
        name = path.stem.removesuffix("_checks")
        if names and name not in names:
            continue
        try:
            failures += importlib.import_module(path.stem).run(url, shared)
        except Exception as error:  # A client that gives up is a failed check, and the others still run.
            traceback.print_exc()
            failures.append(f"{name}: {error!r}")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", help="folder with model folders in it")
    parser.add_argument("--shared", type=Path, help="folder with goldens in it")
    parser.add_argument("names", nargs="*", help="only these protocols")
    add_options(parser, limit=900)
    options = parser.parse_args()
    environments.use("clients", REQUIREMENTS)
    environment = {"HEARTH_MODELS": str(Path(options.models).resolve())} if options.models else {}
    with limited(options), tempfile.TemporaryDirectory(prefix="hearth-clients-") as folder:
        with Server(program(options), Path(folder) / "data", environment) as server:
            server.start()
            wait_until_warm(server, 60)
            failures = run_all(f"http://127.0.0.1:{server.port}", options.shared, options.names)
    for failure in failures:
        print(f"FAILED {failure}")
    print("every client is served" if not failures else f"{len(failures)} checks failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
