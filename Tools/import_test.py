#!/usr/bin/env python3
"""Brings collections over from a real Chroma, by its address and from its folder, and compares both sides.

    python3 Tools/import_test.py [--hearth .build/release/hearth] [--limit 600]

Chroma comes with the clients of Tools/client_test.py. Exit code 0: all records came over and are found alike; 77:
Chroma cannot be installed on this machine.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import environments
from client_test import REQUIREMENTS
from crash.server import ROOT, Server, free_port
from crash.trial import add_options, limited, program

SPACES = ["l2", "cosine", "ip"]
DIMS = 32
# More than Chroma keeps in its queue before it writes the index files.
COUNT = 2_500
CLIENTS_KEY = "client_id"
NAMES = ["Ada", "Bo b", "ç/d", "7"]


def fill(client):
    """Collections with all that can be in one: lists, missing documents, deletions, updates, other dimensions."""
    import numpy

    for space in SPACES:
        rng = numpy.random.default_rng(len(space))
        vectors = rng.normal(size=(COUNT, DIMS)).astype(numpy.float32)
        collection = client.create_collection(f"faces-{space}", metadata={"hnsw:space": space, "owner": "Ada"},
                                              embedding_function=None)
        for start in range(0, COUNT, 500):
            numbers = range(start, start + 500)
            collection.add(
                ids=[f"face-{n}" for n in numbers], embeddings=vectors[start:start + 500].tolist(),
                metadatas=[{CLIENTS_KEY: NAMES[n % 4], "n": n, "ratio": n / 3, "even": n % 2 == 0} if n % 50 else None
                           for n in numbers],
                documents=[f"document {n}" if n % 3 else None for n in numbers])
        collection.delete(ids=[f"face-{n}" for n in range(100, 130)])
        collection.update(ids=["face-1", "face-2400"], embeddings=[[0.5] * DIMS, [0.25] * DIMS])
        collection.upsert(ids=["late"], embeddings=[[1.0] * DIMS], metadatas=[{"n": 1, "tags": ["a", "b"]}])
    small = client.create_collection("small", embedding_function=None)
    small.add(ids=["a", "b"], embeddings=[[1.0, 2.0], [3.0, 4.0]], uris=["file:///a", "file:///b"])
    client.create_collection("nothing", embedding_function=None)


def start_chroma(folder):
    port = free_port()
    process = subprocess.Popen([Path(sys.prefix) / "bin" / "chroma", "run", "--path", str(folder), "--port", str(port)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/heartbeat", timeout=1).read()
            return process, port
        except OSError:
            time.sleep(0.1)
    process.kill()
    process.wait()
    raise SystemExit("Chroma does not start")


def bring(options, server, *arguments, code=0):
    done = subprocess.run(
        [program(options), "import", "chroma", *arguments, "--url", f"http://127.0.0.1:{server.port}", "--json"],
        capture_output=True, text=True)
    if done.returncode != code:
        raise SystemExit(f"import {arguments} ended with {done.returncode}: {done.stderr}{done.stdout}")
    return json.loads(done.stdout) if code == 0 else done.stderr


def compare(ours, theirs, what, expect, names=None):
    """Each collection here has what the one there has, and finds it alike."""
    import numpy

    queries = numpy.random.default_rng(1).normal(size=(4, DIMS)).astype(numpy.float32).tolist()
    for collection in theirs.list_collections():
        if names and collection.name not in names:
            continue
        here = ours.get_collection(collection.name, embedding_function=None)
        include = ["embeddings", "metadatas", "documents", "uris"]
        left, right = here.get(include=include), collection.get(include=include)
        same = all(left[key] == right[key] for key in ["ids", "metadatas", "documents", "uris"])
        expect(f"{what}: {collection.name} has the same records", same)
        expect(f"{what}: {collection.name} has the same metadata", here.metadata == collection.metadata)
        if not left["ids"]:
            continue
        lengths = [1, 1]
        if "cosine" in collection.name:
            # The index has directions only.
            lengths = [numpy.linalg.norm(each["embeddings"], axis=1, keepdims=True) for each in [left, right]]
        near = numpy.allclose(numpy.array(left["embeddings"]) / lengths[0],
                              numpy.array(right["embeddings"]) / lengths[1], atol=1e-5)
        expect(f"{what}: {collection.name} has the same vectors", near)
        if collection.name.startswith("faces"):
            found = [side.query(query_embeddings=queries, n_results=5, where={"n": {"$gt": 1200}}) for side in
                     [here, collection]]
            # Chroma's own index is approximate: what it finds must be near, not the same.
            near = all(a[0] <= b[0] + 1e-3 for a, b in zip(found[0]["distances"], found[1]["distances"]))
            expect(f"{what}: {collection.name} finds at least as near", near)


def check_split(options, server, ours, theirs, source, expect):
    arguments = [source, "--collection", "faces-l2", "--split-by", CLIENTS_KEY]
    dry = bring(options, server, *arguments, "--dry-run")
    expect("a dry run makes nothing", "faces-l2.Ada" not in [each.name for each in ours.list_collections()])
    report = bring(options, server, *arguments)
    expect("a dry run tells what will come", {each["target"]: each["read"] for each in dry}
           == {each["target"]: each["read"] for each in report})
    expect("each value has a collection", [each["target"] for each in report]
           == sorted(["faces-l2", "faces-l2.Ada", "faces-l2.Bo_20b", "faces-l2._c3_a7_2fd", "faces-l2.7"]))
    expect("none is missing", all(each["complete"] for each in report)
           and sum(each["read"] for each in report) == theirs.get_collection("faces-l2").count())
    ids = ours.get_collection("faces-l2.Ada", embedding_function=None).get()["ids"]
    expect("each has its own", ids == theirs.get_collection("faces-l2").get(where={CLIENTS_KEY: "Ada"})["ids"])


def run(options, folder, expect):
    import chromadb

    data = folder / "chroma"
    filler = "import sys; sys.path.insert(0, sys.argv[1]); import chromadb, import_test; " \
        "import_test.fill(chromadb.PersistentClient(sys.argv[2]))"
    subprocess.run([sys.executable, "-c", filler, str(ROOT / "Tools"), str(data)], check=True)
    copy = folder / "copy"
    shutil.copytree(data, copy)
    chroma, port = start_chroma(data)
    try:
        theirs = chromadb.HttpClient(host="127.0.0.1", port=port)
        for what, source in [("by address", f"http://127.0.0.1:{port}"), ("from the folder", str(copy))]:
            with Server(program(options), folder / what.replace(" ", "-") / "data") as server:
                server.start()
                ours = chromadb.HttpClient(host="127.0.0.1", port=server.port)
                begin = time.monotonic()
                report = bring(options, server, source)
                print(f"{what}: {sum(each['read'] for each in report)} records in {time.monotonic() - begin:.1f} s")
                expect(f"{what}: all is complete", len(report) == 5 and all(each["complete"] for each in report))
                compare(ours, theirs, what, expect)
                again = bring(options, server, source, "--resume")
                expect(f"{what}: once more changes nothing", all(each["stored"] == each["read"] for each in again))
                compare(ours, theirs, f"{what}, again", expect, ["small"])
                ours.delete_collection("faces-l2")
                check_split(options, server, ours, theirs, source, expect)
                told = bring(options, server, source, "--collection", "missing", code=1)
                expect(f"{what}: a name that is missing is told", "missing" in told)
    finally:
        chroma.terminate()
        chroma.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, limit=600)
    options = parser.parse_args()
    environments.use("clients", REQUIREMENTS)
    failures = []

    def expect(what, holds):
        print(f"{'ok' if holds else 'FAILED'} {what}", flush=True)
        if not holds:
            failures.append(what)

    with limited(options), tempfile.TemporaryDirectory(prefix="hearth-import-") as folder:
        run(options, Path(folder), expect)
    print("all came over" if not failures else f"{len(failures)} checks failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
