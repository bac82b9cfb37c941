"""Chroma in this process, over its own files, for a comparison in the same run.

    vector_peer.py FILE DIMS CLIENTS

FILE holds float32 rows of DIMS components, as many for each client. Prints `ready`, then answers each line with a line:

    insert SIZE  adds all rows to a fresh collection, SIZE at a time: rows per second
    load         makes one collection of all rows and one for each client: seconds of both
    client N     milliseconds of N searches for what is like a stored row, each in a client's collection: get, and query
    vector N     the same by a vector that is known: query alone
    shared N     as `client`, in the collection of all, with `where` for the client
"""

import shutil
import signal
import sys
import tempfile
import time

import chromadb
import numpy as np
from chromadb.config import Settings

K = 5
signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # So that the folder goes.
file, dims, clients = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rows = np.fromfile(file, np.float32).reshape(clients, -1, dims)
faces = rows.shape[1]
random = np.random.default_rng(0)
folder = tempfile.mkdtemp(prefix="vector-peer-")
chroma = chromadb.PersistentClient(folder, Settings(anonymized_telemetry=False))
collections = {}


def make(name):
    return chroma.create_collection(name, metadata={"hnsw:space": "cosine"})


def ids(client):
    return [f"{client}-{number}" for number in range(faces)]


def load():
    start = time.perf_counter()
    collections["all"] = make("all")
    for client in range(clients):
        collections["all"].add(ids(client), embeddings=rows[client], metadatas=[{"client": client}] * faces)
    middle = time.perf_counter()
    for client in range(clients):
        collections[client] = make(f"client-{client}")
        collections[client].add(ids(client), embeddings=rows[client], metadatas=[{"client": client}] * faces)
    return [middle - start, time.perf_counter() - middle]


def insert(size):
    everything = rows.reshape(-1, dims)
    names = [f"r{number}" for number in range(len(everything))]
    collection = make(f"insert-{size}-{time.time_ns()}")
    start = time.perf_counter()
    for first in range(0, len(everything), size):
        part = slice(first, first + size)
        collection.add(names[part], embeddings=everything[part], metadatas=[{"client": 0}] * len(names[part]))
    elapsed = time.perf_counter() - start
    chroma.delete_collection(collection.name)
    return [len(everything) / elapsed]


def search(kind, count):
    times = []
    for _ in range(count):
        client, number = int(random.integers(clients)), int(random.integers(faces))
        collection = collections["all" if kind == "shared" else client]
        query = rows[client, number] + 0.3 * random.standard_normal(dims, np.float32) / np.sqrt(dims)
        where = {"client": client} if kind == "shared" else None
        start = time.perf_counter()
        if kind != "vector":
            query = collection.get(ids=[f"{client}-{number}"], include=["embeddings"])["embeddings"][0]
        collection.query(query_embeddings=[query], n_results=K, where=where)
        times.append((time.perf_counter() - start) * 1e3)
    return times


try:
    print("ready", flush=True)
    for line in sys.stdin:
        match line.split():
            case ["insert", size]:
                answer = insert(int(size))
            case ["load"]:
                answer = load()
            case [kind, count]:
                answer = search(kind, int(count))
        print(*(f"{value:.4f}" for value in answer), flush=True)
finally:
    shutil.rmtree(folder, ignore_errors=True)
