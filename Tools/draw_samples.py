#!/usr/bin/env python3
"""Draws Hearth's sample pictures: two projects of cartoon characters, four views of each, 512 x 512 JPEG.

    .venv/bin/python Tools/draw_samples.py [FOLDER] [--sheet SHEET.png]     # default folder: Samples

Needs Pillow only (Tools/requirements.txt). Deterministic: every view has its own seed, made from its name.
The kit is cartoon.py, the cast is sample_cast.py, the scenery is sample_scenes.py. The pictures are CC0.
"""

import argparse
import random
from pathlib import Path

from PIL import Image, ImageChops

from cartoon import Pen, Pose, draw_figure
from sample_cast import CAST
from sample_scenes import SCENES

SIZE = 512
SUPERSAMPLING = 3

# Where the figure stands (parts of the side), how large, in which pose. View 1 is the anchor.
VIEWS = [
    dict(at=(0.5, 0.54), scale=2.2, pose=Pose()),
    dict(
        at=(0.52, 0.55), scale=2.15, mirror=True,
        pose=Pose(left=(-48, -22), right=(34, 40), step=0.8, tilt=-8, turn=0.6, lean=5, eyes="happy", mouth="grin",
                  sway=0.8),
    ),
    dict(
        at=(0.49, 0.72), scale=3.1,
        pose=Pose(left=(-34, 34), right=(30, 22), tilt=9, turn=-0.7, lean=-3, eyes="wink", mouth="smirk", sway=-0.6),
    ),
    dict(
        at=(0.47, 0.58), scale=2.0,
        pose=Pose(left=(-46, -18), right=(47, -24), step=-0.9, tilt=5, turn=0.3, lean=-9, eyes="wide", mouth="oh",
                  sway=-1),
    ),
]  # fmt: skip

# What the light multiplies red, green and blue by; the first is daylight.
LIGHTS = [(1, 1, 1), (1.0, 0.96, 0.88), (0.9, 0.95, 1.0), (0.84, 0.82, 0.86), (1.0, 0.93, 0.95)]


def lit(image, light):
    bands = [band.point([min(255, round(v * part)) for v in range(256)]) for band, part in zip(image.split(), light)]
    return Image.merge("RGB", bands)


def draw_view(project, character, figure, number):
    """One picture of one character."""
    chance = random.Random(f"{project}/{character}/{number}")
    view = VIEWS[number - 1]
    big = SIZE * SUPERSAMPLING
    image = Image.new("RGB", (big, big))
    pen = Pen(image)
    with pen.moved(scale=big / 100):
        scene = SCENES[0] if number == 1 else chance.choice(SCENES[1:])
        scene(pen, chance)
    jitter = [chance.uniform(-0.02, 0.02) for _ in range(2)]
    x, y = ((at + off) * big for at, off in zip(view["at"], jitter))
    scale = view["scale"] * SUPERSAMPLING * chance.uniform(0.96, 1.04)
    with pen.moved(x, y, scale=scale, mirror=view.get("mirror", False)):
        if view["at"][1] < 0.65:
            shadow = Image.new("L", image.size, 255)
            with Pen(shadow).moved(x, y, scale=scale) as shade:
                shade.oval(0, 92, 40, 7, 170, outline=False)
            image.paste(ImageChops.multiply(image, Image.merge("RGB", [shadow] * 3)))
        draw_figure(pen, figure, view["pose"])
    image = image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    return image if number == 1 else lit(image, chance.choice(LIGHTS))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent.parent / "Samples")
    parser.add_argument("--sheet", type=Path, help="also write all pictures, small, into one")
    arguments = parser.parse_args()
    rows, total = [], 0
    for project, characters in CAST.items():
        for character, figure in characters.items():
            folder = arguments.folder / project / character
            folder.mkdir(parents=True, exist_ok=True)
            row = []
            for number in range(1, len(VIEWS) + 1):
                image = draw_view(project, character, figure, number)
                path = folder / f"view-{number}.jpg"
                image.save(path, quality=86, optimize=True)
                total += path.stat().st_size
                row.append(image)
            rows.append(row)
    if arguments.sheet:
        small, across = 200, 2
        sheet = Image.new("RGB", (small * len(VIEWS) * across, small * -(-len(rows) // across)))
        for index, row in enumerate(rows):
            for number, image in enumerate(row):
                left = (index % across * len(VIEWS) + number) * small
                sheet.paste(image.resize((small, small)), (left, index // across * small))
        sheet.save(arguments.sheet)
    print(f"{len(rows)} characters, {len(rows) * len(VIEWS)} pictures, {total} bytes in {arguments.folder}")


if __name__ == "__main__":
    main()
