#!/usr/bin/env python3
"""Prints the tables of docs/models/scatter.md and evaluation.md for pictures of your own.

    python3 Tools/model_tables.py changes --model scatter --model mobilenet-v1-imgemb Samples=Samples fruit=~/fruit
    python3 Tools/model_tables.py known --model scatter Samples=Samples
    python3 Tools/model_tables.py anchors --model scatter Samples=Samples cartons=~/cartons gophers=~/gophers

Each NAME=FOLDER is a set of pictures as `hearth studio eval` takes it: one sub-folder for each character. `changes`
says what the models bear, and what finds another picture of the same character; `known` what their thresholds make of
the sets; `anchors` which scores strangers reach, by the number of pictures that they are compared with.

The programs are those of `make build` unless `--programs` names another folder; `--models` names the folder of other
models. Python's standard library only.
"""

import argparse
import base64
import json
import math
import os
import random
import struct
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".gif"}
CHANGES = {
    "none": "as it is",
    "smaller": "a third of the size",
    "cropped": "cropped by a tenth",
    "compressed": "JPEG of quality 30",
    "mirrored": "mirrored",
    "darker": "darker by 40 %",
    "brighter": "brighter by 40 %",
    "grey": "without colour",
    "tilted": "turned by 10°",
    "turned": "turned by 90°",
    "dark_background": "dark background",
    "busy_background": "background of spots",
}
# Of strangers, the part that a threshold may take for a character.
SHARE = 0.10
ROUNDS = 600


def evaluated(folder, model, options, *more):
    """What `hearth studio eval` says of a model on a folder: its report on each change."""
    command = [Path(options.programs) / "hearth", "studio", "eval", folder, "--model", model, "--json", *more]
    if options.models:
        command += ["--models", options.models]
    done = subprocess.run(command, stdout=subprocess.PIPE)
    if done.returncode:
        # The program has said why.
        raise SystemExit(done.returncode)
    return {change["change"]: change for change in json.loads(done.stdout)["models"][0]["changes"]}


def table(head, rows):
    """Prints a table in Markdown."""
    for row in [head, ["---"] * len(head), *rows]:
        print("| " + " | ".join(row) + " |")
    print()


def share(value):
    return "-" if value is None else f"{value:.3f}"


def print_changes(options):
    """Two tables: how many changed pictures find themselves, and which part finds another of its character."""
    reports = {
        (name, model): evaluated(folder, model, options) for name, folder in options.sets for model in options.model
    }
    columns = list(reports)
    rows = []
    for change, words in CHANGES.items():
        cells = []
        for column in columns:
            report = reports[column].get(change)
            cells.append(f"{round(report['itself'] * report['pictures'])} of {report['pictures']}" if report else "")
        rows.append([words, *cells])
    table(["itself", *(f"{name}, {model}" for name, model in columns)], rows)
    rows = [
        [words, *(share(reports[column].get(change, {}).get("top1")) for column in columns)]
        for change, words in CHANGES.items()
    ]
    table(["another", *(f"{name}, {model}" for name, model in columns)], rows)


def print_known(options):
    """What the thresholds of the models make of each set."""
    rows = []
    for model in options.model:
        for name, folder in options.sets:
            report = evaluated(folder, model, options, "--unchanged")["none"]
            decision = report.get("decision")
            if decision is None:
                raise SystemExit(f"model_tables: {model} names no threshold")
            rows.append(
                [model, name, str(report["pictures"]), str(report["owners"]), share(decision["threshold"])]
                + [share(decision.get("strangers_accepted")), share(decision.get("known")), share(report.get("top1"))]
            )
    table(["model", "set", "pictures", "characters", "threshold", "strangers taken", "known", "found"], rows)


def pictures(folder):
    """The pictures of a set by their characters, sorted."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix.lower() in PICTURES:
            owner = path.parent if path.parent != Path(folder) else path
            found.setdefault(owner, []).append(path)
    return list(found.values())


def cosines(characters, model, options):
    """The character of each picture, and the cosine of each two."""
    # The worker writes nothing: the folder of data is only named.
    environment = dict(os.environ, HEARTH_WORKER_ID="vectors", HEARTH_DATA="none")
    if options.models:
        environment["HEARTH_MODELS"] = options.models
    worker = subprocess.Popen(
        [Path(options.programs) / "hearth-worker", "vectors", model],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    head = json.loads(worker.stdout.readline())
    if "error" in head:
        raise SystemExit(f"model_tables: {head['error']}")
    owners, vectors = [], []
    for owner, paths in enumerate(characters):
        for path in paths:
            worker.stdin.write(json.dumps({"path": str(path.resolve()), "changes": []}).encode() + b"\n")
            worker.stdin.flush()
            answer = json.loads(worker.stdout.readline())
            if "error" in answer:
                print(f"model_tables: {path} is left out: {answer['error']}", file=sys.stderr)
                continue
            data = base64.b64decode(answer["picture"])
            vector = struct.unpack(f"<{len(data) // 4}f", data)
            length = math.sqrt(sum(value * value for value in vector)) or 1
            owners.append(owner)
            vectors.append([value / length for value in vector])
    worker.stdin.close()
    worker.wait()
    return owners, [[sum(map(float.__mul__, one, other)) for other in vectors] for one in vectors]


def searches(owners, scores, count, each, rng):
    """Best scores of strangers, and scores of those who find their character (None: it is not found), when `count`
    characters have `each` pictures that are compared; None when the set is too small for that."""
    by_owner = {}
    for picture, owner in enumerate(owners):
        by_owner.setdefault(owner, []).append(picture)
    strangers, known = [], []
    for _ in range(ROUNDS):
        order = rng.sample(sorted(by_owner), len(by_owner))
        usable = [owner for owner in order if len(by_owner[owner]) >= each]
        if len(usable) < count or len(order) <= count:
            return None
        compared, rest = [], []
        for owner in usable[:count]:
            shuffled = rng.sample(by_owner[owner], len(by_owner[owner]))
            compared += shuffled[:each]
            rest += shuffled[each:]
        inside = set(usable[:count])
        stranger = rng.choice([picture for picture, owner in enumerate(owners) if owner not in inside])
        strangers.append(max(scores[stranger][other] for other in compared))
        for picture in rest[:3]:
            best = max(compared, key=scores[picture].__getitem__)
            known.append(scores[picture][best] if owners[best] == owners[picture] else None)
    return strangers, known


def part(scores, threshold):
    """The part that reaches a threshold; None when there is nothing to look at."""
    return sum(score is not None and score >= threshold for score in scores) / len(scores) if scores else None


def print_anchors(options):
    """The threshold that a share of strangers reaches, and what a rule makes of it, by the number of anchors."""
    measured = {}
    for name, folder in options.sets:
        owners, scores = cosines(pictures(folder), options.model[0], options)
        for each in (1, 2, 3):
            for count in (1, 2, 4, 8, 16, 32):
                found = searches(owners, scores, count, each, random.Random(1))
                if found:
                    measured[name, count * each, each] = found

    def threshold(compared, lower):
        return options.threshold - lower * max(0, math.log2(options.anchors / compared))

    rows = []
    for (name, compared, each), (strangers, known) in measured.items():
        limit = sorted(strangers)[int((1 - SHARE) * len(strangers))]
        cells = [name, str(compared), str(each), f"{limit:.3f}"]
        for lower in (0, options.per_halving):
            value = threshold(compared, lower)
            cells += [f"{value:.3f}", share(part(strangers, value)), share(part(known, value))]
        rows.append(cells)
    one, rule = "one threshold", "falling"
    columns = [f"{rule_name}: {words}" for rule_name in (one, rule) for words in ("score", "strangers", "known")]
    table(["set", "anchors", "of each character", f"{SHARE:.0%} of strangers reach", *columns], rows)
    print_left_out(measured, threshold, [name for name, _ in options.sets])


def print_left_out(measured, threshold, names):
    """For each set: the largest step that keeps the share of strangers on the others, and what it does on this one."""

    def mean(chosen, column, lower):
        values = []
        for name in chosen:
            parts = [
                part(found[column], threshold(compared, lower))
                for (of, compared, _), found in measured.items()
                if of == name
            ]
            parts = [value for value in parts if value is not None]
            values += [sum(parts) / len(parts)] if parts else []
        return sum(values) / len(values) if values else None

    rows = []
    for name in names if len(names) > 1 else []:
        others = [other for other in names if other != name]
        step = max(step / 1000 for step in range(31) if mean(others, 0, step / 1000) <= SHARE)
        rows.append([name, f"{step:.3f}", share(mean([name], 0, step)), share(mean([name], 1, step))])
    if rows:
        table(["left out", "step chosen on the others", "strangers taken", "known"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=["changes", "known", "anchors"])
    parser.add_argument("sets", nargs="+", metavar="NAME=FOLDER", help="a set of pictures")
    parser.add_argument("--model", action="append", required=True, help="`anchors` takes one")
    parser.add_argument("--models", help="folder of models besides the built-in one")
    parser.add_argument("--programs", default=ROOT / ".build" / "release", help="folder of hearth and hearth-worker")
    parser.add_argument("--threshold", type=float, default=0.91, help="of many anchors, for `anchors`")
    parser.add_argument("--anchors", type=int, default=64, help="from how many on it holds, for `anchors`")
    parser.add_argument("--per-halving", type=float, default=0.01, help="how much lower for half as many")
    options = parser.parse_args()
    options.sets = [(name, os.path.expanduser(folder)) for name, _, folder in (s.partition("=") for s in options.sets)]
    for name, folder in options.sets:
        if not os.path.isdir(folder):
            raise SystemExit(f"model_tables: {name}={folder} names no folder; write NAME=FOLDER")
    {"changes": print_changes, "known": print_known, "anchors": print_anchors}[options.table](options)


if __name__ == "__main__":
    main()
