"""A small cartoon kit on Pillow: a pen with transforms and cel shading, and the parts that figures are built from.

A figure stands in its own units: y goes down, the feet are near y = 92, the head's middle near y = -38.
Used by draw_samples.py.
"""

import math
from dataclasses import dataclass, field

from PIL import Image, ImageChops, ImageColor, ImageDraw

INK = "#2b2233"


def mixed(colour, other, part):
    """`colour` with `part` (0..1) of `other` in it."""
    pairs = zip(ImageColor.getrgb(colour), ImageColor.getrgb(other))
    return "#%02x%02x%02x" % tuple(round(one + (two - one) * part) for one, two in pairs)


def smooth(points, closed=True, steps=10):
    """A Catmull-Rom curve through the points."""
    count = len(points)
    curve = []
    for i in range(count if closed else count - 1):
        at = [points[(i + k) % count] if closed else points[min(max(i + k, 0), count - 1)] for k in (-1, 0, 1, 2)]
        for step in range(steps):
            t = step / steps
            curve.append(
                tuple(
                    0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
                    for a, b, c, d in zip(*at)
                )
            )
    return curve if closed else curve + [points[-1]]


def ring(x, y, rx, ry, start=0.0, end=360.0, steps=48):
    """Points on an ellipse, or on a part of it (degrees, clockwise from the right)."""
    angles = [math.radians(start + (end - start) * k / steps) for k in range(steps + (end - start < 360))]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


class Pen:
    """Draws outlined, shaded shapes on a picture, in the units of its current transform."""

    def __init__(self, image, line=1.7):
        self.image = image
        self.draw = ImageDraw.Draw(image)
        self.matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
        self.line = line

    def moved(self, x=0.0, y=0.0, turn=0.0, scale=1.0, mirror=False):
        """Changes the units until the `with` block ends: moved, turned (degrees) and scaled."""
        a, b, c, d, e, f = self.matrix
        cosine, sine = math.cos(math.radians(turn)) * scale, math.sin(math.radians(turn)) * scale
        flip = -1 if mirror else 1
        before = self.matrix
        step = (cosine * flip, -sine, x, sine * flip, cosine, y)
        self.matrix = (
            a * step[0] + b * step[3], a * step[1] + b * step[4], a * x + b * y + c,
            d * step[0] + e * step[3], d * step[1] + e * step[4], d * x + e * y + f,
        )  # fmt: skip
        return Moved(self, before)

    @property
    def scale(self):
        a, b, _, d, e, _ = self.matrix
        return math.sqrt(abs(a * e - b * d))

    def points(self, points):
        a, b, c, d, e, f = self.matrix
        return [(a * x + b * y + c, d * x + e * y + f) for x, y in points]

    def shape(self, points, fill, shade=0.0, outline=True, ink=INK):
        """A filled polygon; `shade` darkens a rim of that many units at its lower right."""
        where = self.points(points)
        self.draw.polygon(where, fill=fill)
        if shade:
            self.shadow(where, fill, shade * self.scale)
        if outline:
            width = max(2, round(self.line * self.scale))
            self.draw.line(where + where[:2], fill=ink, width=width, joint="curve")

    def shadow(self, where, fill, by):
        left, top = (int(min(p[k] for p in where)) for k in (0, 1))
        size = tuple(int(max(p[k] for p in where)) - low + 2 for k, low in ((0, left), (1, top)))
        inside = Image.new("L", size)
        ImageDraw.Draw(inside).polygon([(x - left, y - top) for x, y in where], fill=255)
        lit = Image.new("L", size)
        ImageDraw.Draw(lit).polygon([(x - left - by * 0.8, y - top - by) for x, y in where], fill=255)
        self.image.paste(mixed(fill, "#2a1650", 0.2), (left, top), ImageChops.subtract(inside, lit))

    def blob(self, points, fill, shade=0.0, outline=True):
        self.shape(smooth(points), fill, shade, outline)

    def oval(self, x, y, rx, ry, fill, shade=0.0, outline=True, turn=0.0):
        with self.moved(x, y, turn):
            self.shape(ring(0, 0, rx, ry), fill, shade, outline)

    def stroke(self, points, width, fill=INK, curve=True):
        """A line with round ends."""
        where = self.points(smooth(points, closed=False) if curve else points)
        width = max(2.0, width * self.scale)
        for (x, y), (x2, y2) in zip(where, where[1:]):
            far = math.hypot(x2 - x, y2 - y) or 1.0
            dx, dy = (y - y2) / far * width / 2, (x2 - x) / far * width / 2
            self.draw.polygon([(x + dx, y + dy), (x2 + dx, y2 + dy), (x2 - dx, y2 - dy), (x - dx, y - dy)], fill=fill)
        for x, y in where:
            self.draw.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], fill=fill)

    def limb(self, points, width, fill):
        """A stroke with an outline."""
        self.stroke(points, width + 2 * self.line)
        self.stroke(points, width, fill)


class Moved:
    """Puts the pen's units back."""

    def __init__(self, pen, before):
        self.pen, self.before = pen, before

    def __enter__(self):
        return self.pen

    def __exit__(self, *_):
        self.pen.matrix = self.before


@dataclass
class Pose:
    """What changes from view to view."""

    left: tuple = (-36, 44)  # hands
    right: tuple = (36, 44)
    step: float = 0.0  # feet apart, -1..1
    tilt: float = 0.0  # head, degrees
    turn: float = 0.0  # face to the side, -1..1
    lean: float = 0.0  # whole figure, degrees
    eyes: str = "open"
    mouth: str = "smile"
    sway: float = 0.0  # tails, capes, ears, -1..1


@dataclass
class Figure:
    """What stays: a character's colours, proportions and extras."""

    skin: str
    top: str
    legs: str
    shoes: str
    eye: str = "#3a2a20"
    hands: str = ""
    sleeves: str = ""
    head: tuple = (36, 33)  # half width and height
    box: bool = False  # a rounded box as a head
    body: tuple = (24, 30, 30)  # half width at the shoulders, at the hips, and height
    limb: float = 10.0
    eyes: tuple = (14, -37, 8.5)  # distance from the middle, height, size
    cheeks: str = "#ff9a9a"
    nose: str = ""
    muzzle: str = ""
    single_eye: bool = False
    floats: bool = False  # has no legs
    back: list = field(default_factory=list)  # behind everything
    chest: list = field(default_factory=list)  # on the body, below the arms
    behind_head: list = field(default_factory=list)
    face: list = field(default_factory=list)  # on the head, below eyes
    over: list = field(default_factory=list)  # on top of the face


def body_outline(figure):
    shoulders, hips, height = figure.body
    return [
        (-shoulders * 0.6, -8), (shoulders * 0.6, -8), (shoulders, 4), ((shoulders + hips) / 2 + 1, height * 0.6),
        (hips, height + 18), (hips * 0.55, height + 26), (-hips * 0.55, height + 26), (-hips, height + 18),
        (-(shoulders + hips) / 2 - 1, height * 0.6), (-shoulders, 4),
    ]  # fmt: skip


def draw_legs(pen, figure, pose):
    foot, hip, bottom = 17 + 7 * abs(pose.step), figure.body[2] + 18, 86
    for side in (-1, 1):
        lift = 9 * max(0.0, side * pose.step)
        x = side * foot * 0.85
        pen.limb([(side * 12, hip), (x, (hip + bottom) / 2), (x, bottom - lift)], figure.limb + 3, figure.legs)
        pen.oval(x + side * 4, bottom + 4 - lift, 14, 8, figure.shoes, 2.5)


def draw_arm(pen, figure, pose, side):
    hand = pose.left if side < 0 else pose.right
    shoulder = (side * (figure.body[0] - 3), 3)
    middle = ((shoulder[0] + hand[0]) / 2 + side * 5, (shoulder[1] + hand[1]) / 2 + 4)
    pen.limb([shoulder, middle, hand], figure.limb, figure.sleeves or figure.top)
    pen.oval(*hand, figure.limb * 0.72, figure.limb * 0.72, figure.hands or figure.skin, 1.5)


def draw_eye(pen, x, y, size, figure, kind, look):
    if kind == "happy":
        pen.stroke(ring(x, y + size * 0.4, size * 0.85, size * 0.9, 195, 345, 12), 2.8, curve=False)
    elif kind == "closed":
        pen.stroke(ring(x, y - size * 0.2, size * 0.85, size * 0.6, 15, 165, 12), 2.8, curve=False)
    else:
        tall = 1.3 if kind == "wide" else 1.15
        pen.oval(x, y, size, size * tall, "#ffffff")
        pen.oval(x + look * size * 0.35, y + 1, size * 0.66, size * 0.8, figure.eye, outline=False)
        pen.oval(x + look * size * 0.4, y + 1, size * 0.36, size * 0.48, "#17111f", outline=False)
        pen.oval(x + look * size * 0.3 - size * 0.24, y - size * 0.38, size * 0.24, size * 0.28, "#fff", outline=False)
        if kind == "sleepy":
            lid = ring(x, y, size * 1.06, size * tall * 1.06, 180, 360, 20)
            pen.shape(lid, mixed(figure.skin, "#40204a", 0.12))


def draw_mouth(pen, x, y, kind):
    if kind == "smile":
        pen.stroke(ring(x, y - 4, 8, 6.5, 20, 160, 12), 2.4, curve=False)
    elif kind == "grin":
        pen.shape(ring(x, y - 3, 10, 11, 0, 180, 20), "#7d2236")
        pen.shape(ring(x, y + 4.6, 5.5, 3.4), "#f27d8d", outline=False)
    elif kind == "oh":
        pen.oval(x, y + 1, 4.2, 5.5, "#7d2236")
    elif kind == "smirk":
        pen.stroke([(x - 7, y), (x, y + 3), (x + 9, y - 4)], 2.4)
    else:
        pen.stroke([(x - 7, y + 1), (x + 7, y + 1)], 2.4)


def draw_face(pen, figure, pose):
    apart, height, size = figure.eyes
    shift = pose.turn * 8
    if figure.cheeks:
        for side in (-1, 1):
            pen.oval(side * (apart + 9) + shift, height + 14, 6, 3.8, figure.cheeks, outline=False)
    if figure.muzzle:
        pen.oval(shift * 1.2, height + 15, 15, 11, figure.muzzle, outline=False)
    for side in [0] if figure.single_eye else [-1, 1]:
        kind = pose.eyes
        if kind == "wink":
            kind = "happy" if side == 1 else "open"
        narrow = 1 - 0.12 * max(0.0, side * pose.turn)
        draw_eye(pen, side * apart * narrow + shift, height, size, figure, kind, pose.turn)
    if figure.nose:
        pen.oval(shift * 1.3, height + 9.5, 5, 3.8, figure.nose)
    draw_mouth(pen, shift * 1.15, height + 19, pose.mouth)


def draw_head(pen, figure, pose):
    with pen.moved(0, -8, pose.tilt):
        with pen.moved(0, 8):
            for part in figure.behind_head:
                part(pen, figure, pose)
            width, height = figure.head
            if figure.box:
                corner = 6
                box = [(side * (width - c), -38 + end * (height - d)) for side, end, c, d in (
                    (-1, -1, 0, corner), (-1, -1, corner, 0), (1, -1, corner, 0), (1, -1, 0, corner),
                    (1, 1, 0, corner), (1, 1, corner, 0), (-1, 1, corner, 0), (-1, 1, 0, corner))]  # fmt: skip
                pen.shape(box, figure.skin, 5)
            else:
                jaw = [
                    (0, -38 - height),
                    (width * 0.72, -38 - height * 0.72),
                    (width, -36),
                    (width * 0.8, -16),
                    (0, -38 + height),
                    (-width * 0.8, -16),
                    (-width, -36),
                    (-width * 0.72, -38 - height * 0.72),
                ]
                pen.blob(jaw, figure.skin, 5)
            for part in figure.face:
                part(pen, figure, pose)
            draw_face(pen, figure, pose)
            for part in figure.over:
                part(pen, figure, pose)


def draw_figure(pen, figure, pose):
    """The whole figure at the pen's origin."""
    with pen.moved(0, 0, pose.lean):
        for part in figure.back:
            part(pen, figure, pose)
        if not figure.floats:
            draw_legs(pen, figure, pose)
        raised = [side for side in (-1, 1) if (pose.left if side < 0 else pose.right)[1] < 0]
        pen.blob(body_outline(figure), figure.top, 5)
        for part in figure.chest:
            part(pen, figure, pose)
        for side in (-1, 1):
            if side not in raised:
                draw_arm(pen, figure, pose, side)
        draw_head(pen, figure, pose)
        for side in raised:
            draw_arm(pen, figure, pose, side)
