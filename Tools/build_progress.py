#!/usr/bin/env python3
"""Shows how far `swift build` is: reads its output, replaces the steps by a bar or by a line every so often.

    swift build … | python3 Tools/build_progress.py [--costs Tools/build_costs.txt]

What is no step (diagnostics, the last line) is passed on. SwiftPM counts a module of a release build as one step
however large it is; a build from nothing is therefore measured by the costs of its modules, which the file lists in
seconds.
"""

import argparse
import os
import re
import select
import sys
import time
from pathlib import Path

STEP = re.compile(r"^\[(\d+)/(\d+)\] (.*)")
# A build of at least so many steps is one from nothing.
FROM_NOTHING = 300
# Seconds of a module that the list does not have yet.
MODULE_COST = 4.0
# What the linker says of Foundation whenever it is linked in.
NOISE = "the use of `mktemp' is dangerous"
# What the list calls all files of C and C++ that SwiftPM names without their module.
FILES, FILE_COUNT = "files", 780
WIDTH = 24


class Progress:
    """What has been done, and how much there is."""

    def __init__(self, costs):
        self.costs, self.done, self.parts = costs, 0.0, set()
        self.number, self.count, self.largest = 0, 1, 0
        self.what = "planning"

    def step(self, number, count, what):
        self.number, self.count = number, max(count, 1)
        self.largest = max(self.largest, count)
        words = what.split()
        if not words or words[0] not in ("Compiling", "Linking", "Emitting"):
            return
        self.what = " ".join(words[:2])
        if len(words) == 2 and words[1].endswith((".c", ".cc", ".cpp", ".S")):
            self.done += self.costs.get(FILES, 0) / FILE_COUNT
        elif len(words) >= 2 and (part := words[1] if words[0] == "Compiling" else what) not in self.parts:
            self.parts.add(part)
            self.done += self.costs.get(part, MODULE_COST)

    def share(self):
        """0…1, or None when it is not worth a bar."""
        if self.largest < 10:
            return None
        if self.largest < FROM_NOTHING or not self.costs or self.largest > 3 * sum(self.costs.values()):
            return min(self.number / self.count, 1.0)
        return min(self.done / sum(self.costs.values()), 0.99)


def clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


class Screen:
    """A line that is drawn again on a terminal, or one every twenty seconds elsewhere."""

    def __init__(self, out):
        self.out, self.is_terminal = out, out.isatty()
        self.begin, self.next, self.is_drawn = time.monotonic(), 0.0, False

    def draw(self, progress):
        now = time.monotonic()
        if now < self.next:
            return
        share, elapsed = progress.share(), now - self.begin
        if self.is_terminal:
            self.next = now + 0.1
            filled = int((share or 0) * WIDTH)
            bar = "█" * filled + "░" * (WIDTH - filled)
            percent = "    " if share is None else f"{share:4.0%}"
            self.out.write(f"\r\033[K  building  {bar} {percent}  {clock(elapsed)}  {progress.what[:40]}")
            self.is_drawn = True
        elif elapsed > 3:
            self.next = now + 20
            percent = "" if share is None else f"{share:4.0%}  "
            self.out.write(f"  building  {percent}{clock(elapsed)}  {progress.what}\n")
        self.out.flush()

    def clear(self):
        if self.is_drawn:
            self.out.write("\r\033[K")
            self.is_drawn = False

    def line(self, text):
        self.clear()
        self.out.write(text)
        self.out.flush()


def read_costs(path):
    costs = {}
    for line in path.read_text().splitlines() if path and path.exists() else []:
        if line and not line.startswith("#"):
            name, seconds = line.split()
            costs[name] = float(seconds)
    return costs


def lines(source, idle):
    """Lines of a file descriptor as they come; `idle` is called while none comes."""
    rest = b""
    while True:
        if not select.select([source], [], [], 0.5)[0]:
            idle()
            continue
        piece = os.read(source, 65_536)
        if not piece:
            break
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace") + "\n"
    if rest:
        yield rest.decode(errors="replace")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--costs", type=Path)
    progress, screen = Progress(read_costs(parser.parse_args().costs)), Screen(sys.stdout)
    for line in lines(sys.stdin.fileno(), lambda: screen.draw(progress)):
        if match := STEP.match(line):
            progress.step(int(match[1]), int(match[2]), match[3])
            screen.draw(progress)
        elif NOISE not in line:
            screen.line(line)
    screen.clear()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
