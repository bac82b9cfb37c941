#!/usr/bin/env python3
"""Runs the commands of pages literally, each page against a fresh server, and compares what the pages show.

    python3 Tools/pages_test.py [--hearth .build/release/hearth] [--models FOLDER] [PAGE …]

The blocks of a page (sh, python, js) run in their order, those of sh in one shell, in a copy of the sample folders.
Only the server's port is another. A line that begins with `#> ` (`//> ` in JavaScript) is what the block prints: those
of a block must come in its output in their order; `…` stands for anything. Lines of a table with a command (`curl …`)
run after the blocks. Blocks that build, serve or install (`make …`, `hearth serve`, `pip install …`) are not run here.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import environments
from client_test import wait_until_warm
from crash.server import ROOT, Server
from crash.trial import add_options, limited, program

PAGES = ["README.md", "docs/building-apps.md", "docs/studio.md", "clients/python/README.md"]
PORT = "8420"
LANGUAGES = {"sh": "#> ", "python": "#> ", "js": "//> "}
# Servers, what `.ci/run` runs by itself, and what is installed already.
ELSEWHERE = re.compile(r"\s*(make|hearth serve|pip install)\b")
# A page's commands end by themselves within this.
SECONDS = 50


class Block:
    """Commands of a page, and what they print."""

    def __init__(self, language, line, text):
        self.language, self.line, self.text = language, line, text
        mark = LANGUAGES[language]
        self.shown = [found.strip()[len(mark):] for found in text.splitlines() if found.strip().startswith(mark)]

    @property
    def is_elsewhere(self):
        commands = [line for line in self.text.splitlines() if line.strip() and not line.strip().startswith("#")]
        return self.language == "sh" and all(ELSEWHERE.match(command) for command in commands)


def blocks_of(page):
    """The blocks of a page in a language that is run."""
    found = re.finditer(r"^```(\w+)[^\n]*\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [Block(match[1], page.count("\n", 0, match.start()) + 2, match[2])
            for match in found if match[1] in LANGUAGES]


def table_commands(page):
    """The commands in the tables of a page."""
    return [command for line in page.splitlines() if line.startswith("|")
            for command in re.findall(r"`(curl [^`]+)`", line)]


def pattern(shown):
    return re.compile(".*".join(re.escape(part) for part in shown.split("…")))


def missing(block, output):
    """The first line that the page shows and the block did not print; None: all came, in their order."""
    lines = iter(output.splitlines())
    for shown in block.shown:
        wanted = pattern(shown)
        if not any(wanted.fullmatch(line.rstrip()) for line in lines):
            return shown
    return None


def node_command():
    """How JavaScript is run; None, and why it is not.
    - Returns: the command, and the reason."""
    node = shutil.which("node")
    if node is None:
        return None, "there is no node on this machine"
    version = tuple(int(part) for part in subprocess.check_output([node, "--version"], text=True)[1:].split("."))
    if version >= (22,):
        return [node], None
    if version >= (20, 10):
        return [node, "--experimental-websocket"], None
    return None, f"node {'.'.join(map(str, version))} has no WebSocket; it takes 20.10"


class Shell:
    """One shell for a page, so that its variables and its folder last."""

    def __init__(self, folder, hearth):
        path = os.pathsep.join([str(Path(sys.executable).parent), str(hearth.parent), os.environ["PATH"]])
        environment = {name: text for name, text in os.environ.items() if not name.startswith("HEARTH_")}
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=folder, env=environment | {"PATH": path}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, text):
        """- Returns: the exit code of the last command, and what was printed."""
        mark = "--- end of block"
        self.process.stdin.write(f"{text}\nblock_code=$?; echo; echo '{mark}' $block_code\n")
        self.process.stdin.flush()
        output = []
        for line in self.process.stdout:
            if line.startswith(mark):
                return int(line.split()[-1]), "".join(output)
            output.append(line)
        return self.process.wait(), "".join(output)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def run_page(name, options, folder):
    """Runs a page against a fresh server.
    - Returns: what differs."""
    page = (ROOT / name).read_text()
    for samples in ("Samples", "SampleProducts"):
        shutil.copytree(ROOT / samples, folder / samples)
    node, reason = node_command()
    environment = {"HEARTH_MODELS": str(options.models.resolve())} if options.models else {}
    with Server(program(options), folder / "server" / "data", environment) as server:
        server.start()
        shell = Shell(folder, program(options))

        def run(text):
            code, output = shell.run(text.replace(f":{PORT}", f":{server.port}").replace(
                f"port={PORT}", f"port={server.port}"))
            return code, output

        failures = []
        for number, block in enumerate(blocks_of(page)):
            where = f"{name}:{block.line}"
            if block.is_elsewhere or block.language == "js" and node is None:
                why = reason if block.language == "js" else "it builds, serves or installs"
                print(f"  not run {where}: {why}", flush=True)
                continue
            text = block.text
            if block.language != "sh":
                suffix, command = (".py", [sys.executable]) if block.language == "python" else (".mjs", node)
                script = folder / f"block-{number}{suffix}"
                script.write_text(text.replace(f":{PORT}", f":{server.port}"))
                text = " ".join([*map(str, command), str(script)])
            code, output = run(text)
            absent = missing(block, output)
            print(f"  {'ok' if code == 0 and absent is None else 'FAILED'}  {where} ({block.language})", flush=True)
            if code != 0 or absent is not None:
                failures.append(f"{where}: exit code {code}, missing {absent!r}, in:\n{output}")
        failures += run_tables(name, page, run, server)
        shell.end()
    return failures


def run_tables(name, page, run, server):
    commands = table_commands(page)
    if not commands:
        return []
    wait_until_warm(server, 30)
    if b"all-minilm" not in server.call("GET", "/v1/models")[1]:
        print(f"  not run {name}: {len(commands)} commands of tables, which need all-minilm-l6-v2 (--models)")
        return []
    failures = []
    for command in commands:
        _, output = run(f"B=http://127.0.0.1:{PORT}; {command.replace('curl ', 'curl -s --fail-with-body ', 1)}")
        is_good = "[" in output and '"error"' not in output
        print(f"  {'ok' if is_good else 'FAILED'}  {command[:90]}", flush=True)
        if not is_good:
            failures.append(f"{command}: {output[:500]}")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, help="folder with model folders in it")
    parser.add_argument("pages", nargs="*", default=PAGES, metavar="PAGE")
    add_options(parser, limit=3 * SECONDS)
    options = parser.parse_args()
    environments.use_python_client()
    failures = []
    with limited(options):
        for name in options.pages:
            with tempfile.TemporaryDirectory(prefix="hearth-pages-") as folder:
                failures += run_page(name, options, Path(folder))
    for failure in failures:
        print(f"FAILED {failure}")
    print("the pages do what they show" if not failures else f"{len(failures)} blocks differ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
