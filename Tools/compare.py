#!/usr/bin/env python3
"""Compares two builds of Hearth in one run: old, new, old, new, …

    python3 Tools/compare.py --base FOLDER [--new .build/release] [--models FOLDER] [--rounds 9] [--seconds 0.7]
                             [--only NAME …] [--json]

FOLDER holds the programs of the old build (`…/.build/release`), or is a checkout that has been built. Both servers run
at once and are asked in turn by the same client, a slice of --seconds each, so that a change of the machine's speed
meets both; every ratio is the median over the rounds of new ÷ old. `spread` is half the range of the rounds. A line is
ok up to 1.05; beyond that it is noise when the rounds of both overlap, else SLOWER, and the exit code is 1.

Jobs (enqueue, pickup) are measured by each build's own benchmark, because they are not asked for over HTTP. Python's
standard library only.
"""

import argparse
import itertools
import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

from comparison.client import Connection, Numbers, loop, many, numbered, registration, upload, words
from comparison.side import Side, processor_time, resident, start_time, wait_until_ready
from comparison.table import Figure, table
from crash.server import ROOT
from crash.trial import limited

PICTURE_BYTES = 100_000
DIMS, RECORDS = 384, 20_000
TEXT_MODEL = "all-minilm-l6-v2"
# Ways to write bytes so that they survive a power cut.
FILE, FILE_AND_FOLDER = "a file of its own (fdatasync, rename)", "a file of its own and its folder (fsync of both)"
JOURNAL = "an append to a file that has its space already (fdatasync)"
DURABLE = (FILE, FILE_AND_FOLDER, JOURNAL)
WORDS = ("lantern river comet velvet harbour copper meadow thistle ember willow granite saffron drift hollow timber "
         "marble cinder orchard raven tide").split()


class Comparison:
    """All measurements, on both builds in turn."""

    def __init__(self, sides, models, rounds, seconds, folder):
        self.sides, self.models, self.rounds, self.seconds, self.folder = sides, models, rounds, seconds, folder
        self.numbers, self.chance = Numbers(), random.Random(7)
        self.figures, self.notes = [], []
        pictures = sorted((ROOT / "Samples").rglob("*.jpg"))
        self.small = numbered(pictures[0].read_bytes(), PICTURE_BYTES)
        self.large = numbered(max(pictures, key=lambda path: path.stat().st_size).read_bytes())

    def figure(self, name, unit, is_rate=False, aim=None):
        self.figures.append(Figure(name, unit, is_rate=is_rate, aim=aim))
        return self.figures[-1]

    def alternately(self, rounds=None):
        """Rounds, each with both builds; which of them goes first changes."""
        for number in range(rounds or self.rounds):
            yield from self.sides if number % 2 == 0 else reversed(self.sides)

    @staticmethod
    def values(side, figure):
        return figure.old if side.name == "old" else figure.new

    def with_servers(self, has_worker, body):
        """Both servers run while `body` does."""
        old, new = self.sides
        with old.fresh(has_worker) as old.server, new.fresh(has_worker) as new.server:
            for side in self.sides:
                side.server.start()
                if has_worker:
                    wait_until_ready(side.server)
            body()

    # Start and memory

    def start(self):
        figure = self.figure("process start → /health", "ms", aim=0.5)
        for side in self.alternately(2 * self.rounds):
            self.values(side, figure).append(start_time(side.fresh(has_worker=True)))
        memory = self.figure("resident memory of the front, models ready", "MB")
        for side in self.alternately(3):
            with side.fresh(has_worker=True) as server:
                server.start()
                wait_until_ready(server)
                self.values(side, memory).append(resident(server.process.pid))

    # Registrations

    def register(self):
        self.with_servers(False, self.register_without_worker)

    def register_without_worker(self):
        median, slow = self.figure("register 100 kB JSON, 1 connection, p50", "ms"), self.figure("  p99", "ms")
        processor = self.figure("  the front's processor time of each", "ms", aim=0.45)
        rate = self.figure("register 100 kB JSON, 16 connections", "/s", is_rate=True)
        many_slow = self.figure("  p99", "ms")
        memory = self.figure("  resident memory of the front meanwhile", "MB")
        bare, cost, requests = {kind: [] for kind in DURABLE}, 0.0, 0
        template = registration(self.small)
        makers = [self.maker(template) for _ in range(16)]
        for side in self.sides:
            loop(side.server.port, 0.5, makers[0])
        for side in self.alternately():
            pid, port = side.server.process.pid, side.server.port
            before, own = processor_time(pid), time.process_time()
            times = loop(port, self.seconds, makers[0])
            cost, requests = cost + time.process_time() - own, requests + len(times)
            self.values(side, processor).append((processor_time(pid) - before) / len(times))
            self.values(side, median).append(statistics.median(times))
            self.values(side, slow).append(quantile(times, 0.99))
            for kind, files in bare.items():
                files += durable_files(self.folder, self.small, self.seconds / 8, kind)
            times, per_second = many(port, self.seconds, makers)
            self.values(side, rate).append(per_second)
            self.values(side, many_slow).append(quantile(times, 0.99))
            self.values(side, memory).append(resident(pid))
        for kind, files in bare.items():
            file = statistics.median(files)
            old, new = (statistics.median(values) / file for values in (median.old, median.new))
            self.notes.append(f"the same bytes by {kind}: p50 {file:.2f} ms; a registration's p50 is {old:.2f} × that "
                              f"in the old build, {new:.2f} × in the new one (aim 2.5)")
        self.notes.append(f"the client itself takes {cost / requests * 1e3:.2f} ms of processor time a registration, "
                          "which is the same for both")

    def maker(self, template):
        own = template.copy()
        return lambda: own.numbered(self.numbers.next())

    def beside(self):
        """Registrations while the worker embeds what is registered."""
        median = self.figure("register while a worker embeds, p50", "ms")
        ratio = self.figure("  p99 ÷ p50", "×")

        def measure():
            make = self.maker(registration(self.small))
            for side in self.alternately():
                times = loop(side.server.port, self.seconds, make)
                self.values(side, median).append(statistics.median(times))
                self.values(side, ratio).append(quantile(times, 0.99) / statistics.median(times))

        self.with_servers(True, measure)

    # Models

    def models_warm(self):
        self.with_servers(True, self.ask_models)

    def ask_models(self):
        self.fill_characters()
        recall, jpeg = self.maker(upload("/api/recall?k=3", self.large)), self.maker(upload("/embed", self.large))
        same = upload("/embed", self.large).numbered(0)
        self.medians("recall by a picture, 40 characters, p50", recall)
        self.medians("lone JPEG, p50", jpeg, aim=0.9)
        self.medians("  the same JPEG again, p50", lambda: same)
        if not (self.models and (self.models / TEXT_MODEL).is_dir()):
            self.notes.append(f"texts were not measured: there is no {TEXT_MODEL} in --models")
            return
        self.medians("lone text of 16 words, p50", lambda: words(
            "POST", "/embed", {"model": TEXT_MODEL, "text": self.text()}))
        self.medians("16 texts of 16 words, p50", lambda: words(
            "POST", "/embed/batch", {"model": TEXT_MODEL, "inputs": [self.text() for _ in range(16)]}))

    def text(self):
        return f"{self.numbers.next()} " + " ".join(self.chance.choices(WORDS, k=15))

    def fill_characters(self):
        samples = [numbered(path.read_bytes()) for path in sorted((ROOT / "Samples").rglob("*.jpg"))]
        for side in self.sides:
            with Connection(side.server.port) as connection:
                for number in range(40):
                    request = registration(samples[number % len(samples)])
                    connection.call(request.numbered(self.numbers.next()))
                wait_for_jobs(connection)

    def medians(self, name, make, aim=None):
        figure = self.figure(name, "ms", aim=aim)
        for side in self.sides:
            loop(side.server.port, 0.2, make)
        for side in self.alternately():
            self.values(side, figure).append(statistics.median(loop(side.server.port, self.seconds, make)))

    # Products

    def scans(self):
        pictures = [numbered(path.read_bytes()) for path in sorted((ROOT / "SampleProducts").rglob("*.jpg"))]

        def measure():
            for side in self.sides:
                with Connection(side.server.port) as connection:
                    for number in range(60):
                        path = f"/products?external_id=p-{number}&template=shop&title=Product+{number}"
                        request = upload(path, pictures[number % len(pictures)])
                        connection.call(request.numbered(self.numbers.next()))
                    wait_for_jobs(connection)
            make = self.maker(upload("/products/orchestrate/quick-scan?template=shop&k=3", pictures[0]))
            self.medians("quick scan, 60 products, kept, p50", make)

        self.with_servers(True, measure)

    # Collections

    def vectors(self):
        def measure():
            for side in self.sides:
                self.fill_collection(side.server.port)

            def search():
                record = f"r{self.chance.randrange(RECORDS)}"
                return words("POST", "/api/collections/c/query", {"id": record, "k": 10, "include_payloads": False})

            self.medians(f"vector search by id, {RECORDS:,} × {DIMS}, k 10, p50", search)

        self.with_servers(False, measure)

    def fill_collection(self, port):
        chance = random.Random(3)
        with Connection(port) as connection:
            connection.call(words("POST", "/api/collections", {"name": "c", "metric": "cosine", "dims": DIMS}))
            for start in range(0, RECORDS, 500):
                records = [{"id": f"r{number}", "vector": [round(chance.gauss(0, 1), 3) for _ in range(DIMS)]}
                           for number in range(start, start + 500)]
                connection.call(words("POST", "/api/collections/c/records", {"records": records}))
            connection.call(words("POST", "/api/collections/c/query", {"id": "r0", "k": 1}))

    # Jobs

    def jobs(self):
        pickup = "idle pickup from the acknowledgement"
        wanted = [("enqueue a no-op job, 16 callers, durable", "/s", True, "enqueue"),
                  ("no-op jobs through one worker", "/s", True, "no-op jobs through"),
                  (f"{pickup}, p50", "ms", False, f"{pickup}, p50"), ("  p99", "ms", False, f"{pickup}, p99")]
        figures = [(self.figure(name, unit, is_rate), start) for name, unit, is_rate, start in wanted]
        for side in self.alternately(3):
            values = side.bench("queue")
            for figure, start in figures:
                text = next(value for name, value in values.items() if name.startswith(start))
                self.values(side, figure).append(float(re.match(r"[0-9.]+", text)[0]))


def quantile(times, share):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def durable_files(folder, content, seconds, kind):
    """Milliseconds of each write of these bytes that would survive a power cut, in one of the ways of `DURABLE`."""
    times, end = [], time.perf_counter() + seconds
    directory = os.open(folder, os.O_RDONLY)
    journal = os.open(folder / "journal", os.O_WRONLY | os.O_CREAT, 0o600)
    os.posix_fallocate(journal, 0, 64 << 20)
    for number in itertools.count():
        if time.perf_counter() > end:
            break
        begin = time.perf_counter()
        if kind == JOURNAL:
            os.pwrite(journal, content, number * len(content) % (60 << 20))
            os.fdatasync(journal)
        else:
            file = os.open(folder / ".partial", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.write(file, content)
            os.fdatasync(file)
            os.close(file)
            os.rename(folder / ".partial", folder / f"bare-{number % 500}")
            if kind == FILE_AND_FOLDER:
                os.fsync(directory)
        times.append((time.perf_counter() - begin) * 1e3)
    os.close(journal)
    os.close(directory)
    return times


def wait_for_jobs(connection, seconds=120):
    """Until the queue is empty."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        left = [connection.call(words("GET", f"/api/jobs?status={state}&limit=1", {}))["items"]
                for state in ("pending", "in_progress")]
        if not any(left):
            return
        time.sleep(0.1)
    raise OSError("the jobs do not end")


def programs(folder):
    """The folder of a build's programs."""
    for candidate in (folder, folder / ".build" / "release", folder / "bin"):
        if (candidate / "hearth").is_file():
            return candidate.resolve()
    raise SystemExit(f"There is no program hearth in {folder} or its .build/release; build it first.")


def models_folder(named):
    if named:
        return named.resolve()
    folders = (ROOT / ".deps" / "models", ROOT.parent / "shared" / "models")
    return next((folder for folder in folders if (folder / TEXT_MODEL).is_dir()), None)


def machine():
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    name = processor[1] if processor else "unknown processor"
    return f"{name}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True, help="the old build")
    parser.add_argument("--new", type=Path, default=ROOT, help="the new build; this checkout when absent")
    parser.add_argument("--models", type=Path, help="folder with model folders in it")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.7, help="of each slice")
    measurements = {"start": Comparison.start, "register": Comparison.register, "beside": Comparison.beside,
                    "models": Comparison.models_warm, "scans": Comparison.scans, "vectors": Comparison.vectors,
                    "jobs": Comparison.jobs}
    parser.add_argument("--only", nargs="+", choices=measurements, default=list(measurements), metavar="NAME",
                        help=", ".join(measurements))
    parser.add_argument("--limit", type=int, default=3_600, metavar="SECONDS", help="give up after so long")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    models = models_folder(options.models)
    with limited(options), tempfile.TemporaryDirectory(prefix="hearth-compare-") as folder:
        sides = [Side("old", programs(options.base), Path(folder), models),
                 Side("new", programs(options.new), Path(folder), models)]
        comparison = Comparison(sides, models, options.rounds, options.seconds, Path(folder))
        before = machine()
        for name in options.only:
            print(f"{name} …", file=sys.stderr, flush=True)
            measurements[name](comparison)
    if options.json:
        figures = [vars(figure) | {"ratio": figure.ratio(), "verdict": figure.verdict()}
                   for figure in comparison.figures]
        print(json.dumps({"machine": before, "figures": figures, "notes": comparison.notes}, indent=1))
    else:
        print(before, *table(comparison.figures), sep="\n")
        for note in comparison.notes:
            print(f"· {note}")
    return 1 if any(figure.verdict() == "SLOWER" for figure in comparison.figures) else 0


if __name__ == "__main__":
    sys.exit(main())
