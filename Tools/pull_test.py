#!/usr/bin/env python3
"""Downloads with the real `hearth` from a real HTTP server that cuts, stalls, lies and redirects.

    python3 Tools/pull_test.py [--hearth .build/release/hearth] [--limit 300]

Each case is a model of a catalogue of its own, served under its own path on a loopback port. Nothing leaves the
machine.
Python's standard library only. Exit code 0: every case ended as it must; 1: those that did not are shown.
"""

import argparse
import gzip
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from crash.trial import add_options, limited, program

SIZE = 3 << 20
BODY = random.Random(7).randbytes(SIZE)
OTHER = random.Random(8).randbytes(SIZE)
SHA256 = hashlib.sha256(BODY).hexdigest()
HALF = SIZE // 2


class Server:
    """One thread a connection; what is sent depends on the first part of the path."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.requests = []
        self.lock = threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:  # It was closed: the test has ended.
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            try:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    head += piece
                self.answer(connection, head.decode("latin-1"))
            except OSError:
                pass

    def answer(self, connection, text):
        lines = text.split("\r\n")
        path = lines[0].split(" ")[1]
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
        case = path.split("/")[1]
        with self.lock:
            count = sum(1 for other, _ in self.requests if other == case)
            self.requests.append((case, headers))
        start = int(headers.get("range", "bytes=0-")[6:-1] or 0)
        getattr(self, case.replace("-", "_"), self.plain)(connection, start, headers, count)

    def asked(self, case):
        with self.lock:
            return [headers for other, headers in self.requests if other == case]

    @staticmethod
    def send(connection, status, headers, body=b""):
        fields = {"connection": "close", "content-length": len(body), **headers}
        text = f"HTTP/1.1 {status} Answer\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items() if v is not None)
        connection.sendall(text.encode() + b"\r\n" + body)

    def part(self, connection, start, headers=None, upto=SIZE, tag='"one"', body=BODY):
        """From `start` on, as a good server sends it, but only up to a byte."""
        fields = {"etag": tag, "content-length": SIZE - start, **(headers or {})}
        if start:
            fields["content-range"] = f"bytes {start}-{SIZE - 1}/{SIZE}"
        self.send(connection, 206 if start else 200, fields, body[start:upto])

    def plain(self, connection, start, headers, count):
        self.part(connection, start)

    def cuts(self, connection, start, headers, count):
        self.part(connection, start, upto=min(start + SIZE // 4 + 1, SIZE))

    def ignores_range(self, connection, start, headers, count):
        self.part(connection, 0, upto=HALF if count == 0 else SIZE)

    def changes(self, connection, start, headers, count):
        # The file is replaced after the first answer was cut; If-Range no longer holds.
        if count == 0:
            return self.part(connection, 0, upto=HALF, tag='"old"', body=OTHER)
        assert headers.get("if-range", '"old"') == '"old"'
        self.part(connection, 0)

    def mixes(self, connection, start, headers, count):
        # The file is replaced, and the server goes on with the other one all the same.
        self.part(connection, start, upto=HALF if count == 0 else SIZE, tag=None, body=OTHER if count == 0 else BODY)

    def unavailable(self, connection, start, headers, count):
        if count < 2:
            return self.send(connection, 503, {"retry-after": "1"}, b"later")
        self.part(connection, start)

    def announces_more(self, connection, start, headers, count):
        self.send(connection, 200, {"etag": '"one"', "content-length": SIZE + 100}, BODY)

    def announces_less(self, connection, start, headers, count):
        self.send(connection, 200, {"etag": '"one"', "content-length": SIZE - 100}, BODY)

    def pads(self, connection, start, headers, count):
        # Says nothing about the length, sends more and more.
        self.send(connection, 200, {"content-length": None}, BODY + b"x" * 100)

    def wrong(self, connection, start, headers, count):
        self.part(connection, start, body=OTHER)

    def compresses(self, connection, start, headers, count):
        assert headers.get("accept-encoding") == "identity"
        self.send(connection, 200, {"content-encoding": "gzip"}, gzip.compress(BODY, 1))

    def missing(self, connection, start, headers, count):
        self.send(connection, 404, {}, b"no")

    def locked(self, connection, start, headers, count):
        self.send(connection, 401, {}, b"no")

    def circles(self, connection, start, headers, count):
        self.send(connection, 302, {"location": "/circles/graph.onnx"})

    def moved(self, connection, start, headers, count):
        self.send(connection, 307, {"location": "../plain/graph.onnx"})

    def complete(self, connection, start, headers, count):
        # Cuts exactly at the end of an answer without length; what follows is a 416.
        if start >= SIZE:
            return self.send(connection, 416, {"content-range": f"bytes */{SIZE}"})
        self.part(connection, start)

    def huge(self, connection, start, headers, count):
        self.send(connection, 200, {"content-length": 1 << 50}, b"x")

    def drips(self, connection, start, headers, count):
        rest = BODY[start:]
        head = {"etag": '"one"', "content-length": len(rest)}
        if start:
            head["content-range"] = f"bytes {start}-{SIZE - 1}/{SIZE}"
        text = f"HTTP/1.1 {206 if start else 200} Answer\r\n" + "".join(f"{k}: {v}\r\n" for k, v in head.items())
        connection.sendall(text.encode() + b"\r\n")
        for at in range(0, len(rest), 32 << 10):
            connection.sendall(rest[at : at + (32 << 10)])
            time.sleep(0.02)

    killed = drips


def catalogue(base):
    image = {
        "width": 8, "height": 8, "resize": "cover", "interpolation": "bicubic", "channels": "RGB", "layout": "NCHW",
        "scale": 1, "mean": [0, 0, 0], "std": [1, 1, 1],
    }

    def entry(name, commercial=True, digest=True, size=True):
        file = {"path": f"{name}/graph.onnx", "name": "graph.onnx"}
        if digest:
            file["sha256"] = SHA256
        if size:
            file["bytes"] = SIZE
        return {
            "name": name, "summary": "A test.", "licence": "MIT" if commercial else "CC-BY-NC-4.0",
            "commercial": commercial, "revision": "1", "base": f"{base}/", "files": [file],
            "manifest": {
                "id": name, "kind": "image-embedding", "description": "A test.",
                "licence": "MIT" if commercial else "CC-BY-NC-4.0", "commercial": commercial, "source": "here",
                "weights": "graph.onnx", "image": image, "output": {"dims": 4, "normalise": True},
            },
        }

    known = [
        "plain", "cuts", "ignores-range", "changes", "mixes", "unavailable", "announces-more", "announces-less", "wrong",
        "compresses", "missing", "locked", "circles", "moved", "complete", "drips", "killed", "again", "offline",
    ]
    entries = [entry(name) for name in known]
    entries += [entry("non-commercial", commercial=False), entry("pinned", digest=False, size=False)]
    entries += [entry(name, size=False) for name in ["huge", "pads"]]
    entries += [entry("unmeasured", digest=False, size=False)]
    return {"models": entries}


class Run:
    def __init__(self, hearth, server):
        self.server = server
        self.hearth = hearth
        self.folder = Path(tempfile.mkdtemp(prefix="hearth-pull-"))
        self.models = self.folder / "data" / "models"
        built_in = self.folder / "ModelFolders"
        shutil.copytree(Path(__file__).resolve().parent.parent / "ModelFolders" / "scatter", built_in / "scatter")
        (built_in / "downloads.json").write_text(json.dumps(catalogue(server.base)))
        self.environment = {
            key: value for key, value in os.environ.items() if not key.startswith("HEARTH_")
        } | {"HEARTH_BUILT_IN_MODELS": str(built_in), "HEARTH_DATA": str(self.folder / "data")}
        self.failures = 0
        self.started = []

    def start(self, *arguments, **environment):
        process = subprocess.Popen(
            [self.hearth, "models", *arguments], env=self.environment | environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        self.started.append(process)
        return process

    def end(self):
        """Ends what still runs, and removes the files."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.server.socket.close()
        shutil.rmtree(self.folder)

    def call(self, *arguments, **environment):
        process = self.start(*arguments, **environment)
        output, _ = process.communicate(timeout=60)
        return process.returncode, output

    def check(self, what, holds, output=""):
        print(f"{'ok' if holds else 'FAILED':7} {what}", flush=True)
        if not holds:
            self.failures += 1
            print(output)

    def is_whole(self, name):
        file = self.models / name / "graph.onnx"
        if not file.exists() or file.read_bytes() != BODY:
            return False
        manifest = json.loads((self.models / name / "model.json").read_text())
        left = [path.name for path in (self.models / name).iterdir()]
        return manifest["files"] == {"graph.onnx": SHA256} and sorted(left) == ["graph.onnx", "model.json"]

    def is_absent(self, name):
        return not (self.models / name).exists()

    def good(self, name, what, *arguments):
        code, output = self.call("pull", name, *arguments)
        self.check(what, code == 0 and self.is_whole(name), output)
        return output

    def bad(self, name, what, words, *arguments, **environment):
        code, output = self.call("pull", name, *arguments, **environment)
        holds = code != 0 and self.is_absent(name) and words in output
        self.check(what, holds, output)
        return output


def successes(run):
    output = run.good("plain", "a plain download")
    run.check("its licence is shown first", output.index("Licence  MIT") < output.index("graph.onnx:"), output)
    code, output = run.call("pull", "plain", "--offline")
    run.check("it is there already, offline too", code == 0 and "there already" in output, output)
    run.good("cuts", "cut every quarter, resumed")
    ranges = [headers.get("range") for headers in run.server.asked("cuts")]
    run.check("each attempt asks for the rest only", ranges[0] is None and len(set(ranges)) == len(ranges) > 3, ranges)
    run.check("and only if the file is the same", run.server.asked("cuts")[1].get("if-range") == '"one"')
    run.good("ignores-range", "a server that ignores Range")
    run.good("changes", "a file that changes between attempts")
    run.good("mixes", "a server that goes on with another file: once more from the start")
    run.good("unavailable", "503 twice, then the file")
    run.good("moved", "a relative redirect")
    run.good("drips", "a slow drip")
    output = run.good("pinned", "a file without a known digest")
    run.check("its digest is pinned, and that is said", "pinned in model.json" in output, output)


def refusals(run):
    run.bad("announces-more", "a Content-Length that is too long", "announces")
    run.bad("announces-less", "a Content-Length that is too short", "announces")
    run.bad("pads", "more bytes than the file has", "SHA-256 is")
    output = run.bad("wrong", "other bytes", "SHA-256 is")
    run.check("expected and actual digest are said", SHA256 in output, output)
    run.check("nothing of them is kept", not list((run.models / ".incoming").glob("wrong/*")))
    run.bad("compresses", "gzip that was not requested", "compressed")
    run.bad("missing", "404", "There is no graph.onnx")
    run.bad("locked", "401", "login")
    run.bad("circles", "redirects without end", "more than 5 times")
    run.bad("huge", "a length beyond every limit", "are allowed")
    run.bad("non-commercial", "a non-commercial licence", "forbids commercial use")
    run.good("non-commercial", "the same, allowed", "--allow-non-commercial")
    run.bad("offline", "offline by flag", "offline", "--offline")
    run.bad("offline", "offline by variable", "offline", HEARTH_OFFLINE="true")
    run.bad("offline", "an address that is no mirror", "no address", HEARTH_MODEL_MIRROR="nonsense")
    code, output = run.call("pull", f"{run.server.base}/plain")
    run.check("an address without model.json", code != 0, output)


def kills(run):
    process = run.start("pull", "killed")
    part = run.models / ".incoming" / "killed" / "graph.onnx.part"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (part.exists() and part.stat().st_size > SIZE // 3):
        time.sleep(0.01)
    code, output = run.call("pull", "killed")
    run.check("two at once: the second is refused", code != 0 and "Another process" in output, output)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = part.stat().st_size if part.exists() else 0
    run.check(f"killed at {kept} of {SIZE} bytes: nothing is installed", 0 < kept < SIZE and run.is_absent("killed"))
    run.good("killed", "the same command goes on")
    run.check("from the byte where it stopped", run.server.asked("killed")[-1].get("range") == f"bytes={kept}-",
              run.server.asked("killed"))


def replaces(run):
    run.good("again", "a model that is there")
    (run.models / "again" / "graph.onnx").write_bytes(b"damaged")
    code, output = run.call("verify", "again", "--files-only")
    run.check("damage shows", code == 1, output)
    code, output = run.call("pull", "again")
    run.check("a damaged model is not overwritten silently", code != 0 and "--force" in output, output)
    run.good("again", "it is by --force", "--force")
    left = [path.name for path in (run.models / ".incoming").iterdir() if path.name.startswith("replaced")]
    run.check("the old one is gone", left == [], left)
    code, output = run.call("pull", "again", "--id", "twin", HEARTH_MODEL_MIRROR=f"{run.server.base}/")
    mirrored = len(run.server.asked(f"127.0.0.1:{run.server.port}"))
    holds = code == 0 and run.is_whole("twin") and mirrored == 1
    run.check("through a mirror, the host becomes a folder", holds, output)
    code, output = run.call("remove", "again", "--yes")
    run.check("and removed", code == 0 and run.is_absent("again"), output)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser, limit=300)
    arguments = parser.parse_args()
    with limited(arguments):
        run = Run(str(program(arguments)), Server())
        try:
            for part in [successes, refusals, kills, replaces]:
                part(run)
        finally:
            run.end()
    print(f"{run.failures} failed" if run.failures else "all as it must be")
    return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main())
