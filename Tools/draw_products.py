#!/usr/bin/env python3
"""Draws Hearth's sample products: packs of an invented corner shop, a shop picture and three photos of each, JPEG.

    .venv/bin/python Tools/draw_products.py [FOLDER]          # default folder: SampleProducts

Needs Pillow only (Tools/requirements.txt). Deterministic: every picture has its own seed, made from its name. The shop
picture shows a pack alone on white; the photos show it among others in a shop, turned, nearer or further away and in
other light. The pictures are CC0; brands and packs exist nowhere else.
"""

import argparse
import random
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

SIZE = 384
SUPERSAMPLING = 2
INK = "#2b2233"
# What the light multiplies red, green and blue by.
LIGHTS = [(1.0, 0.97, 0.9), (0.92, 0.96, 1.0), (0.86, 0.85, 0.88), (1.0, 0.99, 0.97)]
WALLS = ["#d9d2c5", "#c9d3d6", "#d6cbd2", "#cfd6c4"]


@dataclass(frozen=True)
class Pack:
    """A product: its shape, its colours and what is drawn on it."""

    title: str
    text: str
    shape: str
    body: str
    band: str
    mark: str
    marks: int
    motif: str


PACKS = {
    "oat-drink": Pack(
        "Harbour Oat Drink", "A carton of oat drink, one litre, for coffee and porridge.",
        "carton", "#f4efe2", "#3f7d5b", "#e0a93a", 5, "grain"),
    "tomato-soup": Pack(
        "Kettle Lane Tomato Soup", "A tin of tomato soup with basil.",
        "tin", "#c23b2e", "#f6e7c8", "#e8573f", 3, "disc"),
    "blue-cheese": Pack(
        "Old Mill Blue Cheese", "A wedge of blue cheese, ripened for three months.",
        "wedge", "#f2e9c9", "#3c5f9a", "#7fa0cf", 7, "disc"),
    "pine-soap": Pack(
        "Pine & Stone Soap", "A bar of soap that smells of pine.",
        "box", "#2f5d4a", "#d8e3d0", "#8fb89a", 3, "tree"),
    "lemon-soda": Pack(
        "Lido Lemon Soda", "A bottle of sparkling lemonade.",
        "bottle", "#f1d94a", "#ffffff", "#5aa469", 2, "disc"),
    "plum-jam": Pack(
        "Attic Plum Jam", "A jar of plum jam with cinnamon.",
        "jar", "#5b2a57", "#f0dfe8", "#a04b86", 3, "disc"),
    "rye-crackers": Pack(
        "North Quay Rye Crackers", "A flat box of crisp rye crackers with caraway.",
        "flat", "#a8713a", "#f3dfb9", "#6c4420", 9, "grain"),
    "sea-salt": Pack(
        "Tidemark Sea Salt", "A tube of coarse sea salt.",
        "tube", "#e6eef2", "#2c7fa8", "#174c66", 4, "wave"),
    "night-tea": Pack(
        "Lantern Night Tea", "A box of herbal tea with chamomile for the evening.",
        "box", "#2a2350", "#e7b94c", "#f5e3a1", 6, "star"),
    "cherry-yoghurt": Pack(
        "Meadow Cherry Yoghurt", "A cup of yoghurt with whole cherries.",
        "cup", "#fbe4e6", "#c9314f", "#8d1f36", 4, "disc"),
}  # fmt: skip


def outline(shape):
    """The silhouette in a square from -1 to 1, and where its label lies: left, top, right, bottom."""
    shapes = {
        "carton": ([(-0.5, -0.6), (-0.3, -0.95), (0.3, -0.95), (0.5, -0.6), (0.5, 0.95), (-0.5, 0.95)],
                   (-0.5, -0.3, 0.5, 0.55)),
        "tin": ([(-0.6, -0.7), (0.6, -0.7), (0.6, 0.75), (-0.6, 0.75)], (-0.6, -0.25, 0.6, 0.4)),
        "wedge": ([(-0.95, 0.55), (0.85, -0.5), (0.95, 0.55)], (-0.25, 0.1, 0.95, 0.55)),
        "box": ([(-0.7, -0.55), (0.7, -0.55), (0.7, 0.75), (-0.7, 0.75)], (-0.5, -0.25, 0.5, 0.35)),
        "bottle": ([(-0.15, -0.98), (0.15, -0.98), (0.18, -0.5), (0.4, -0.2), (0.4, 0.95), (-0.4, 0.95), (-0.4, -0.2),
                    (-0.18, -0.5)], (-0.4, 0.05, 0.4, 0.6)),
        "jar": ([(-0.5, -0.75), (0.5, -0.75), (0.5, -0.5), (0.62, -0.35), (0.62, 0.8), (-0.62, 0.8), (-0.62, -0.35),
                 (-0.5, -0.5)], (-0.62, -0.1, 0.62, 0.5)),
        "flat": ([(-0.95, -0.35), (0.95, -0.35), (0.95, 0.5), (-0.95, 0.5)], (-0.95, -0.05, 0.2, 0.3)),
        "tube": ([(-0.32, -0.95), (0.32, -0.95), (0.32, 0.95), (-0.32, 0.95)], (-0.32, -0.45, 0.32, 0.2)),
        "cup": ([(-0.65, -0.55), (0.65, -0.55), (0.48, 0.8), (-0.48, 0.8)], (-0.58, -0.15, 0.58, 0.35)),
    }  # fmt: skip
    return shapes[shape]


def motif(draw, kind, x, y, r, colour):
    """One mark of a pattern."""
    if kind == "disc":
        draw.ellipse([x - r, y - r, x + r, y + r], fill=colour)
    elif kind == "grain":
        draw.polygon([(x, y - 1.4 * r), (x + 0.5 * r, y), (x, y + 1.4 * r), (x - 0.5 * r, y)], fill=colour)
    elif kind == "tree":
        draw.polygon([(x, y - 1.5 * r), (x + r, y + r), (x - r, y + r)], fill=colour)
    elif kind == "wave":
        draw.arc([x - 1.5 * r, y - r, x + 1.5 * r, y + r], 200, 340, fill=colour, width=max(2, round(r / 2)))
    else:
        draw.polygon([(x, y - 1.5 * r), (x + 0.4 * r, y), (x, y + 1.5 * r), (x - 0.4 * r, y)], fill=colour)
        draw.polygon([(x - 1.5 * r, y), (x, y - 0.4 * r), (x + 1.5 * r, y), (x, y + 0.4 * r)], fill=colour)


def draw_pack(pack, side):
    """The pack alone, on a transparent square."""
    image = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(image)
    points, label = outline(pack.shape)

    def at(x, y):
        return side * (0.5 + 0.46 * x), side * (0.5 + 0.46 * y)

    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).polygon([at(x, y) for x, y in points], fill=255)
    face = Image.new("RGBA", image.size, pack.body)
    pen = ImageDraw.Draw(face)
    chance = random.Random(pack.title)
    for _ in range(pack.marks * 4):
        x, y = at(chance.uniform(-0.9, 0.9), chance.uniform(-0.9, 0.9))
        motif(pen, pack.motif, x, y, side * chance.uniform(0.02, 0.045), pack.mark)
    left, top, right, bottom = label
    pen.rectangle([*at(left, top), *at(right, bottom)], fill=pack.band)
    font = ImageFont.load_default(size=side * 0.05)
    for line, words in enumerate((pack.title.split()[:2], pack.title.split()[2:])):
        x, y = at((left + right) / 2, top + 0.12 + 0.16 * line)
        light = sum(Image.new("RGB", (1, 1), pack.band).getpixel((0, 0))) > 380
        pen.text((x, y), " ".join(words), fill=INK if light else "#ffffff", font=font, anchor="mm")
    for place in range(3):
        x, y = at(left + (right - left) * (0.25 + 0.25 * place), bottom - 0.1)
        motif(pen, pack.motif, x, y, side * 0.025, pack.mark)
    shade = Image.linear_gradient("L").rotate(90).resize(image.size).point([215 + v * 40 // 255 for v in range(256)])
    face = Image.composite(
        ImageChops.multiply(face.convert("RGB"), Image.merge("RGB", [shade] * 3)), face.convert("RGB"),
        Image.new("L", image.size, 255))
    image.paste(face, mask=mask)
    draw.line([at(x, y) for x, y in [*points, points[0]]], fill=INK, width=max(2, side // 160), joint="curve")
    return image


def in_aisle(pack, name, number):
    """A photo in a shop: neighbours at the edge, the pack turned and lit."""
    chance = random.Random(f"{name}/{number}")
    side = SIZE * SUPERSAMPLING
    image = Image.new("RGB", (side, side), chance.choice(WALLS))
    draw = ImageDraw.Draw(image)
    floor = side * chance.uniform(0.8, 0.88)
    draw.rectangle([0, floor, side, side], fill="#8a6b4d")
    draw.rectangle([0, floor, side, floor + side * 0.02], fill="#6d5138")
    others = [other for other in PACKS if other != name]
    for edge in (-0.12, 1.12):
        other = draw_pack(PACKS[chance.choice(others)], round(side * 0.5))
        image.paste(other, (round(side * edge - other.width / 2), round(floor - other.height * 0.97)), other)
    drawn = draw_pack(pack, round(side * chance.uniform(0.74, 0.86)))
    drawn = drawn.rotate(chance.uniform(-7, 7), resample=Image.Resampling.BICUBIC, expand=True)
    drawn = drawn.resize((round(drawn.width * chance.uniform(0.9, 1.0)), drawn.height))
    x = side * (0.5 + chance.uniform(-0.05, 0.05)) - drawn.width / 2
    y = floor - drawn.height * chance.uniform(0.93, 0.97)
    image.paste(drawn, (round(x), round(y)), drawn)
    image = image.filter(ImageFilter.GaussianBlur(chance.uniform(0.3, 1.2)))
    image = image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    light = chance.choice(LIGHTS)
    bands = [band.point([min(255, round(v * part)) for v in range(256)]) for band, part in zip(image.split(), light)]
    return Image.merge("RGB", bands)


def in_shop(pack):
    """The pack alone on white."""
    side = SIZE * SUPERSAMPLING
    image = Image.new("RGB", (side, side), "#ffffff")
    drawn = draw_pack(pack, round(side * 0.9))
    image.paste(drawn, (round(side * 0.05), round(side * 0.05)), drawn)
    return image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parent.parent / "SampleProducts"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    arguments = parser.parse_args()
    total = 0
    for name, pack in PACKS.items():
        folder = arguments.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "description.txt").write_text(f"{pack.title}\n{pack.text}\n", encoding="utf-8")
        pictures = {"shop": in_shop(pack)} | {f"view-{n}": in_aisle(pack, name, n) for n in (1, 2, 3)}
        for title, image in pictures.items():
            path = folder / f"{title}.jpg"
            image.save(path, quality=84, optimize=True)
            total += path.stat().st_size
    print(f"{len(PACKS)} products, {len(PACKS) * 4} pictures, {total} bytes in {arguments.folder}")


if __name__ == "__main__":
    main()
