#!/usr/bin/env python3
"""Measures how soon `/health` answers while a client sends what costs most.

    python3 Tools/health_test.py [--hearth .build/release/hearth] [--most 20] [--seconds 3]

For each kind of request, four connections send it again and again for some seconds, while two others ask for
`/health` every few milliseconds: one over a connection that stays, one over a new connection each time. Then the worker
is crashed, and the time is taken until its process is gone. Python's standard library only. Exit code 0: at most
`--most` milliseconds for 99 of 100 answers, and a second for the crash; 1: what took longer is listed.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import signal
import struct
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path

from crash.server import ROOT, Server, started_at
from crash.trial import add_options, limited, program

JSON = {"Content-Type": "application/json"}
MARKS = "\u0301\u0316"


def keys(count, stem=""):
    return json.dumps({f"{stem}k{number:07}": number for number in range(count)}, ensure_ascii=False).encode()


def progressive(width, height, scans):
    """A JPEG of many scans, each of a few bytes."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + bytes([1, 0x11, 0])
    def segment(marker, body):
        return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body
    table = bytes([0]) + bytes([1] + [0] * 15) + bytes([0])
    scan = segment(0xDA, bytes([1, 1, 0, 0, 0, 0])) + bytes(80)
    return (b"\xff\xd8" + segment(0xDB, bytes([0]) + bytes([1] * 64)) + segment(0xC2, frame) + segment(0xC4, table)
            + scan * scans + b"\xff\xd9")


def png(width, height, depth, colour, interlace):
    """One colour, packed as tightly as it goes."""
    channels = {0: 1, 2: 3, 6: 4}[colour]
    packer = zlib.compressobj(9)
    row = bytes(1 + width * channels * depth // 8)
    data = b"".join(packer.compress(row) for _ in range(height + 8 if interlace else height)) + packer.flush()
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def requests():
    """Name, method, path, body and headers of what is sent."""
    vector = ",".join(["0.125"] * 1_000_000)
    tensor = ('{"inputs":[{"name":"x","datatype":"FP32","shape":[1000000],"data":[' + vector + "]}]}").encode()
    image = {"Content-Type": "image/jpeg"}
    return [
        ("16,000 keys", "POST", "/api/projects", keys(16_000), JSON),
        ("60,000 keys of marks", "POST", "/api/projects", keys(30_000, "e" + MARKS), JSON),
        ("a key of marks", "POST", "/embed", json.dumps({"a" + MARKS * 16_000: 1}, ensure_ascii=False).encode(), JSON),
        ("a text of marks", "POST", "/v1/embeddings",
         json.dumps({"model": "a" + MARKS * 200_000, "input": "x"}, ensure_ascii=False).encode(), JSON),
        ("a path of marks", "GET", "/a" + "%CC%81%CC%96" * 600, None, {}),
        ("a million numbers", "POST", "/v2/models/nothing/infer", tensor, JSON),
        ("250,000 nested lists", "POST", "/embed", b'{"inputs":[' + b"[]," * 240_000 + b"[]]}", JSON),
        ("5,000 scans", "POST", "/embed", progressive(2_000, 2_000, 5_000), image),
        ("100 scans", "POST", "/embed", progressive(4_000, 4_000, 100), image),
        ("an interlaced picture", "POST", "/embed", png(6_000, 6_000, 16, 2, 1), {"Content-Type": "image/png"}),
        ("a large picture", "POST", "/embed", png(10_000, 10_000, 8, 0, 0), {"Content-Type": "image/png"}),
        ("48 MB of nothing", "POST", "/embed", bytes(47 << 20), {"Content-Type": "application/octet-stream"}),
    ]


class Probe(threading.Thread):
    """Asks for /health until it is told to stop."""

    def __init__(self, port, keeps):
        super().__init__(daemon=True)
        self.port, self.keeps, self.times, self.over = port, keeps, [], threading.Event()

    def run(self):
        connection = None
        while not self.over.is_set():
            begin = time.perf_counter()
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                connection.request("GET", "/health")
                good = connection.getresponse().read() and True
            except (OSError, http.client.HTTPException):
                good, connection = False, None
            self.times.append((time.perf_counter() - begin) * 1_000 if good else 30_000.0)
            if not self.keeps and connection:
                connection.close()
                connection = None
            time.sleep(0.003)


def flood(port, request, until, statuses):
    """Sends a request again and again; what becomes of it is no matter."""
    seen = set()
    _, method, path, body, headers = request
    while time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            seen.add(connection.getresponse().status)
        except (OSError, http.client.HTTPException):
            seen.add(0)
        finally:
            connection.close()
    statuses.put(seen)


def share(times, part):
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


def measure(server, request, seconds):
    probes = [Probe(server.port, keeps) for keeps in (True, False)]
    statuses = multiprocessing.Queue()
    until = time.monotonic() + seconds
    # Processes of their own: threads would wait for each other, and that would be measured.
    senders = [multiprocessing.Process(target=flood, args=(server.port, request, until, statuses)) for _ in range(4)]
    for sender in senders:
        sender.start()
    for probe in probes:
        probe.start()
    seen = set().union(*(statuses.get() for _ in senders))
    for sender in senders:
        sender.join()
    for probe in probes:
        probe.over.set()
        probe.join()
    return [probe.times for probe in probes], sorted(seen)


def crash(server):
    """Seconds from the crash of a worker until its process is gone."""
    worker = server.workers()[0]
    begin, birth = time.monotonic(), started_at(worker)
    os.kill(worker, signal.SIGSEGV)
    while started_at(worker) == birth and time.monotonic() - begin < 30:
        time.sleep(0.002)
    return time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, limit=300)
    parser.add_argument("--most", type=float, default=20, help="milliseconds of 99 of 100 answers")
    parser.add_argument("--seconds", type=float, default=3, help="for each kind of request")
    options = parser.parse_args()
    faults = []
    with limited(options), tempfile.TemporaryDirectory() as folder:
        with Server(program(options), Path(folder) / "data") as server:
            server.start()
            for request in requests():
                times, statuses = measure(server, request, options.seconds)
                line = f"{request[0]:22}"
                for name, found in zip(("kept", "new"), times):
                    late = share(found, 0.99)
                    line += f"  {name}: p50 {share(found, 0.5):5.1f}, p99 {late:6.1f}, most {max(found):7.1f} ms"
                    if late > options.most:
                        faults.append(f"{request[0]}, {name} connection: p99 {late:.0f} ms")
                print(f"{line}  {statuses}", flush=True)
            taken = crash(server)
            print(f"a crashed worker is gone after {taken:.2f} s")
            if taken > 1:
                faults.append(f"a crashed worker was there for {taken:.1f} s")
    for fault in faults:
        print(f"FAULT {fault}")
    print(f"{len(requests())} kinds of requests, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
