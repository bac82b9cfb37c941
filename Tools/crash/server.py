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


class Server:
    """One `hearth serve` that is killed and started again on the same port and data folder."""

    def __init__(self, hearth, data, environment=None):
        self.hearth, self.data, self.port = hearth, data, free_port()
        self.environment = {**os.environ, **(environment or {})}
        self.log = open(data.parent / "serve.log", "ab")
        self.process = None
        # Counts kills of the front; a request that fails without one in its time is a broken promise.
        self.kills = 0
        self.is_down = True
        self.slowest_start = 0.0

    def start(self):
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [self.hearth, "serve", "--data", str(self.data), "--port", str(self.port)],
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
        self.is_down = False

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
        return children

    def kill_worker(self):
        workers = self.workers()
        for pid in workers:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return bool(workers)

    def kill_front(self):
        self.is_down = True
        self.kills += 1
        self.process.kill()
        self.process.wait()

    def begin_stop(self):
        """SIGTERM, without waiting for what it leads to."""
        self.is_down = True
        self.kills += 1
        self.process.terminate()

    def stop(self):
        self.begin_stop()
        return self.process.wait(timeout=40)
