"""Backgrounds of the sample pictures, drawn on a square of 100 x 100 units. Used by draw_samples.py."""

from cartoon import mixed, ring, smooth

PALE = ["#f6e7d2", "#dfeaf2", "#e6efd9", "#f3dfe4", "#e7e2f2", "#f4efcf", "#d9eeea"]


def sky(pen, top, bottom, end=100, bands=48):
    """A gradient, light enough in bands."""
    for k in range(bands):
        low, high = k * end / bands, (k + 1) * end / bands + 0.3
        pen.shape([(0, low), (100, low), (100, high), (0, high)], mixed(top, bottom, k / bands), outline=False)


def cloud(pen, x, y, size, fill):
    for dx, dy, r in ((-1.1, 0.1, 0.7), (0, -0.25, 1), (1.1, 0.1, 0.75)):
        pen.oval(x + dx * size, y + dy * size, r * size, r * size * 0.8, fill, outline=False)


def studio(pen, chance):
    """Plain paper with a soft disc: where anchors stand."""
    colour = chance.choice(PALE)
    sky(pen, mixed(colour, "#ffffff", 0.45), colour)
    pen.oval(50, 52, 43, 43, mixed(colour, "#ffffff", 0.6), outline=False)


def meadow(pen, chance):
    sky(pen, "#bfe0f0", "#eef5e4", 70)
    pen.oval(chance.uniform(12, 88), 16, 7, 7, "#fff3c4", outline=False)
    for _ in range(3):
        cloud(pen, chance.uniform(5, 95), chance.uniform(8, 32), chance.uniform(4, 6), "#fbfdfd")
    for colour, base in (("#cfdfba", 58), ("#bcd3a3", 70), ("#a9c691", 82)):
        lift = [chance.uniform(-5, 5) for _ in range(5)]
        top = smooth([(k * 25, base + rise) for k, rise in enumerate(lift)], closed=False)
        pen.shape([*top, (100, 100), (0, 100)], colour, outline=False)
    for _ in range(14):
        x, y = chance.uniform(2, 98), chance.uniform(84, 98)
        pen.oval(x, y, 0.9, 0.9, chance.choice(["#fff6f0", "#f6e3a0", "#f1c9d2"]), outline=False)


def room(pen, chance):
    wall = chance.choice(PALE)
    sky(pen, wall, wall, 78, 1)
    for k in range(0, 100, 10):
        stripe = [(k, 0), (k + 5, 0), (k + 5, 78), (k, 78)]
        pen.shape(stripe, mixed(wall, "#ffffff", 0.35), outline=False)
    left = chance.choice([6, 66])
    frame = [(left, 10), (left + 28, 10), (left + 28, 46), (left, 46)]
    pen.shape(frame, "#cfe6f0", outline=False)
    cloud(pen, left + 14, 26, 5, "#f7fbfc")
    for line in ([(left + 14, 10), (left + 14, 46)], [(left, 28), (left + 28, 28)], [*frame, frame[0]]):
        pen.stroke(line, 1.6, "#c9b49a", curve=False)
    pen.shape([(0, 78), (100, 78), (100, 100), (0, 100)], "#d8bd99", outline=False)
    pen.shape([(0, 76), (100, 76), (100, 79), (0, 79)], "#eadcc6", outline=False)
    for y in (84, 91, 98):
        pen.stroke([(0, y), (100, y)], 0.35, "#c2a47d", curve=False)


def evening(pen, chance):
    sky(pen, "#6d6f9c", "#d9b7bd")
    for _ in range(40):
        x, y, r = chance.uniform(0, 100), chance.uniform(0, 60), chance.uniform(0.2, 0.55)
        pen.oval(x, y, r, r, "#f4eed8", outline=False)
    x = chance.uniform(12, 88)
    crescent = ring(x, 17, 8, 8, 20, 280) + ring(x + 5.74, 13.65, 6.28, 6.28, 226.4, 73.8)
    pen.shape(crescent, "#f3ead0", outline=False)
    top = smooth([(k * 20, 80 + chance.uniform(-7, 5)) for k in range(6)], closed=False)
    pen.shape([*top, (100, 100), (0, 100)], "#8a83a0", outline=False)


def rays(pen, chance):
    colour = chance.choice(PALE)
    sky(pen, colour, colour, 100, 1)
    start = chance.uniform(0, 20)
    for k in range(0, 360, 24):
        edge = ring(50, 56, 95, 95, start + k, start + k + 12, 4)
        pen.shape([(50, 56), *edge], mixed(colour, "#ffffff", 0.45), outline=False)


def town(pen, chance):
    sky(pen, "#d5e4ea", "#f5e9da", 84)
    x = -4.0
    while x < 100:
        width, height = chance.uniform(11, 18), chance.uniform(24, 52)
        wall = chance.choice(["#d8c4b4", "#c9cdd2", "#dccfbd", "#c5b9bd", "#cbd0bd"])
        pen.shape([(x, 84 - height), (x + width, 84 - height), (x + width, 84), (x, 84)], wall, outline=False)
        for row in range(int(height // 9)):
            for column in (0.2, 0.6):
                left, top = x + width * column, 84 - height + 3 + row * 9
                pane = [(left, top), (left + 2.8, top), (left + 2.8, top + 4.5), (left, top + 4.5)]
                pen.shape(pane, "#eef3ee", outline=False)
        x += width + 1
    pen.shape([(0, 82), (100, 82), (100, 100), (0, 100)], "#b9b6b4", outline=False)


def shore(pen, chance):
    sky(pen, "#cdebf2", "#f0f6ee", 52)
    pen.shape([(0, 50), (100, 50), (100, 82), (0, 82)], "#9ccbd4", outline=False)
    for _ in range(9):
        x, y = chance.uniform(0, 92), chance.uniform(53, 72)
        pen.stroke([(x, y), (x + 4, y - 0.8), (x + 8, y)], 0.5, "#c9e6e8")
    top = smooth([(k * 25, 75 + chance.uniform(-2, 2)) for k in range(5)], closed=False)
    pen.shape([*top, (100, 100), (0, 100)], "#ecdcb8", outline=False)
    cloud(pen, chance.uniform(10, 90), 16, 6, "#ffffff")


SCENES = [studio, meadow, room, evening, rays, town, shore]
