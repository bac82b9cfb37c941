"""One of two builds that are compared: its programs, its running server, and what the kernel says about it."""

import json
import os
import subprocess
import time
from pathlib import Path

from crash.server import Server


class Side:
    """A build, by the folder of its programs."""

    def __init__(self, name, programs, folder, models):
        self.name, self.programs, self.folder = name, programs, folder
        self.environment = {"HEARTH_LOG_LEVEL": "error"}
        if models:
            self.environment["HEARTH_MODELS"] = str(models)
        self.servers = 0
        self.server = None

    @property
    def hearth(self):
        return self.programs / "hearth"

    def fresh(self, has_worker):
        """A server on an empty data folder."""
        self.servers += 1
        environment = {**self.environment, "HEARTH_WORKER": "true" if has_worker else "false"}
        return Server(self.hearth, self.folder / f"{self.name}-{self.servers}" / "data", environment)

    def bench(self, measurement):
        """The figures of the build's own benchmark, by name."""
        own = self.programs / "hearth-bench"
        command = [str(own)] if own.exists() else [str(self.hearth), "bench"]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HEARTH_")}
        done = subprocess.run([*command, "all", "--only", measurement, "--seconds", "1", "--json"], env=environment,
                              capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise OSError(f"the {self.name} build's own benchmark failed: {done.stderr.strip()[-300:]}")
        return {figure["name"].strip(): figure["value"] for figure in json.loads(done.stdout)["figures"]}


def resident(pid):
    """Megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def processor_time(pid):
    """Milliseconds that all living threads of a process have had, to the nanosecond."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except OSError:
            pass
    return total / 1e6


def wait_until_ready(server, seconds=120):
    """Until every model is where it should be."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.call("GET", "/health/warm")[0] == 200:
            return
        time.sleep(0.05)
    raise OSError("the models do not become ready")


def start_time(server):
    """Milliseconds from the start of the process until /health answers; the server is stopped again."""
    with server:
        server.start()
        return server.slowest_start * 1e3
