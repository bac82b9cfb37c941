#!/usr/bin/env python3
"""Measures how soon `/health` answers while a client sends what costs most.

    python3 Tools/health_test.py [--hearth .build/release/hearth] [--most 20] [--seconds 3] [--only NAME]

For each kind of request, four connections send it again and again for some seconds, while two others ask for
`/health` every few milliseconds: one over a connection that stays, one over a new connection each time. Then the worker
is crashed, and the time is taken until its process is gone. Python's standard library only. Exit code 0: at most
`--most` milliseconds for 99 of 100 answers, and a second for the crash; 1: what took longer is listed.
"""

import argparse
import http.client
import io
import json
import multiprocessing
import os
import signal
import struct
import sys
import tempfile
import threading
import time
import zipfile
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


def form(parts, field="images"):
    """A multipart body, and its header."""
    body = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="{number}.png"\r\n\r\n'.encode() + part
        + b"\r\n" for number, part in enumerate(parts))
    return body + b"--b--\r\n", {"Content-Type": "multipart/form-data; boundary=b"}


def archive(entries, table=None):
    """A zip file of names and contents, for an import of products."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        if table is not None:
            packed.writestr("products.csv", table)
        for name, content in entries:
            packed.writestr(name, content)
    return file.getvalue()


def npy(header, data=b""):
    header = header.encode() + b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", len(header)) + header + data


def nested(depth, leaf):
    """A filter within filters."""
    return "{\"not\":" * depth + leaf + "}" * depth


def records(body, form="jsonl"):
    return ("POST", f"/api/collections/health/import?format={form}", body, {"Content-Type": "application/octet-stream"})


def search(filter_text):
    body = '{"vector":[1,0,0,0],"k":5,"filter":' + filter_text + "}"
    return ("POST", "/api/collections/health/query", body.encode(), JSON)


def imported(body, kind):
    return ("POST", "/products/import", body, {"Content-Type": kind})


def forms():
    """Bodies of forms, archives, tables, filters and arrays: what is large in one direction."""
    tiny = png(1, 1, 8, 0, 0)
    many, multipart = form([tiny] * 20_000)
    thin, _ = form([b""] * 60_000)
    headers = b"--b\r\n" + b"".join(f"X-{n}: a\r\n".encode() for n in range(200_000)) + b"\r\n\r\n--b--\r\n"
    edges = (b"\r\n--" * 4_000_000)[:20 << 20]
    pairs = "&".join(f"k{n}={n}" for n in range(200_000)).encode()
    url = {"Content-Type": "application/x-www-form-urlencoded"}
    csv, archived = "text/csv", "application/zip"
    plain = '{"a":"x"}'
    return [
        ("20,000 parts", "POST", "/embed", many, multipart),
        ("60,000 empty parts", "POST", "/embed", thin, multipart),
        ("200,000 part headers", "POST", "/embed", headers, multipart),
        ("20 MB of boundaries", "POST", "/embed", edges, multipart),
        ("200,000 url fields", "POST", "/api/projects", pairs, url),
        ("20 MB of %25", "POST", "/api/projects", b"name=" + b"%25" * (6 << 20), url),
        ("a zip of 50,000 files", *imported(archive((f"a/{n}.png", tiny) for n in range(50_000)), archived)),
        ("a zip of deep names", *imported(
            archive((("d/" * 2_000) + f"{n}.png", tiny) for n in range(2_000)), archived)),
        ("a zip, one name often", *imported(
            archive([("a.png", tiny)], "external_id,image\n" + "".join(f"{n},a.png\n" for n in range(300_000))),
            archived)),
        ("CSV, one long line", *imported(b"external_id,title\nx," + b"a" * (40 << 20), csv)),
        ("CSV, a million columns", *imported(b"external_id," + b"c," * 1_000_000 + b"\nx" + b"," * 1_000_000, csv)),
        ("CSV, open quotes", *imported(b"external_id,title\n" + b'x,"' * 4_000_000, csv)),
        ("CSV, doubled quotes", *imported(b'external_id,title\nx,"' + b'""' * (10 << 20) + b'"\n', csv)),
        ("CSV, 2 million lines", *imported(b"external_id,title\n" + b"x,y\n" * 2_000_000, csv)),
        ("a deep filter", *search(nested(200_000, plain))),
        ("a wide filter", *search('{"or":[' + ",".join([plain] * 40_000) + "]}")),
        ("a long list in a filter", *search(
            '{"a":{"in":[' + ",".join(f'"v{n}"' for n in range(80_000)) + "]}}")),
        ("a long text in a filter", *search('{"a":"' + "x" * 900_000 + '"}')),
        ("a filter of marks", *search('{"a":"' + MARKS * 100_000 + '"}')),
        ("a filter of many keys", *search("{" + ",".join(f'"k{n}":"x"' for n in range(60_000)) + "}")),
        ("NPY that promises much", *records(npy(
            "{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 4), }", bytes(1 << 20)), "npy")),
        ("NPY with a long header", *records(npy("{" + "'a': (1, ), " * 1_000_000 + "}"), "npy")),
        ("NPY of a million rows", *records(npy(
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 4), }", struct.pack("<f", 1) * 4_000_000),
            "npy")),
        ("one record of 20 MB", *records(b'{"id":"a","vector":[1,0,0,0],"document":"' + b"x" * (20 << 20) + b'"}\n')),
        ("300,000 bad records", *records(b'{"id":1}\n' * 300_000)),
    ]


def requests():
    """Name, method, path, body and headers of what is sent."""
    vector = ",".join(["0.125"] * 1_000_000)
    tensor = ('{"inputs":[{"name":"x","datatype":"FP32","shape":[1000000],"data":[' + vector + "]}]}").encode()
    image = {"Content-Type": "image/jpeg"}
    return [
        # What the others are measured against: the machine has other work, and so have the senders themselves.
        ("nothing much", "GET", "/health", None, {}),
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
    ] + forms()


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


def collection(port):
    """Makes the one that records and filters are sent to."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/api/collections", json.dumps(
        {"name": "health", "dims": 4, "attributes": {"a": "text"}}), JSON)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 201:
        raise SystemExit(f"a collection was refused: {answer.status} {body[:300]}")
    connection.close()


def settle(port):
    """Waits until the imports of the last kind have ended: more than some at once are refused unread."""
    for _ in range(200):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/products/imports")
        body = connection.getresponse().read()
        connection.close()
        if b'"running"' not in body and b'"receiving"' not in body:
            return
        time.sleep(0.1)


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
    add_options(parser, limit=900)
    parser.add_argument("--only", default="", help="a part of the name of what is sent")
    parser.add_argument("--most", type=float, default=20, help="milliseconds of 99 of 100 answers")
    parser.add_argument("--seconds", type=float, default=3, help="for each kind of request")
    options = parser.parse_args()
    faults = []
    with limited(options), tempfile.TemporaryDirectory() as folder:
        with Server(program(options), Path(folder) / "data") as server:
            server.start()
            collection(server.port)
            for request in [each for each in requests() if options.only in each[0]]:
                times, statuses = measure(server, request, options.seconds)
                settle(server.port)
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
    print(f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
