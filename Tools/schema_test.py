#!/usr/bin/env python3
"""Sends what /openapi.json allows and what it does not, and compares the answers with what it says.

    python3 Tools/schema_test.py [--hearth .build/release/hearth] [--seed 1] [--examples 4] [--only PATH]

schemathesis makes the requests (Tools/requirements-schemas.txt, installed into .deps/schemas). It finds requests
that break the schema and are accepted, answers that are not described, errors of the server, and a wrong `Allow`.
It also finds requests that fit it and are refused. Tools/schemas/ makes the values that schemas cannot describe, and
lists the operations that may refuse what fits, each with its reason.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import environments
from crash.server import ROOT, Server
from crash.trial import add_options, add_seed, limited, program, seed_of

RULES = ROOT / "Tools" / "schemas"


def admin_key(hearth, data):
    """A key that may do everything; with it the server answers whatever keys the requests make."""
    made = subprocess.run([hearth, "keys", "create", "schemas", "--permission", "admin", "--data", str(data), "--json"],
                          capture_output=True, text=True, check=True)
    return json.loads(made.stdout)["secret"]


def description(server, key):
    """What the server says of itself, without the ways to show a key, and without the WebSocket."""
    status, body = server.call("GET", "/openapi.json", headers={"Authorization": f"Bearer {key}"})
    if status != 200:
        raise SystemExit(f"/openapi.json is answered by {status}: {body[:200]}")
    document = json.loads(body)
    document["components"].pop("securitySchemes", None)
    document["paths"].pop("/ws/{job_id}", None)
    for path in document["paths"].values():
        for operation in path.values():
            operation.pop("security", None)
    return document


def run(server, key, options, seed, folder):
    """Runs schemathesis; returns its exit code and what it printed."""
    document = folder / "openapi.json"
    document.write_text(json.dumps(description(server, key)))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(RULES / "schemathesis.toml"), "run",
               str(document), "--url", f"http://127.0.0.1:{server.port}", "-H", f"Authorization: Bearer {key}",
               "--phases", "examples,coverage,fuzzing",
               "--seed", str(seed), "--max-examples", str(options.examples), "--generation-database", "none",
               "--continue-on-failure", "--warnings", "off",
               "--output-truncate", "false"]
    if options.only:
        command += ["--include-path-regex", options.only]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(RULES)}
    done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    return done.returncode, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=4, help="random requests to each operation")
    parser.add_argument("--only", metavar="REGEX", help="paths that fit")
    add_seed(parser)
    add_options(parser, limit=240)
    options = parser.parse_args()
    environments.use("schemas", ROOT / "Tools" / "requirements-schemas.txt")
    seed = seed_of(options)
    with limited(options), tempfile.TemporaryDirectory(prefix="hearth-schemas-") as name:
        folder = Path(name)
        with Server(program(options), folder / "data") as server:
            server.start()
            key = admin_key(program(options), folder / "data")
            # The server looks for new keys every second.
            time.sleep(2)
            code, output = run(server, key, options, seed, folder)
    print(output if code else output[-800:], flush=True)
    found = re.findall(r"^\s+❌ (ST\d+ .*)$", output, re.MULTILINE)
    print(f"seed {seed}: {'; '.join(found)}" if code else f"seed {seed}: every answer is as described")
    return 1 if code else 0


if __name__ == "__main__":
    sys.exit(main())
