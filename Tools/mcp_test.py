#!/usr/bin/env python3
"""Runs real clients of the Model Context Protocol against `hearth mcp` and `/mcp`.

    python3 Tools/mcp_test.py [--hearth .build/release/hearth] [--calls 200] [NAME …]

The official Python client in its three modes (auto, legacy, 2026-07-28) and FastMCP's client, each over standard input
and output and over HTTP; then the first line of a cold start, calls in flight, and how long a registration takes. Each
file Tools/mcp_checks/NAME_checks.py has `run(place)`, which prints a line for each check that holds and returns what
failed.
The clients are installed into .deps/mcp (Tools/requirements-mcp.txt).
"""

import argparse
import importlib
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

import environments
from crash.server import ROOT, Server
from crash.trial import add_options, limited, program

REQUIREMENTS = ROOT / "Tools" / "requirements-mcp.txt"


class Place:
    """Where a run's programs, data and pictures are."""

    def __init__(self, hearth, folder, server, calls):
        self.hearth, self.folder, self.server, self.calls = hearth, folder, server, calls
        self.url = f"http://127.0.0.1:{server.port}"
        self.pictures = folder / "pictures"
        self.pictures.mkdir()
        samples = sorted((ROOT / "Samples").glob("*/*/*.jpg"))
        for number, sample in enumerate(samples[:4]):
            (self.pictures / f"picture-{number}.jpg").write_bytes(sample.read_bytes())
        (folder / "secret.jpg").write_bytes(samples[0].read_bytes())
        (self.pictures / "escape.jpg").symlink_to(folder / "secret.jpg")

    def environment(self, data=None):
        """The variables of a `hearth mcp`; of its own data folder when one is named."""
        variables = {key: value for key, value in os.environ.items() if not key.startswith("HEARTH_")}
        return variables | {"HEARTH_DATA": str(data or self.server.data), "HEARTH_MCP_FOLDERS": str(self.pictures)}

    def end_server_of(self, data):
        """Ends the server that a `hearth mcp` has started for a data folder."""
        note = data / "run" / "server.json"
        # Its client may have ended before the server was there.
        end = time.monotonic() + 10
        while not note.exists():
            if time.monotonic() > end:
                return
            time.sleep(0.02)
        pid = json.loads(note.read_text())["pid"]
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 30
        while note.exists() and time.monotonic() < end:
            time.sleep(0.02)


def run_all(place, names):
    """Runs each file of checks; returns what failed."""
    sys.path.insert(0, str(ROOT / "Tools" / "mcp_checks"))
    failures = []
    for path in sorted((ROOT / "Tools" / "mcp_checks").glob("*_checks.py")):
        name = path.stem.removesuffix("_checks")
        if names and name not in names:
            continue
        try:
            failures += importlib.import_module(path.stem).run(place)
        except BaseException as error:  # A client that gives up is a failed check, and the others still run.
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            traceback.print_exc()
            failures.append(f"{name}: {error!r}")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only these files of checks")
    parser.add_argument("--calls", type=int, default=200, help="calls in flight")
    add_options(parser, limit=600)
    options = parser.parse_args()
    environments.use("mcp", REQUIREMENTS)
    with limited(options), tempfile.TemporaryDirectory(prefix="hearth-mcp-") as folder:
        with Server(program(options), Path(folder) / "data") as server:
            server.start()
            failures = run_all(Place(program(options), Path(folder), server, options.calls), options.names)
    for failure in failures:
        print(f"FAILED {failure}")
    print("every MCP client is served" if not failures else f"{len(failures)} checks failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
