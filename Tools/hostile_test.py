#!/usr/bin/env python3
"""Sends bad input to a Hearth server of its own and checks each answer, and that nothing is left of it.

    python3 Tools/hostile_test.py [--hearth .build/release/hearth] [--images FOLDER] [--rounds 600] [--seed 1]
    python3 Tools/hostile_test.py --full-disk

Bad requests first, then broken pictures from FOLDER, which holds an expect.json ([{file, expect}]), then good requests
with random changes. --full-disk fills a small file system of its own instead, for which it wants to be root or a user
who may make name spaces. Python's standard library only. Exit code 0: all was refused as it must be; 1: what was not is
listed; 77: it could not be run.
"""

import argparse
import base64
import json
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

from crash import fuzz
from crash.server import ROOT, Server, files_below
from crash.trial import add_options, add_seed, limited, program, seed_of, skip

JSON = {"Content-Type": "application/json"}
JPEG = {"Content-Type": "image/jpeg"}
TARGET = "/api/anchors?project=p&name=n"
# Size of the small file system: as mount writes it.
DISK = "24m"


class Hostile:
    """Requests, and what was wrong with their answers."""

    def __init__(self, server):
        self.server, self.faults, self.count = server, [], 0

    def fault(self, name, what):
        self.faults.append(f"{name}: {what}")

    def judge(self, name, answer, codes=range(400, 500)):
        """The answer must be an error in the one shape."""
        self.count += 1
        status, body = answer
        if status not in codes:
            return self.fault(name, f"answered {status}: {body[:160]!r}")
        try:
            error = json.loads(body)["error"]
            if not (error["code"] and error["message"] and error["hint"]):
                self.fault(name, f"says too little: {body[:200]!r}")
        except (ValueError, KeyError, TypeError):
            self.fault(name, f"answered {status} in another shape: {body[:160]!r}")

    def refuse(self, name, method, path, body=None, headers=None, codes=range(400, 500)):
        try:
            self.judge(name, self.server.call(method, path, body, headers), codes)
        except OSError as error:
            self.fault(name, f"got no answer: {error!r}")

    def raw(self, data, wait=5.0, half_close=False):
        """Sends bytes as they are; returns everything that comes back."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=wait) as connection:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while chunk := connection.recv(65_536):
                    answer += chunk
            except OSError:
                pass
        return answer

    def refuse_raw(self, name, data, wait=5.0, half_close=False, may_close=False, codes=range(400, 500)):
        """Like `refuse` for requests that no client library would send."""
        answer = self.raw(data, wait, half_close)
        if not answer and may_close:
            self.count += 1
            return
        head, _, body = answer.partition(b"\r\n\r\n")
        status = int(head.split()[1]) if head.startswith(b"HTTP/1.1 ") else 0
        self.judge(name, (status, body), codes)

    def left(self):
        """What is in the rows and files."""
        database = sqlite3.connect(f"file:{self.server.data}/hearth.db?mode=ro", uri=True, timeout=10)
        rows = {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("projects", "characters", "anchors", "embeddings")}
        database.close()
        return rows, sorted(str(path) for path in files_below(self.server.data / "projects"))

    def unchanged(self, name, before):
        if (after := self.left()) != before:
            self.fault(name, f"left something behind: {before[0]} → {after[0]}, {len(after[1])} files")


def multipart(fields, image, kind="image/jpeg"):
    parts = [f'--edge\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()]
    parts.append(f'--edge\r\nContent-Disposition: form-data; name="image"; filename="../../x.jpg"\r\n'
                 f'Content-Type: {kind}\r\n\r\n'.encode() + image + b"\r\n--edge--\r\n")
    return b"".join(parts), {"Content-Type": "multipart/form-data; boundary=edge"}


def upload(image, way, name):
    """Path, body and headers of a registration."""
    if way == "raw":
        return TARGET.replace("name=n", f"name={name}"), image, {"Content-Type": "application/octet-stream"}
    if way == "multipart":
        return "/api/anchors", *multipart({"project": "p", "name": name}, image)
    body = {"project": "p", "name": name, "image_base64": base64.b64encode(image).decode()}
    return "/api/anchors", json.dumps(body), JSON


def pictures(hostile, folder):
    """Each broken picture by each door: refused at once, or its job ends and the worker lives."""
    server = hostile.server
    while b'"model_preloaded":true' not in server.call("GET", "/api/system/health")[1]:
        time.sleep(0.05)
    worker = server.workers()
    for number, entry in enumerate(json.loads((folder / "expect.json").read_text())):
        image, outcomes = (folder / entry["file"]).read_bytes(), []
        for way in ("raw", "multipart", "json"):
            path, body, headers = upload(image, way, f"{way}{number}")
            before = hostile.left()
            status, reply = server.call("POST", path, body, headers)
            name = f"{entry['file']} as {way}"
            if status != 201:
                hostile.judge(name, (status, reply))
                hostile.unchanged(name, before)
                outcomes.append(f"{status} {json.loads(reply)['error']['code']}")
            else:
                hostile.count += 1
                outcomes.append(end_of(server, json.loads(reply)["job_id"]))
        expect = entry["expect"]
        good = all(outcome == "completed" for outcome in outcomes)
        # "decode" alone admits nothing else; a bomb must not get as far as a job.
        wrong = (not good if expect.startswith("decode") and " or " not in expect
                 else entry["kind"] == "bomb" and "refuse" in expect and any(o[0] != "4" for o in outcomes)
                 or expect == "error" and good)
        if wrong or len(set(outcomes)) != 1 or any(o in ("failed(poison)", "stuck") for o in outcomes):
            hostile.fault(entry["file"], f"expected {expect!r}, got {outcomes}")
        print(f"  {entry['file']:24} {outcomes[0]:32} ({expect})")
    if server.workers() != worker:
        hostile.fault("pictures", f"the worker {worker} has not survived: {server.workers()}")


def end_of(server, job):
    for _ in range(400):
        reply = json.loads(server.call("GET", f"/api/jobs/{job}")[1])
        if reply["status"] in ("completed", "failed", "cancelled"):
            code = (reply.get("error") or {}).get("code") or reply.get("error_code")
            return reply["status"] + (f"({code})" if code else "")
        time.sleep(0.05)
    return "stuck"


def requests(hostile, picture):
    """Everything that is wrong before anyone looks at a picture."""
    refuse = hostile.refuse
    refuse("0 bytes", "POST", TARGET, b"", JPEG)
    refuse("not an image", "POST", TARGET, b"hello", JPEG)
    refuse("over the limit", "POST", TARGET, None, JPEG | {"Content-Length": str(200 << 20)}, codes=(413,))
    refuse("wrong type", "POST", "/api/anchors", b"a=b", {"Content-Type": "application/x-www-form-urlencoded"})
    refuse("no type", "POST", "/api/anchors", b"a=b")
    for body in (b"{", b"[]", b"null", b'{"name":1}', b"\xff\xfe", b"[" * 100_000, b'{"name":"a","image_base64":"%%"}'):
        refuse(f"JSON {body[:20]!r}", "POST", "/api/anchors", body, JSON)
    form = {"Content-Type": "multipart/form-data; boundary=edge"}
    refuse("broken multipart", "POST", "/api/anchors", b"--edge\r\nx", form)
    refuse("no boundary", "POST", "/api/anchors", b"x", {"Content-Type": "multipart/form-data"})
    names = ["", " ", ".", "..", "a/b", "../../etc", "a\\b", "a\0b", "a\nb", "x" * 10_000]
    for name in names:
        query = urllib.parse.urlencode({"project": "p", "name": name}, quote_via=urllib.parse.quote)
        refuse(f"name {name[:12]!r}", "POST", f"/api/anchors?{query}", picture, JPEG)
        refuse(f"project {name[:12]!r}", "POST", "/api/projects", json.dumps({"name": name}), JSON)
    for path in ("/api/projects/%s", "/api/characters/%s", "/api/anchors/%s", "/api/jobs/%s", "/%s"):
        for identifier in ("none", "00000000-0000-0000-0000-000000000000", "..%2f..%2fetc", "%00", "x" * 5_000):
            refuse(path % identifier[:20], "GET", path % identifier)
    wrong = (("PUT", "/api/anchors"), ("DELETE", "/api/projects"), ("POST", "/health"), ("PATCH", "/api/recall"))
    for method, path in wrong:
        refuse(f"{method} {path}", method, path, codes=(405,))
    refuse("bad Host", "GET", "/api/projects", None, {"Host": "evil.example"})
    refuse("bad Origin", "POST", TARGET, picture, JPEG | {"Origin": "http://evil.example"})
    hostile.refuse_raw("half-closed upload", upload_start(picture), half_close=True, may_close=True)
    # The first word of a request is its method, and this one is none that there is.
    hostile.refuse_raw("not HTTP", b"\x16\x03\x01\0\0\r\n\r\n", may_close=True, codes=(501,))


def upload_start(picture):
    """A registration that stops after a part of its picture."""
    head = (f"POST {TARGET} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\n"
            f"Content-Length: {len(picture)}\r\n\r\n")
    return head.encode() + picture[:1000]


def slow_requests(hostile, picture):
    """Clients that never end what they have begun, beside the others.
    - Returns: the threads that wait for what comes of them."""
    head = b"GET /health HTTP/1.1\r\nHost: "
    threads = [
        threading.Thread(target=hostile.refuse_raw, args=("slow-loris body", upload_start(picture), 45), daemon=True),
        threading.Thread(target=hostile.refuse_raw, args=("slow-loris head", head, 75, False, True), daemon=True)]
    for thread in threads:
        thread.start()
    return threads


def fuzzed(hostile, picture, chance, rounds):
    """Good requests with random changes; the front and its worker must live through them."""
    server = hostile.server
    workers = server.workers()
    statuses = fuzz.attack(hostile, chance, rounds, picture)
    print(f"  {rounds} changed requests: {dict(sorted(statuses.items()))}")
    if not any(200 <= status < 300 for status in statuses) or not any(400 <= status < 500 for status in statuses):
        hostile.fault("fuzz", f"the requests are of no use: {statuses}")
    if server.process.poll() is not None or server.call("GET", "/health")[0] != 200:
        hostile.fault("fuzz", "the front has not survived")
    elif server.workers() != workers:
        hostile.fault("fuzz", f"the workers {workers} have not survived: {server.workers()}")


def deletable(hostile, picture):
    """Makes a thing of each kind.
    - Returns: what they are, and the paths that delete them."""
    server = hostile.server

    def made(what, path, body=picture, headers=JPEG):
        status, answer = server.call("POST", path, body, headers)
        if status not in (200, 201):
            hostile.fault(what, f"answered {status}: {answer[:160]!r}")
        return json.loads(answer)

    anchor = made("an anchor", "/api/anchors?project=old&name=first&wait=true")["anchor_id"]
    made("a product", "/products?external_id=old-1&title=Old&wait=true")
    scan = made("a scan", "/products/orchestrate/quick-scan?k=1")["scan_id"]
    made("a collection", "/api/collections", json.dumps({"name": "old", "dims": 3}).encode(),
         {"Content-Type": "application/json"})
    return [("an anchor", f"/api/anchors/{anchor}"), ("a scan", f"/products/scans/{scan}"),
            ("a product", "/products/old-1"), ("a collection", "/api/collections/old"),
            ("a project", "/api/projects/old")]


def expect_health(hostile, place, wanted, seconds=10):
    """Waits until health says a word."""
    end = time.monotonic() + seconds
    while True:
        status, body = hostile.server.call("GET", "/api/system/health")
        health = json.loads(body) if status == 200 else {}
        if health.get("status") == wanted:
            return
        if time.monotonic() > end:
            return hostile.fault(place, f"health says {health.get('status')}: {health.get('lost_features')}")
        time.sleep(0.1)


def full_disk(hostile, data, picture):
    """Fills the file system of the data folder; the server must say so, and go on by itself when there is space."""
    server = hostile.server
    deletions = deletable(hostile, picture)
    filler = data.parent / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 12)):
                pass
        except OSError:
            pass
    before, refused = hostile.left(), 0
    for number in range(60):
        status, body = server.call("POST", f"/api/anchors?project=p&name=full{number % 5}",
                                   picture + os.urandom(64), JPEG)
        if status == 201:
            before = hostile.left()
            continue
        refused += 1
        hostile.judge(f"full disk {number}", (status, body), codes=(503, 507))
        hostile.unchanged(f"full disk {number}", before)
    if not refused:
        hostile.fault("full disk", "nothing was refused")
    expect_health(hostile, "full disk", "degraded")
    for what, path in deletions:
        status, body = server.call("DELETE", path)
        if status != 200:
            hostile.fault(f"full disk: delete {what}", f"answered {status}: {body[:160]!r}")
    filler.unlink()
    expect_health(hostile, "freed disk", "healthy")
    status, body = server.call("POST", "/api/anchors?project=p&name=after", picture + os.urandom(64), JPEG)
    if status != 201:
        return hostile.fault("freed disk", f"answered {status}: {body[:160]!r}")
    if (end := end_of(server, json.loads(body)["job_id"])) != "completed":
        hostile.fault("freed disk", f"the job ended as {end}")


def run_on_small_disk():
    """Goes on in a mount name space with a small file system, which goes when the process ends."""
    folder = tempfile.mkdtemp(prefix="hearth-disk-")
    enter = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    mount = f"mount -t tmpfs -o size={DISK} tmpfs {folder}"
    try:
        if subprocess.run([*enter, "sh", "-c", mount], capture_output=True).returncode != 0:
            skip("this user may not mount a file system of its own")
        command = [sys.executable, *sys.argv, "--small-disk", folder]
        code = subprocess.run([*enter, "sh", "-c", f'{mount} && exec "$@"', "sh", *command]).returncode
    finally:
        os.rmdir(folder)
    sys.exit(code)


def run(arguments, seed, folder):
    """- Returns: what was tried, and what was wrong."""
    picture = sorted((ROOT / "Samples").rglob("*.jpg"))[0].read_bytes()
    with Server(program(arguments), folder / "data") as server:
        if arguments.small_disk:
            # The log stays where it is: it must not fill the small file system itself.
            server.data = arguments.small_disk / "data"
        hostile = Hostile(server)
        server.start()
        if arguments.small_disk:
            full_disk(hostile, server.data, picture)
        else:
            before = hostile.left()
            slow = slow_requests(hostile, picture)
            requests(hostile, picture)
            for thread in slow:
                thread.join()
            hostile.unchanged("bad requests", before)
            if arguments.images:
                pictures(hostile, arguments.images)
            fuzzed(hostile, picture, random.Random(seed), arguments.rounds)
        if (code := server.stop()) != 0:
            hostile.fault("the server", f"ended with {code} after SIGTERM")
        if left := server.orphans():
            hostile.fault("the server", f"has left workers: {left}")
    return hostile


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=Path, help="folder with broken pictures and expect.json")
    parser.add_argument("--rounds", type=int, default=600, help="how many requests with random changes")
    parser.add_argument("--full-disk", action="store_true", help="fill a small file system of its own, nothing else")
    parser.add_argument("--small-disk", type=Path, help=argparse.SUPPRESS)
    add_seed(parser)
    add_options(parser, limit=600)
    arguments = parser.parse_args()
    if arguments.full_disk and not arguments.small_disk:
        with limited(arguments):
            run_on_small_disk()
    seed = seed_of(arguments)
    folder = Path(tempfile.mkdtemp(prefix="hearth-hostile-"))
    print(f"hostile test: seed {seed}, {folder}", flush=True)
    with limited(arguments):
        hostile = run(arguments, seed, folder)
    for fault in hostile.faults:
        print(f"FAULT {fault}")
    print(f"{hostile.count} bad inputs, {len(hostile.faults)} faults with seed {seed}")
    if not hostile.count:
        sys.exit("nothing was tried")
    if hostile.faults:
        sys.exit(1)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
