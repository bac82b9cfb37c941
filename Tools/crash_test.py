#!/usr/bin/env python3
"""Kills Hearth with SIGKILL at random moments while clients register pictures, import products, scan and delete.

Front and workers are killed, together and alone, and workers are stopped (SIGSTOP) while their front is killed, so that
they outlive it. What must not appear afterwards: anything acknowledged that is lost, anything deleted that came back, a
row without its file, a file without a row after the sweep, an import that runs without its job, a job that does not
end, a worker that lives when the next front answers.

    python3 Tools/crash_test.py [--rounds 200] [--seed 1] [--hearth .build/release/hearth] [--limit 900] [--keep]

Python's standard library only. Exit code 0: every promise held; 1: the broken ones are listed.
"""

import collections
import hashlib
import json
import random
import signal
import threading
import time
import urllib.parse

from crash.server import ROOT, Server, files_below
from crash.shop import IMPORT, ShopClient, ShopInspection, ShopLedger
from crash.trial import program, run_rounds

CLIENTS = 4
SHOPS = 2
PROJECTS = 3
CHARACTERS = 60
EXTRACTION = "studio.anchors.extract"
# Folders with files that rows name.
FOLDERS = ("projects", "products", "imports")


class Ledger:
    """What the clients were told, and what they asked for."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = {}  # anchor id → (sha256, character id)
        self.deletion_sent = set()
        self.deleted = set()
        self.unanswered = 0
        self.faults = []


class Client(threading.Thread):
    """Registers unique pictures, repeats unanswered ones, sometimes deletes."""

    def __init__(self, server, ledger, pictures, seed, stopped):
        super().__init__(daemon=True)
        self.server, self.ledger, self.pictures, self.stopped = server, ledger, pictures, stopped
        self.random = random.Random(seed)
        self.mine = []

    def run(self):
        repeated = None
        while not self.stopped.is_set():
            if self.server.is_down:
                time.sleep(0.005)
            elif self.mine and repeated is None and self.random.random() < 0.1:
                self.delete(self.mine.pop(self.random.randrange(len(self.mine))))
            else:
                request = repeated or self.request()
                answered = self.register(*request)
                repeated = None if answered or self.random.random() < 0.5 else request
                time.sleep(self.random.random() * 0.12)

    def request(self):
        character = self.random.randrange(CHARACTERS)
        query = urllib.parse.urlencode({"project": f"P{character % PROJECTS}", "name": f"C{character}"})
        # Bytes after the end of a JPEG are no part of the picture, but make it another file.
        return query, self.random.choice(self.pictures) + self.random.randbytes(16)

    def call(self, method, path, body=None, headers=None):
        """The answer, or nil when the front was killed meanwhile."""
        kills, was_down = self.server.kills, self.server.is_down
        try:
            return self.server.call(method, path, body, headers)
        except OSError as error:
            if not was_down and not self.server.is_down and kills == self.server.kills:
                with self.ledger.lock:
                    self.ledger.faults.append(f"{method} {path} failed though the front lived: {error!r}")
            with self.ledger.lock:
                self.ledger.unanswered += 1
            return None

    def register(self, query, picture):
        answer = self.call("POST", f"/api/anchors?{query}", picture, {"Content-Type": "image/jpeg"})
        if answer is None:
            return False
        status, body = answer
        with self.ledger.lock:
            if status != 201:
                self.ledger.faults.append(f"register answered {status}: {body[:200]!r}")
                return True
            reply = json.loads(body)
            self.ledger.acknowledged[reply["anchor_id"]] = (
                hashlib.sha256(picture).hexdigest(), reply["character_id"])
        self.mine.append(reply["anchor_id"])
        return True

    def delete(self, anchor):
        with self.ledger.lock:
            self.ledger.deletion_sent.add(anchor)
        answer = self.call("DELETE", f"/api/anchors/{anchor}")
        if answer is None:
            return
        with self.ledger.lock:
            if answer[0] == 200:
                self.ledger.deleted.add(anchor)
            else:
                self.ledger.faults.append(f"delete answered {answer[0]}: {answer[1][:200]!r}")


class Inspection:
    """Compares the ledger, the rows, the files and the API."""

    def __init__(self, server, ledger):
        self.server, self.ledger = server, ledger
        self.query = server.query
        self.faults = []

    def expect(self, wrong, sentence):
        """`wrong` lists what breaks a promise."""
        wrong = list(wrong)
        if wrong:
            self.faults.append(f"{len(wrong)} × {sentence}; first: {wrong[:3]}")

    def wait_for_jobs(self):
        """Until nothing is left to do; a queue that does not move for 60 s is a fault. What comes again by itself, the
        upkeep, is not waited for."""
        last, moved = None, time.monotonic()
        while True:
            left, events = self.query(
                "SELECT count(*), coalesce(sum(last_event), 0) FROM jobs"
                " WHERE lane <> 'upkeep' AND state IN ('pending', 'in_progress')")[0]
            if left == 0:
                return
            if (left, events) != last:
                last, moved = (left, events), time.monotonic()
            if time.monotonic() - moved > 60:
                self.faults.append(f"{left} jobs do not end")
                return
            time.sleep(0.1)

    def failed(self):
        """Failed jobs whose picture still exists, and failed imports: what was deleted while its job waited has nothing
        to retry."""
        return self.query(
            "SELECT id, error_code FROM jobs WHERE state = 'failed' AND (kind = ?"
            " AND subject IN (SELECT id FROM anchors) OR kind = ? AND subject IN (SELECT id FROM product_imports))",
            EXTRACTION, IMPORT)

    def retry_failed(self):
        """Quarantined jobs come back by the API and complete.
        - Returns: how many had failed, by code."""
        failed = self.failed()
        for job, code in failed:
            if code != "poison":
                self.faults.append(f"job {job} failed with {code}")
            status, body = self.server.call("POST", f"/api/jobs/{job}/retry")
            if status != 200:
                self.faults.append(f"retry of {job} answered {status}: {body[:200]!r}")
        self.wait_for_jobs()
        self.expect(self.failed(), "jobs failed again after their retry")
        return collections.Counter(code for _, code in failed)

    def orphans(self):
        """Files that no row names: pictures, recipes beside them, and what was only half written."""
        known = {path for (path,) in self.query(
            "SELECT path FROM anchors UNION ALL SELECT path FROM product_images"
            " UNION ALL SELECT path FROM product_import_pieces")}
        files = [path.relative_to(self.server.data).as_posix() for path in self.files()]
        return [f for f in files if f not in known and f.removesuffix(".json") not in known]

    def files(self):
        return [path for folder in FOLDERS for path in files_below(self.server.data / folder)]

    def wait_for_sweep(self):
        """A kill leaves files without a row. A server notes them when it starts; those that still have none go with the
        next start, because no process lives then that could be about to commit one."""
        note = self.server.data / "run" / "unnamed-files.json"
        self.restart()
        left = len(self.orphans())
        end = time.monotonic() + 30
        while left and not note.exists() and time.monotonic() < end:
            time.sleep(0.1)
        self.restart()
        return left

    def restart(self):
        if (code := self.server.stop()) != 0:
            self.faults.append(f"the server ended with {code} after SIGTERM")
        self.server.start()

    def check(self):
        self.check_rows()
        self.check_files()
        self.check_jobs()
        self.check_vectors()
        self.expect(
            (row for row in self.query("PRAGMA integrity_check") if row != ("ok",)), "the database is damaged")
        self.expect(self.query("PRAGMA foreign_key_check"), "rows point to nothing")

    def check_rows(self):
        rows = dict(self.query("SELECT id, sha256 FROM anchors"))
        ledger = self.ledger
        self.expect(
            (anchor for anchor, (sha, _) in ledger.acknowledged.items()
             if anchor not in ledger.deletion_sent and rows.get(anchor) != sha),
            "acknowledged registrations are lost")
        self.expect((anchor for anchor in ledger.deleted if anchor in rows), "deleted anchors are back")
        emptied = {ledger.acknowledged[anchor][1] for anchor in ledger.deletion_sent}
        bare = self.query("SELECT id FROM characters WHERE id NOT IN (SELECT character_id FROM anchors)")
        self.expect((row[0] for row in bare if row[0] not in emptied), "characters were made without their anchor")

    def check_files(self):
        for path, sha in self.query("SELECT path, sha256 FROM anchors"):
            file = self.server.data / path
            if not file.is_file():
                self.faults.append(f"row without its file: {path}")
            elif hashlib.sha256(file.read_bytes()).hexdigest() != sha:
                self.faults.append(f"file with other bytes: {path}")
        self.expect(self.orphans(), "old files have no row")

    def check_jobs(self):
        self.expect(
            self.query("SELECT j.id, a.id FROM jobs j JOIN anchors a ON a.id = j.subject WHERE j.state = 'cancelled'"
                       " AND j.id = a.job_id"),
            "jobs are cancelled though their anchor lives")
        self.expect(
            self.query("SELECT id FROM anchors WHERE job_id NOT IN (SELECT id FROM jobs)"), "anchors have no job")
        self.expect(
            self.query("SELECT j.id, j.last_event, count(e.number), min(e.number), max(e.number) FROM jobs j"
                       " LEFT JOIN job_events e ON e.job_id = j.id GROUP BY j.id"
                       " HAVING count(e.number) <> j.last_event OR min(e.number) <> 1 OR max(e.number) <> j.last_event"),
            "event numbers have gaps")
        self.expect(
            self.query("SELECT j.id, j.state, e.state FROM jobs j JOIN job_events e ON e.job_id = j.id"
                       " AND e.number = j.last_event WHERE j.state <> e.state"),
            "last events tell another state than the job")

    def check_vectors(self):
        self.expect(
            self.query("SELECT id FROM anchors WHERE embedded_digest IS NULL OR id NOT IN"
                       " (SELECT item_id FROM embeddings)"),
            "anchors have no vector")
        self.expect(
            self.query("SELECT e.item_id FROM embeddings e JOIN collections c ON c.id = e.collection_id"
                       " WHERE c.scope NOT LIKE 'products/%' AND e.item_id NOT IN (SELECT id FROM anchors)"),
            "vectors have no anchor")
        count = self.query("SELECT count(*) FROM anchors")[0][0]
        anchors = [row[0] for row in self.query("SELECT id FROM anchors ORDER BY random() LIMIT 300")]
        for anchor in anchors:
            status, body = self.server.call(
                "POST", "/api/recall", json.dumps({"anchor_id": anchor, "k": 3}), {"Content-Type": "application/json"})
            reply = json.loads(body)
            if status != 200:
                self.faults.append(f"recall of {anchor} answered {status}: {body[:200]!r}")
            elif reply["compared"] != count:
                self.faults.append(f"recall compared {reply['compared']} of {count} anchors")
            elif not reply["matches"] or reply["matches"][0]["score"] < 0.999:
                self.faults.append(f"recall of {anchor} does not find it: {reply['matches'][:1]}")


def attack(server, chance, rounds):
    """Kills at random moments.
    - Returns: how many of each kind."""
    kills = collections.Counter()
    for number in range(rounds):
        # Often at once after a start, when everything is half done; often later, when jobs are running.
        time.sleep(chance.choice((0.05, 0.3, 0.6, 2)) * chance.random() + 0.02)
        target = chance.choice(("worker", "worker", "front", "front", "both", "orphan", "pause"))
        if target in ("worker", "pause") and not server.workers():
            target = "front"
        if target in ("worker", "both"):
            server.kill_worker()
        if target == "orphan":
            # They cannot notice that their front is gone, and would go on when they are continued.
            server.signal_workers(signal.SIGSTOP)
        if target == "pause":
            server.signal_workers(signal.SIGSTOP)
            time.sleep(0.3 * chance.random())
            server.signal_workers(signal.SIGCONT)
        if target not in ("worker", "pause"):
            server.kill_front()
            time.sleep(chance.choice((0, 0, 0.05)) * chance.random())
            server.start()
        kills[target] += 1
        if (number + 1) % 50 == 0:
            print(f"  round {number + 1}: {dict(kills)}", flush=True)
    return kills


def run(arguments, seed, folder):
    """Attacks, inspects and tells.
    - Returns: the broken promises."""
    pictures = [path.read_bytes() for path in sorted((ROOT / "Samples").rglob("*.jpg"))]
    ledger, shop, stopped = Ledger(), ShopLedger(), threading.Event()
    begin = time.monotonic()
    with Server(program(arguments), folder / "data") as server:
        inspection = Inspection(server, ledger)
        server.start()
        clients = [Client(server, ledger, pictures, f"{seed}-{i}", stopped) for i in range(CLIENTS)]
        clients += [ShopClient(server, shop, f"{seed}-{i}", stopped) for i in range(SHOPS)]
        try:
            for client in clients:
                client.start()
            kills = attack(server, random.Random(seed), arguments.rounds)
        finally:
            stopped.set()
            for client in clients:
                client.join()
        attacked = time.monotonic() - begin
        inspection.wait_for_jobs()
        failed = inspection.retry_failed()
        swept = inspection.wait_for_sweep()
        inspection.check()
        ShopInspection(server, shop, inspection.expect).check()
        inspection.expect(server.outlived, "workers lived when the next front answered")
        if (code := server.stop()) != 0:
            inspection.faults.append(f"the server ended with {code} after SIGTERM")
        inspection.expect(server.orphans(), "workers outlive their server")
    print(f"{arguments.rounds} rounds in {attacked:.0f} s: killed {dict(kills)}; slowest start "
          f"{server.slowest_start * 1000:.0f} ms")
    print(f"{len(ledger.acknowledged)} acknowledged, {ledger.unanswered} unanswered, {len(ledger.deletion_sent)} "
          f"deletions sent, failed jobs {dict(failed)} (retried), {swept} files without a row swept")
    print("shop: " + ", ".join(f"{count} × {name}" for name, count in sorted(shop.counts.items())))
    untried = [name for name in ("scan", "delete a scan", "import") if not shop.counts.get(name)]
    if not ledger.acknowledged or untried:
        inspection.faults.append(f"not all was tried: {len(ledger.acknowledged)} registered, none of {untried}")
    return ledger.faults + shop.faults + inspection.faults


if __name__ == "__main__":
    run_rounds(__doc__, "crash", rounds=200, limit=900, run=run)
