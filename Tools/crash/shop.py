"""A client that imports products, scans pictures and deletes both; and what must hold afterwards.

What must not appear: an acknowledged scan, import or product that is lost; a deleted one that comes back; a row without
its file; a file without a row after the sweep; an import that runs without a job that does.
"""

import base64
import hashlib
import io
import json
import random
import threading
import time
import zipfile

from crash.server import ROOT

JPEG = {"Content-Type": "image/jpeg"}
# What a server says that has no worker at the moment, or that is told to stop.
BUSY = (429, 503, 504)
IMPORT = "products.imports.run"


def pictures():
    """Small ones, because they are sent many times."""
    return [path.read_bytes() for path in sorted((ROOT / "SampleProducts").rglob("*.jpg"))
            if path.stat().st_size < 20_000]


class ShopLedger:
    """What the clients were told, and what they asked for."""

    def __init__(self):
        self.lock = threading.Lock()
        self.imports = {}  # import id → the external ids of its rows
        self.stopped_imports = set()  # a cancellation or a deletion was sent
        self.deleted_imports = set()
        self.scans = set()
        self.scan_deletion_sent = set()
        self.deleted_scans = set()
        self.product_deletion_sent = set()  # external ids
        self.deleted_products = set()
        self.counts = {}
        self.faults = []

    def add(self, name):
        with self.lock:
            self.counts[name] = self.counts.get(name, 0) + 1

    def fault(self, sentence):
        with self.lock:
            self.faults.append(sentence)


class ShopClient(threading.Thread):
    """Imports, scans and deletes, one after the other, until it is told to stop."""

    def __init__(self, server, ledger, seed, stopped):
        super().__init__(daemon=True)
        self.server, self.ledger, self.stopped = server, ledger, stopped
        self.chance = random.Random(seed)
        self.name = f"shop-{seed}"
        self.pictures = pictures()
        self.count = 0
        self.my_scans, self.my_imports, self.my_products = [], [], []

    def run(self):
        actions = [self.scan] * 6 + [self.delete_scan] * 3 + [self.begin_import] * 2 + [
            self.stop_import, self.delete_import, self.delete_product]
        while not self.stopped.is_set():
            if self.server.is_down:
                time.sleep(0.005)
                continue
            try:
                self.chance.choice(actions)()
            except ConnectionError:
                self.ledger.add("unanswered")
            time.sleep(self.chance.random() * 0.1)

    def call(self, what, method, path, body=None, headers=None, expected=(200,)):
        """The answer as JSON; None when the server is busy.
        - Raises: ConnectionError when the front was killed meanwhile."""
        kills, was_down = self.server.kills, self.server.is_down
        try:
            status, answer = self.server.call(method, path, body, headers)
        except OSError as error:
            if not was_down and not self.server.is_down and kills == self.server.kills:
                self.ledger.fault(f"{method} {path} failed though the front lived: {error!r}")
            raise ConnectionError from error
        if status in BUSY:
            self.ledger.add(f"{what}: busy")
            return None
        if status not in expected:
            self.ledger.fault(f"{what} answered {status}: {answer[:200]!r}")
            return None
        self.ledger.add(what)
        return json.loads(answer)

    def picture(self):
        # Bytes after the end of a JPEG are no part of the picture, but make it another file.
        return self.chance.choice(self.pictures) + self.chance.randbytes(16)

    # Scans

    def scan(self):
        # The vector of a picture that was seen before is known, also while there is no worker.
        picture = self.picture() if self.chance.random() < 0.2 else self.chance.choice(self.pictures)
        reply = self.call("scan", "POST", "/products/orchestrate/quick-scan?k=3", picture, JPEG)
        if reply and reply.get("is_stored"):
            with self.ledger.lock:
                self.ledger.scans.add(reply["scan_id"])
            self.my_scans.append(reply["scan_id"])

    def delete_scan(self):
        """Often the newest, whose record is still in the log; sometimes its row is not made yet."""
        if not self.my_scans:
            return
        scan = self.my_scans.pop(-1 if self.chance.random() < 0.6 else self.chance.randrange(len(self.my_scans)))
        with self.ledger.lock:
            self.ledger.scan_deletion_sent.add(scan)
        if self.call("delete a scan", "DELETE", f"/products/scans/{scan}") is not None:
            with self.ledger.lock:
                self.ledger.deleted_scans.add(scan)

    # Imports

    def begin_import(self):
        self.count += 1
        rows, form = self.chance.choice(((3, self.archive), (40, self.archive), (3, self.lines), (250, self.lines)))
        ids = [f"{self.name}-{self.count}-{row}" for row in range(rows)]
        kind, file = form(ids)
        reply = self.call(
            "import", "POST", "/products/import", file, {"Content-Type": kind}, expected=(201,))
        if reply:
            with self.ledger.lock:
                self.ledger.imports[reply["import_id"]] = ids
            self.my_imports.append(reply)
            self.my_products += ids

    def lines(self, ids):
        rows = []
        for number, name in enumerate(ids):
            row = {"external_id": name, "title": f"Product {name}"}
            if number % 8 == 0:
                row["images_base64"] = [base64.b64encode(self.picture()).decode()]
            rows.append(json.dumps(row) + "\n")
        return "application/jsonl", "".join(rows).encode()

    def archive(self, ids):
        """A folder for each product."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name in ids:
                archive.writestr(f"{name}/description.txt", f"Product {name}")
                archive.writestr(f"{name}/view.jpg", self.picture())
        return "application/zip", file.getvalue()

    def one_import(self):
        if not self.my_imports:
            return None
        chosen = self.my_imports[-1] if self.chance.random() < 0.7 else self.chance.choice(self.my_imports)
        with self.ledger.lock:
            self.ledger.stopped_imports.add(chosen["import_id"])
        return chosen

    def stop_import(self):
        if chosen := self.one_import():
            self.call("cancel an import", "POST", f"/jobs/{chosen['job_id']}/cancel")

    def delete_import(self):
        if not (chosen := self.one_import()):
            return
        self.my_imports.remove(chosen)
        name = chosen["import_id"]
        if self.call("delete an import", "DELETE", f"/products/imports/{name}") is not None:
            with self.ledger.lock:
                self.ledger.deleted_imports.add(name)

    def delete_product(self):
        """Of an import that has ended, so that no row of it makes the product again."""
        if not self.my_products:
            return
        name = self.my_products.pop(self.chance.randrange(len(self.my_products)))
        owner = next(key for key, ids in self.ledger.imports.items() if name in ids)
        if owner in self.ledger.deleted_imports:
            return
        shown = self.call("look at an import", "GET", f"/products/imports/{owner}", expected=(200, 404))
        if not shown or shown.get("state") != "completed":
            return
        with self.ledger.lock:
            self.ledger.product_deletion_sent.add(name)
        # An import that was cancelled may have left the product out.
        reply = self.call("delete a product", "DELETE", f"/products/{name}", expected=(200, 404))
        if reply is not None:
            with self.ledger.lock:
                self.ledger.deleted_products.add(name)


class ShopInspection:
    """Compares the ledger with the rows and the files; `expect` is that of the inspection that it is a part of."""

    def __init__(self, server, ledger, expect):
        self.server, self.ledger, self.expect = server, ledger, expect

    def check(self):
        self.check_scans()
        self.check_imports()
        self.check_products()
        self.check_files()

    def check_scans(self):
        rows = {row[0] for row in self.server.query("SELECT id FROM product_scans")}
        ledger = self.ledger
        self.expect(ledger.scans - ledger.scan_deletion_sent - rows, "acknowledged scans are lost")
        self.expect(ledger.deleted_scans & rows, "deleted scans are back")

    def check_imports(self):
        ledger = self.ledger
        rows = {row[0]: row[1:] for row in self.server.query(
            "SELECT i.id, i.state, i.accepted, i.failure, j.state, j.error_code FROM product_imports i"
            " LEFT JOIN jobs j ON j.id = i.job_id")}
        self.expect(
            (key for key in ledger.imports if key not in rows and key not in ledger.stopped_imports),
            "acknowledged imports are lost")
        self.expect((key for key in ledger.deleted_imports if key in rows), "deleted imports are back")
        self.expect(
            (key for key, row in rows.items() if row[0] == "receiving"), "imports of one request were begun by half")
        self.expect(
            ((key, *row) for key, row in rows.items()
             if row[0] == "running" and row[3] not in ("pending", "in_progress")),
            "imports run without a job that does")
        self.expect(
            ((key, *row) for key, row in rows.items()
             # A deletion that was begun goes on by itself; it was not acknowledged.
             if row[0] != "deleting" and (row[0] == "completed") != (row[3] == "completed")),
            "imports and their jobs are of two opinions")
        self.expect(
            ((key, *row) for key, row in rows.items() if key in ledger.imports and key not in ledger.stopped_imports
             and (row[0] != "completed" or row[1] != len(ledger.imports[key]))),
            "imports that were not stopped are not read to their end")

    def check_products(self):
        ledger = self.ledger
        rows = {row[0] for row in self.server.query("SELECT external_id FROM products")}
        self.expect((name for name in ledger.deleted_products if name in rows), "deleted products are back")
        kept = [name for key, ids in ledger.imports.items() if key not in ledger.stopped_imports for name in ids]
        self.expect(
            (name for name in kept if name not in rows and name not in ledger.product_deletion_sent),
            "products of imports are lost")

    def check_files(self):
        for path, sha in self.server.query("SELECT path, sha256 FROM product_images"):
            file = self.server.data / path
            if not file.is_file():
                self.expect([path], "rows have no file")
            elif hashlib.sha256(file.read_bytes()).hexdigest() != sha:
                self.expect([path], "files have other bytes")
        for (path,) in self.server.query("SELECT path FROM product_import_pieces"):
            if not (self.server.data / path).is_file():
                self.expect([path], "pieces of imports have no file")
