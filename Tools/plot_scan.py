#!/usr/bin/env python3
"""Draws how long a vector scan takes by the number of vectors.

    hearth-bench --only vectors | tee figures.txt
    python3 Tools/plot_scan.py figures.txt > docs/vectors-scan.svg

Reads the lines that begin with "curve:" and draws both axes by powers of ten. Python's standard library only.
"""

import math
import re
import sys

LINE = re.compile(r"curve: (\d+) × (\d+) +one query (\d+) µs, (\d+) queries (\d+) µs, reading (\d+) µs")
WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 170, 30, 60


def points(lines):
    """(vectors, one query, several queries, plain reading), times in ms; and the dimensions and number of queries."""
    rows, dims, queries = [], "", ""
    for line in lines:
        found = LINE.search(line)
        if found:
            count, dims, one, queries, several, reading = found.groups()
            rows.append((int(count), int(one) / 1e3, int(several) / 1e3, int(reading) / 1e3))
    if len(rows) < 2:
        raise SystemExit("plot_scan: no lines of `hearth-bench --only vectors` with a curve")
    return rows, dims, queries


def axis(values):
    """The powers of ten that enclose the values."""
    return math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))


def label(power, unit):
    value = 10.0**power
    text = f"{value:,.0f}" if power >= 0 else f"{value:.{-power}f}"
    return f"{text}{unit}"


def draw(rows, dims, queries):
    low_x, high_x = axis([row[0] for row in rows])
    low_y, high_y = axis([time for row in rows for time in row[1:] if time > 0])

    def x(value):
        return LEFT + (math.log10(value) - low_x) / (high_x - low_x) * (WIDTH - LEFT - RIGHT)

    def y(value):
        return HEIGHT - BOTTOM - (math.log10(value) - low_y) / (high_y - low_y) * (HEIGHT - TOP - BOTTOM)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for power in range(low_x, high_x + 1):
        place = x(10.0**power)
        out.append(f'<line x1="{place:.1f}" y1="{TOP}" x2="{place:.1f}" y2="{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        out.append(f'<text x="{place:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{label(power, "")}</text>')
    for power in range(low_y, high_y + 1):
        place = y(10.0**power)
        out.append(f'<line x1="{LEFT}" y1="{place:.1f}" x2="{WIDTH - RIGHT}" y2="{place:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{place + 4:.1f}" text-anchor="end">{label(power, " ms")}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    out.append(f'<text x="{middle}" y="{HEIGHT - 14}" text-anchor="middle">vectors of {dims} components</text>')
    names = [("one query", "#c2410c"), (f"{queries} queries at once", "#1d4ed8"), ("plain reading", "#6b7280")]
    for column, (name, colour) in enumerate(names, 1):
        line = [(x(row[0]), y(row[column])) for row in rows if row[column] > 0]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in line)
        dashes = ' stroke-dasharray="5 4"' if name == "plain reading" else ""
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        out += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{colour}"/>' for px, py in line]
        shift = 12 if name == "plain reading" else -2
        out.append(f'<text x="{line[-1][0] + 10:.1f}" y="{line[-1][1] + shift:.1f}" fill="{colour}">{name}</text>')
    return "\n".join(out + ["</svg>"])


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") if len(sys.argv) > 1 else sys.stdin as source:
        print(draw(*points(source)))
