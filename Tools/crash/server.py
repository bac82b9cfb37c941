"""A `hearth serve` of one's own for tests that kill it."""

import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def files_below(folder):
    """The files of a folder whose server may remove some meanwhile."""
    # os.walk leaves out folders that are gone when it comes to them; Path.rglob raises.
    return [Path(parent) / name for parent, _, names in os.walk(folder) for name in names]


def started_at(pid):
    """The kernel's start time of a process, which tells it from a later one with the same id; None: it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def state_of(pid):
    """The kernel's letter for what a process does, such as T for stopped; None: it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


class Server:
    """One `hearth serve` that is killed and started again on the same port and data folder.

    Used in a `with` statement, the server and every worker that was seen are ended by their ids when the block is left.
    """

    def __init__(self, hearth, data, environment=None, arguments=()):
        """- Parameter environment: `HEARTH_…` variables; those of the shell are not passed on."""
        self.hearth, self.data, self.port = hearth, data, free_port()
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("HEARTH_")}
        self.environment |= environment or {}
        self.arguments = list(arguments)
        data.parent.mkdir(parents=True, exist_ok=True)
        self.log = open(data.parent / "serve.log", "ab")
        self.process = None
        # Counts kills of the front; a request that fails without one in its time is a broken promise.
        self.kills = 0
        self.is_down = True
        self.slowest_start = 0.0
        self.seen = {}
        # Workers of a killed front that still lived when the next one answered.
        self.outlived = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.end()

    def start(self):
        begin = time.monotonic()
        earlier = self.living_workers()
        self.process = subprocess.Popen(
            [self.hearth, "serve", "--data", str(self.data), "--port", str(self.port), *self.arguments],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        while True:
            try:
                if self.call("GET", "/health", timeout=2)[0] == 200:
                    break
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() - begin > 30:
                raise SystemExit(f"The front does not start; see {self.log.name}")
            time.sleep(0.005)
        self.slowest_start = max(self.slowest_start, time.monotonic() - begin)
        # The new front's own workers are not among those: they were not seen before it.
        self.outlived += self.still_there([pid for pid in self.living_workers() if pid in earlier])
        self.is_down = False

    def still_there(self, workers):
        """Workers of a killed front that should not live any more: those that may write, and those that go on.

        One whose front was killed before it took the lock of writers has opened nothing yet, whether it is
        stopped or about to begin. It ends as soon as it goes on.
        """
        early = [pid for pid in workers if not self.may_write(pid)]
        for pid in early:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass
        end = time.monotonic() + 2
        while any(started_at(pid) for pid in early) and time.monotonic() < end:
            time.sleep(0.01)
        return [pid for pid in workers if pid not in early or started_at(pid)]

    def may_write(self, pid):
        """Whether a process holds the lock of the folder's writers."""
        try:
            inode = (self.data / "workers.lock").stat().st_ino
        except FileNotFoundError:
            return False
        locks = (line.split() for line in Path("/proc/locks").read_text().splitlines())
        return any(str(pid) in lock and any(field.endswith(f":{inode}") for field in lock) for lock in locks)

    def call(self, method, path, body=None, headers=None, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        except http.client.HTTPException as error:
            raise OSError(repr(error)) from error
        finally:
            connection.close()

    def query(self, sql, *values):
        """Rows of the database."""
        database = sqlite3.connect(f"file:{self.data}/hearth.db?mode=ro", uri=True, timeout=30)
        try:
            return database.execute(sql, values).fetchall()
        finally:
            database.close()

    def workers(self):
        """Process ids of the front's children."""
        children = []
        for task in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            try:
                children += [int(pid) for pid in task.read_text().split()]
            except OSError:
                pass
        for pid in children:
            if begin := started_at(pid):
                self.seen[pid] = begin
        return children

    def living_workers(self):
        """Those of the workers that were ever seen and have not ended."""
        self.seen = {pid: begin for pid, begin in self.seen.items() if started_at(pid) == begin}
        return list(self.seen)

    def kill_worker(self):
        return self.signal_workers(signal.SIGKILL)

    def signal_workers(self, number):
        """- Returns: whether there were any."""
        workers = self.workers()
        for pid in workers:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        return bool(workers)

    def kill_front(self):
        self.workers()
        self.is_down = True
        self.kills += 1
        self.process.kill()
        self.process.wait()

    def begin_stop(self):
        """SIGTERM, without waiting for what it leads to."""
        self.workers()
        self.is_down = True
        self.kills += 1
        self.process.terminate()

    def stop(self):
        """SIGTERM.
        - Returns: the exit code."""
        self.begin_stop()
        return self.process.wait(timeout=40)

    def orphans(self, seconds=10):
        """Workers that live on `seconds` after their front has ended; there must be none."""
        end = time.monotonic() + seconds
        while (left := self.living_workers()) and time.monotonic() < end:
            time.sleep(0.05)
        return left

    def end(self):
        """Ends the front and every worker, in whatever state they are."""
        if self.process is not None and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill_front()
        for pid in self.orphans(2):
            os.kill(pid, signal.SIGKILL)
        self.log.close()
