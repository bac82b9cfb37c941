#!/usr/bin/env python3
"""Kills Hearth with SIGKILL while clients write vectors and search; every search must be as plain arithmetic has it.

    python3 Tools/vector_crash_test.py [--rounds 300] [--seed 1] [--hearth .build/release/hearth] [--limit 1800]
                                       [--keep]

Clients upsert, replace, delete by ids and by filters, change attributes and drop collections. The front is killed at
random moments, above all while scan files are written, and in between these files are damaged: they are derived, so
nothing may come of it but time. Python's standard library only. Exit code 0: every promise held; 1: the broken ones are
listed.
"""

import collections
import random
import shutil
import threading
import time

from crash.oracle import packed
from crash.server import Server
from crash.trial import program, run_rounds
from crash.writer import Tally, Writer

WRITERS = 3
COLLECTIONS = 3


class Files:
    """The scan files: watches them, and damages them while the server is down."""

    def __init__(self, server, folder, chance):
        self.server, self.chance = server, chance
        self.scans = server.data / "vectors"
        self.copies = folder / "copies"
        self.copies.mkdir()

    def all(self):
        return sorted(self.scans.glob("*.scan"))

    def snapshot(self):
        state = set()
        for path in self.scans.glob("*"):
            try:
                about = path.stat()
                state.add((path.name, about.st_size, about.st_mtime_ns, about.st_ino))
            except OSError:
                pass
        return state

    def wait_for_write(self, seconds):
        """Until a file changes.
        - Returns: whether one has."""
        before, end = self.snapshot(), time.monotonic() + seconds
        while time.monotonic() < end:
            if self.snapshot() != before:
                return True
            time.sleep(0.0005)
        return False

    def damage(self):
        """Does one of several things to a file.
        - Returns: what; the collection's id."""
        files = self.all()
        if not files:
            return "no file", None
        path = self.chance.choice(files)
        content = bytearray(path.read_bytes())
        kind = self.chance.choice(
            ("flip", "flip", "flip", "cut", "cut", "older", "older", "other", "empty", "gone", "longer", "zeros"))
        if not content:
            kind = "gone"
        if kind == "older":
            copies = sorted(self.copies.glob(f"{path.name}.*"))
            if not copies:
                return "no copy", None
            path.write_bytes(self.chance.choice(copies).read_bytes())
        elif kind == "other":
            path.write_bytes(self.chance.choice(files).read_bytes())
        elif kind == "gone":
            path.unlink()
        else:
            place = self.chance.randrange(len(content))
            if kind == "flip":
                content[place] ^= 1 << self.chance.randrange(8)
            elif kind == "cut":
                del content[place:]
            elif kind == "empty":
                content.clear()
            elif kind == "longer":
                content += self.chance.randbytes(self.chance.choice((1, 5000)))
            elif kind == "zeros":
                content[place:place + 4096] = bytes(len(content[place:place + 4096]))
            path.write_bytes(content)
        return kind, path.stem

    def copy_one(self):
        """Keeps a file as it is now, to put it back later; of each collection a few."""
        if files := self.all():
            path = self.chance.choice(files)
            shutil.copyfile(path, self.copies / f"{path.name}.{self.chance.randrange(3)}")


def kill(server, files, chance):
    """One way to end a life of the server.
    - Returns: its name."""
    kind = chance.choice(("soon", "busy", "busy", "busy", "writing", "writing", "writing", "stopping", "stopped"))
    if kind == "soon":
        time.sleep(0.2 * chance.random())
    elif kind == "writing":
        if not files.wait_for_write(4):
            kind = "idle"
    else:
        time.sleep(0.1 + 1.2 * chance.random())
    if kind == "stopped":
        if (code := server.stop()) != 0:
            raise SystemExit(f"The server ended with {code} after SIGTERM; see {server.log.name}")
        return kind
    if kind == "stopping":
        # On its way out it writes what is not in the files yet.
        server.begin_stop()
        files.wait_for_write(0.5)
    time.sleep(chance.choice((0, 0.0005, 0.003, 0.02)) * chance.random())
    server.kill_front()
    return kind


def attack(server, files, chance, rounds, tally):
    """Kills, damages, starts.
    - Returns: how many of each, and the collections whose files were put back or exchanged."""
    kills, damages, touched = collections.Counter(), collections.Counter(), set()
    for number in range(rounds):
        kills[kill(server, files, chance)] += 1
        if chance.random() < 0.5:
            files.copy_one()
        if chance.random() < 0.4:
            kind, collection = files.damage()
            damages[kind] += 1
            touched.add(collection)
        server.start()
        if (number + 1) % 50 == 0:
            print(f"  round {number + 1}: {dict(kills)}; files: {dict(damages)}; "
                  f"{len(tally.faults)} broken promises", flush=True)
    return kills, damages, touched


def inspect(server, files, writers, tally, touched):
    """Compares everything once more, before and after an orderly stop."""
    for _ in range(2):
        for writer in writers:
            for collection in writer.collections:
                writer.compare(collection, with_vectors=True)
                for _ in range(20):
                    writer.search(collection)
        check_erasure(server, files, writers, tally, touched)
        if (code := server.stop()) != 0:
            tally.fault(f"the server ended with {code} after SIGTERM")
        server.start()
    if (rows := server.query("PRAGMA integrity_check")) != [("ok",)]:
        tally.fault(f"the database is damaged: {rows[:3]}")
    if rows := server.query("PRAGMA foreign_key_check"):
        tally.fault(f"rows point to nothing: {rows[:3]}")
    known = {row[0] for row in server.query("SELECT id FROM collections")}
    if strays := [path.name for path in files.all() if path.stem not in known]:
        # Those of collections that were dropped before a kill go with the sweep.
        print(f"  {len(strays)} files of dropped collections wait for the sweep")


def check_erasure(server, files, writers, tally, touched):
    """What was deleted leaves the files after a few seconds."""
    time.sleep(6)
    ids = dict(server.query("SELECT name, id FROM collections WHERE name IS NOT NULL"))
    for writer in writers:
        for collection in writer.collections:
            path = files.scans / f"{ids.get(collection.name)}.scan"
            # Cosine keeps vectors of length 1, not those that were sent.
            if collection.metric == "cosine" or not path.exists() or path.stem in touched:
                continue
            content = path.read_bytes()
            left = sum(1 for vector in list(collection.gone)[:300] if packed(vector) in content)
            tally.add("deleted vectors looked for in files", min(len(collection.gone), 300))
            if left:
                tally.fault(f"{left} deleted vectors of {collection.name} are still in its file")


def run(arguments, seed, folder):
    """Attacks, inspects and tells.
    - Returns: the broken promises."""
    tally, stopped = Tally(), threading.Event()
    begin = time.monotonic()
    with Server(program(arguments), folder / "data", {"HEARTH_WORKER": "false"}) as server:
        files = Files(server, folder, random.Random(f"{seed}-files"))
        writers = [
            Writer(server, tally, number, COLLECTIONS, random.Random(f"{seed}-{number}"), stopped)
            for number in range(WRITERS)]
        server.start()
        try:
            for writer in writers:
                writer.start()
            kills, damages, touched = attack(server, files, random.Random(seed), arguments.rounds, tally)
        finally:
            stopped.set()
            for writer in writers:
                writer.join()
        attacked = time.monotonic() - begin
        inspect(server, files, writers, tally, touched)
    records = sum(len(collection.state.rows or {}) for writer in writers for collection in writer.collections)
    print(f"{arguments.rounds} rounds in {attacked:.0f} s: killed {dict(kills)}; files: {dict(damages)}; slowest start "
          f"{server.slowest_start * 1000:.0f} ms")
    print(f"{records} records at the end; " + ", ".join(f"{n} {name}" for name, n in sorted(tally.counts.items())))
    if not tally.counts.get("searches") or not tally.counts.get("upserts"):
        tally.fault("nothing was written or searched, so nothing was tried")
    return tally.faults


if __name__ == "__main__":
    run_rounds(__doc__, "vector crash", rounds=300, limit=1800, run=run)
