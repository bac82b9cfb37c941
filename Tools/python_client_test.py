#!/usr/bin/env python3
"""Tries the Python client (clients/python) against a Hearth server of its own.

    python3 Tools/python_client_test.py [--hearth .build/release/hearth]

The package is installed into .deps/python-client as its users install it. Its types are checked by mypy, its methods
against the server's /openapi.json, and its tests run against the server.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import environments
from crash.server import ROOT, Server
from crash.trial import add_options, limited, program

PACKAGE = ROOT / "clients" / "python"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, limit=120)
    options = parser.parse_args()
    environments.use_python_client()
    failures = []

    def run(what, *command, **environment):
        print(f"{what}:", flush=True)
        # Outside of the package's folder, so that what is installed is tested and not what lies there.
        if subprocess.run([sys.executable, *command], cwd=folder, env=os.environ | environment).returncode != 0:
            failures.append(what)

    with limited(options), tempfile.TemporaryDirectory(prefix="hearth-python-client-") as folder:
        with Server(program(options), Path(folder) / "data") as server:
            server.start()
            url = f"http://127.0.0.1:{server.port}"
            run("types", "-m", "mypy", "--config-file", str(PACKAGE / "pyproject.toml"))
            run("tests", "-m", "unittest", "discover", "-s", str(PACKAGE / "tests"), HEARTH_URL=url,
                HEARTH_SAMPLES=str(ROOT))
    print("the Python client fits the server" if not failures else f"failed: {', '.join(failures)}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
