#!/usr/bin/env python3
"""Kills Hearth with SIGKILL at random moments while it makes storyboards and videos.

Each round asks for a picture or a video with a character and kills, at some moment of its making, the workers, the
front, or both. What must not appear afterwards: an output that is not completed under its own identifier, half a file,
a file without a row or a row without its file, a program or a folder of a job that has ended, the same recipe with
other bytes.

    python3 Tools/render_crash_test.py [--rounds 300] [--seed 1] [--hearth .build/release/hearth] [--limit 1500]

Python's standard library, and ffprobe for the videos. Exit code 0: every promise held; 1: the broken ones are listed.
"""

import collections
import hashlib
import json
import os
import random
import shutil
import subprocess
import time
from pathlib import Path

from crash.server import ROOT, Server, files_below
from crash.trial import program, run_rounds

JSON = {"Content-Type": "application/json"}
# Recipes that come again: their bytes must be the same each time.
SEEDS = 6
SIDE = 320
UNFINISHED = "SELECT id FROM outputs WHERE state IN ('pending', 'in_progress')"


def sent(server, method, path, body=None, headers=None):
    """The answer's JSON, asked again while the front is away."""
    for _ in range(200):
        try:
            status, answer = server.call(method, path, body, headers)
        except OSError:
            time.sleep(0.05)
            continue
        if status == 503:
            time.sleep(0.1)
            continue
        if status >= 300:
            raise SystemExit(f"{method} {path} → {status} {answer[:300]}")
        return json.loads(answer)
    raise SystemExit(f"{method} {path} is not answered")


def request(number, seed):
    """- Returns: what to ask for, and the name of its recipe."""
    fields = {"prompt": "Mira walks through the rain. She looks up.", "project": "Renders", "character": "Mira",
              "width": SIDE, "height": SIDE, "seed": seed, "idempotency_key": f"render-{number}"}
    if number % 2:
        fields |= {"kind": "video", "seconds": 1}
    return fields, f"{'video' if number % 2 else 'image'} {seed}"


def programs(data):
    """Processes that work in the data folder and are no `hearth`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if Path(words[0]).name in ("ffmpeg", "ffprobe") and any(str(data) in word for word in words):
            found.append(f"{folder.name} {Path(words[0]).name}")
    return found


def is_whole(path):
    if path.suffix == ".png":
        data = path.read_bytes()
        return data[:8] == b"\x89PNG\r\n\x1a\n" and data[-8:-4] == b"IEND"
    answer = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", path],
        capture_output=True, text=True)
    return answer.returncode == 0 and not answer.stderr and answer.stdout.strip() == "24"


def kill(server, chance, counts):
    kind = chance.choice(["workers", "workers", "workers", "front", "both"])
    counts[kind] += 1
    if kind != "front":
        server.kill_worker()
    if kind != "workers":
        server.kill_front()
        server.start()


def inspect(server, asked, faults):
    """What the rows, the files and the processes say when all is done."""
    sums = collections.defaultdict(set)
    for output, name in asked.items():
        row = sent(server, "GET", f"/api/outputs/{output}")
        if row["status"] != "completed":
            faults.append(f"output {output} is {row['status']}: {row.get('failure')}")
            continue
        for file in row["tries"]:
            path = server.data / file["path"]
            if not path.exists():
                faults.append(f"the file of {output} is not there")
                continue
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if digest != file["sha256"] or not is_whole(path):
                faults.append(f"the file of {output} is not whole")
            # Boards say their number, so only videos of one recipe have equal bytes.
            if path.suffix == ".mp4":
                sums[name].add(digest)
    faults += [f"the recipe {name} gave {len(found)} different files" for name, found in sums.items() if len(found) > 1]
    rows = {row[0] for row in server.query("SELECT path FROM output_files")}
    files = {str(path.relative_to(server.data)) for path in files_below(server.data / "projects")
             if "/outputs/" in str(path) and path.suffix in (".png", ".mp4")}
    faults += [f"there is no row of {path}" for path in sorted(files - rows)]
    time.sleep(1)
    faults += [f"a program lives: {words}" for words in programs(server.data)]
    faults += [f"a folder of a job is left: {path}" for path in files_below(server.data / "jobs")]


def run(arguments, seed, folder):
    hearth = program(arguments)
    if shutil.which("ffprobe") is None:
        raise SystemExit("This needs ffprobe; run Scripts/bootstrap.")
    chance = random.Random(seed)
    faults, asked, counts = [], {}, collections.Counter()
    pictures = sorted((ROOT / "Samples").rglob("*.jpg"))
    with Server(hearth, folder / "data") as server:
        server.start()
        sent(server, "POST", "/api/anchors?name=Mira&project=Renders", pictures[0].read_bytes(),
             {"Content-Type": "image/jpeg"})
        for number in range(arguments.rounds):
            fields, name = request(number, chance.randrange(SEEDS))
            output = sent(server, "POST", "/generate", json.dumps(fields), JSON)["output_id"]
            asked[output] = name
            time.sleep(chance.random() ** 2 * (1.6 if number % 2 else 0.8))
            kill(server, chance, counts)
            if sent(server, "POST", "/generate", json.dumps(fields), JSON)["output_id"] != output:
                faults.append(f"the request of {output} made another one")
            # Few at once: an output that waits cannot be killed in its making.
            while len(server.query(UNFINISHED)) > 2:
                time.sleep(0.02)
            if number % 20 == 19:
                print(f"  {number + 1} rounds, {dict(counts)}, slowest start {server.slowest_start * 1000:.0f} ms",
                      flush=True)
        end = time.monotonic() + 60
        while time.monotonic() < end and server.query(UNFINISHED):
            time.sleep(0.1)
        inspect(server, asked, faults)
        if left := server.outlived:
            faults.append(f"workers lived on when the next front answered: {left}")
    print(f"{len(asked)} outputs, kills: {dict(counts)}")
    return faults


if __name__ == "__main__":
    os.environ.pop("HEARTH_URL", None)
    run_rounds(__doc__, "render crash", 200, 1500, run)
