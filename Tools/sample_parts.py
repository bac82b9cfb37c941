"""What the characters of the sample pictures wear and are made of. Used by sample_cast.py.

An extra is a function of pen, figure and pose. Makers return one; functions of pen and pose become one by `part`.
"""

import math

from cartoon import INK, mixed, ring, smooth


def part(draw):
    """Marks an extra that needs the pen and the pose only."""
    return lambda pen, figure, pose: draw(pen, pose)


def pointed_ears(fill, inner, tall=30, apart=22, base=13):
    def draw(pen, pose):
        for side in (-1, 1):
            tip = (side * (apart + 9) + pose.sway * 2, -62 - tall)
            ear = [(side * (apart - base), -64), tip, (side * (apart + base), -48)]
            pen.shape(ear, fill, 3)
            low = [(x * 0.5 + side * apart * 0.5, y * 0.55 + -62 * 0.45) for x, y in ear]
            pen.shape(low, inner, outline=False)

    return part(draw)


def round_ears(fill, inner, size=13, apart=27, height=-64):
    def draw(pen, pose):
        for side in (-1, 1):
            pen.oval(side * apart, height, size, size, fill, 2.5)
            pen.oval(side * apart, height + 1, size * 0.55, size * 0.55, inner, outline=False)

    return part(draw)


def long_ears(fill, inner):
    def draw(pen, pose):
        for side in (-1, 1):
            bend = side * 10 + pose.sway * 12
            for width, colour, top in ((9, fill, -124), (4.5, inner, -117)):
                middle = side * 15 + bend * 0.3
                ear = [(side * 15 - width * 0.7, -60), (middle - width, -90), (side * 15 + bend, top),
                       (middle + width, -90), (side * 15 + width * 0.7, -60)]  # fmt: skip
                pen.blob(ear, colour, 2 if width > 5 else 0, outline=width > 5)

    return part(draw)


def brush_tail(fill, tip):
    def draw(pen, pose):
        rise = pose.sway * 10
        tail = [(10, 50), (44, 52), (66, 20 - rise), (62, -16 - rise), (46, -8 - rise), (44, 14 - rise), (30, 30)]
        pen.blob(tail, fill, 5)
        pen.blob(
            [(64, 4 - rise), (65, -8 - rise), (61, -17 - rise), (49, -9 - rise), (46, 1 - rise), (54, -3 - rise)], tip
        )

    return part(draw)


def thin_tail(fill, end=""):
    def draw(pen, pose):
        rise = pose.sway * 12
        pen.limb([(12, 52), (40, 58), (54, 34 - rise), (48, 12 - rise)], 7, fill)
        if end:
            pen.oval(48, 10 - rise, 8, 8, end, 2)

    return part(draw)


def scarf(fill, stripe=""):
    def draw(pen, pose):
        pen.blob([(-22, -8), (0, -3), (22, -8), (24, 4), (0, 10), (-24, 4)], fill, 2.5)
        end = [(8, 4), (19, 4), (22 + pose.sway * 5, 36), (10 + pose.sway * 5, 37)]
        pen.shape(end, fill, 2)
        if stripe:
            pen.stroke([(10 + pose.sway * 3, 24), (20 + pose.sway * 3, 23)], 4, stripe, curve=False)

    return part(draw)


def cape(fill, lining=""):
    def draw(pen, pose):
        blow = pose.sway * 20
        outline = [(-18, -4), (18, -4), (44 + blow, 44), (52 + blow, 80), (20 + blow, 72), (0 + blow, 82),
                   (-20 + blow, 72), (-52 + blow, 80), (-44 + blow, 44)]  # fmt: skip
        pen.shape(smooth(outline), fill, 4)
        if lining:
            pen.shape(smooth([(-12, 8), (12, 8), (30 + blow, 66), (blow, 72), (-30 + blow, 66)]), lining, outline=False)

    return part(draw)


def glasses(rim="#2b2233", apart=14, height=-37, size=12, lens=None):
    def draw(pen, pose):
        shift = pose.turn * 8
        for side in (-1, 1):
            circle = ring(side * apart + shift, height, size, size)
            if lens:
                pen.shape(circle, lens)
            pen.stroke([*circle, circle[0]], 2.6, rim, curve=False)
        pen.stroke([(-3 + shift, height), (3 + shift, height)], 2.6, rim, curve=False)

    return part(draw)


def belly(fill, width=16, height=21, y=27):
    return part(lambda pen, pose: pen.oval(pose.turn * 3, y, width, height, fill, outline=False))


def buttons(fill, xs=(0,), ys=(8, 22, 36)):
    def draw(pen, pose):
        for x in xs:
            for y in ys:
                pen.oval(x + pose.turn * 3, y, 3.2, 3.2, fill)

    return part(draw)


def belt(fill, buckle, y=42, width=31):
    def draw(pen, pose):
        pen.shape([(-width, y - 4), (width, y - 4), (width + 1, y + 5), (-width - 1, y + 5)], fill)
        pen.shape([(-6, y - 5), (6, y - 5), (6, y + 6), (-6, y + 6)], buckle)

    return part(draw)


def skirt(fill, hem="", wide=46, bottom=64, top=24):
    def draw(pen, pose):
        blow = pose.sway * 5
        outline = [(-22, top), (22, top), (wide + blow, bottom), (wide * 0.5 + blow, bottom + 6), (blow, bottom + 2),
                   (-wide * 0.5 + blow, bottom + 6), (-wide + blow, bottom)]  # fmt: skip
        pen.shape(outline, fill, 4)
        if hem:
            pen.stroke(outline[2:], 5, hem, curve=False)
            pen.stroke(outline[2:], 1.2, INK, curve=False)

    return part(draw)


def dungarees(fill, button="#f5d76e"):
    def draw(pen, pose):
        pen.shape(
            [(-17, 12), (17, 12), (19, 32), (31, 36), (29, 52), (15, 58), (-15, 58), (-29, 52), (-31, 36), (-19, 32)],
            fill,
            3,
        )
        for side in (-1, 1):
            pen.stroke([(side * 15, 14), (side * 17, -4)], 6, fill, curve=False)
            pen.oval(side * 14, 16, 3, 3, button)
        pen.stroke([(-9, 24), (9, 24), (7, 36), (-7, 36), (-9, 24)], 1.5, mixed(fill, "#000000", 0.35), curve=False)

    return part(draw)


def cone_hat(fill, band, bend=16):
    def draw(pen, pose):
        lean = bend + pose.sway * 6
        pen.shape(
            smooth([(-27, -62), (-14, -92), (lean * 0.4, -116), (lean + 8, -124), (14, -92), (27, -62), (0, -56)]),
            fill,
            5,
        )
        pen.shape([(-26, -66), (26, -66), (23, -76), (-23, -76)], band)
        pen.oval(0, -62, 52, 9, fill, 3)

    return part(draw)


def lobes(points, fill, shade=4.0):
    """Any closed smooth shape."""
    return part(lambda pen, pose: pen.blob(points, fill, shade))


def spikes(fill, count=13, inner=38, outer=58, start=170, end=370, y=-38):
    def draw(pen, pose):
        points = []
        for k in range(count * 2 + 1):
            angle = math.radians(start + (end - start) * k / (count * 2))
            radius = outer if k % 2 else inner
            points.append((radius * math.cos(angle) + pose.sway * (k % 2) * 2, y + radius * math.sin(angle)))
        pen.shape(points, fill, 4)

    return part(draw)


def fringe(fill, style="side"):
    sides = {
        "side": [
            (-37, -38),
            (-38, -62),
            (-16, -76),
            (14, -77),
            (37, -62),
            (38, -40),
            (28, -54),
            (6, -60),
            (-16, -58),
            (-30, -50),
        ],
        "straight": [
            (-37, -30),
            (-38, -62),
            (0, -77),
            (38, -62),
            (37, -30),
            (31, -50),
            (16, -52),
            (0, -50),
            (-16, -52),
            (-31, -50),
        ],
    }
    return lobes(sides[style], fill, 3)


def antenna(stem, bulb, apart=0.0):
    def draw(pen, pose):
        for side in (-1, 1) if apart else (0,):
            x = side * apart
            end = (x * 1.6 + pose.sway * 6, -98)
            pen.limb([(x, -66), (x * 1.2 + pose.sway, -84), end], 3, stem)
            pen.oval(*end, 6.5, 6.5, bulb, 1.5)

    return part(draw)


def mortarboard(pen, pose):
    pen.shape([(-24, -62), (24, -62), (22, -76), (-22, -76)], "#2f2b4a", 3)
    pen.shape([(-44, -80), (0, -94), (44, -80), (0, -67)], "#3b365e", 3)
    pen.stroke([(0, -80), (34, -76), (37 + pose.sway * 3, -58)], 2.2, "#f4c542")
    pen.oval(37 + pose.sway * 3, -55, 3.4, 5.5, "#f4c542")


def wings(pen, pose):
    for side in (-1, 1):
        lift = pose.sway * side * 8
        pen.blob(
            [(side * 14, 2), (side * 44, 6 - lift), (side * 50, 40 - lift), (side * 30, 56), (side * 16, 40)],
            "#7a5ba6",
            4,
        )


def beak(pen, pose):
    x = pose.turn * 9
    pen.shape([(x - 7, -30), (x + 7, -30), (x, -15)], "#f5a623", 2)


def feathers(pen, pose):
    for x, y in ((-9, 16), (9, 16), (-16, 28), (0, 28), (16, 28), (-9, 40), (9, 40)):
        pen.stroke(ring(x + pose.turn * 3, y, 5, 5, 20, 160, 8), 2, "#a98fce", curve=False)


def raincoat(pen, pose):
    pen.shape(smooth([(-16, -8), (16, -8), (30, 20), (40, 56), (0, 62), (-40, 56), (-30, 20)]), "#ffd23f", 5)
    pen.stroke([(0, -4), (0, 58)], 1.6)
    for y in (10, 26, 42):
        pen.oval(6, y, 3, 3, "#e08e1b")


def frog_eyes(pen, pose):
    for side in (-1, 1):
        pen.oval(side * 21, -64, 14, 14, "#63b84c", 2)


def pirate_hat(pen, pose):
    with pen.moved(0, 11):
        draw_pirate_hat(pen, pose)


def draw_pirate_hat(pen, pose):
    pen.shape(
        smooth([(-56, -62), (-38, -84), (0, -100), (38, -84), (56, -62), (24, -70), (0, -72), (-24, -70)]), "#33283f", 4
    )
    pen.stroke([(-52, -64), (-25, -73), (0, -75), (25, -73), (52, -64)], 2.8, "#f1c232")
    x = pose.turn * 4
    pen.oval(x, -85, 6.5, 6, "#ffffff", outline=False)
    pen.shape([(x - 3, -82), (x + 3, -82), (x + 3, -76), (x - 3, -76)], "#ffffff", outline=False)
    for dx in (-2.6, 2.6):
        pen.oval(x + dx, -85, 1.6, 1.8, "#33283f", outline=False)


def eye_patch(pen, pose):
    x = pose.turn * 8
    pen.stroke([(-34, -58), (x - 14, -40), (32, -22)], 2.2)
    pen.oval(x - 14, -37, 11, 11, "#2b2233")


def beard(fill):
    def draw(pen, pose):
        x = pose.turn * 5
        pen.blob(
            [(-35, -34), (-27, -27), (x, -25), (27, -27), (35, -34), (34, -8), (18, 8), (0, 15), (-18, 8), (-34, -8)],
            fill,
            3,
        )

    return part(draw)


def coat_front(lapel, shirt, tie=""):
    def draw(pen, pose):
        x = pose.turn * 3
        pen.shape([(x - 10, -8), (x + 10, -8), (x, 30)], shirt)
        if tie:
            pen.shape([(x - 4, -4), (x + 4, -4), (x + 5, 16), (x, 24), (x - 5, 16)], tie)
        for side in (-1, 1):
            pen.shape([(x + side * 10, -9), (x, 30), (x + side * 17, 12)], lapel)
        pen.stroke([(x, 30), (x, 55)], 1.6)

    return part(draw)


def robot_panel(pen, pose):
    pen.shape([(-17, 6), (17, 6), (17, 36), (-17, 36)], "#37506b")
    pen.stroke([(-11, 22), (-5, 22), (-1, 12), (4, 31), (7, 22), (12, 22)], 2.2, "#7cf0c8", curve=False)
    for x, colour in ((-9, "#ff5d5d"), (0, "#ffd23f"), (9, "#5dd07a")):
        pen.oval(x, 45, 3.2, 3.2, colour)


def robot_ears(pen, pose):
    for side in (-1, 1):
        pen.shape([(side * 34, -48), (side * 47, -52), (side * 47, -26), (side * 34, -30)], "#ff7a3d", 2)


def helmet_ring(pen, pose):
    pen.oval(0, -3, 27, 8, "#8fd3d1", 2)


def astronaut_chest(pen, pose):
    pen.shape([(-14, 12), (14, 12), (14, 32), (-14, 32)], "#e8eef2", 2)
    for x, colour in ((-7, "#ff6b4a"), (0, "#f7c948"), (7, "#31a7a0")):
        pen.oval(x, 22, 3, 3, colour)
    pen.stroke([(-26, 44), (0, 48), (26, 44)], 5, "#ff6b4a")


def ponytail(fill, tie):
    def draw(pen, pose):
        blow = pose.sway * 12
        pen.blob(
            [
                (20, -70),
                (40, -84),
                (60 + blow, -66),
                (62 + blow, -28),
                (52 + blow, -4),
                (44 + blow * 0.5, -34),
                (30, -52),
            ],
            fill,
            4,
        )
        pen.oval(33, -68, 6, 6, tie)

    return part(draw)


def long_hair(fill, bottom=26, wide=46):
    def draw(pen, pose):
        blow = pose.sway * 7
        pen.blob([(0, -80), (34, -68), (wide - 4, -34), (wide + blow, bottom - 12), (22 + blow, bottom),
                  (0, bottom - 8), (-22 + blow, bottom), (-wide + blow, bottom - 12),
                  (-wide + 4, -34), (-34, -68)], fill, 5)  # fmt: skip

    return part(draw)


def star(fill, x=0.0, y=20.0, size=11.0):
    def draw(pen, pose):
        points = []
        for k in range(10):
            angle = math.radians(-90 + 36 * k)
            radius = size if k % 2 == 0 else size * 0.45
            points.append((x + pose.turn * 3 + radius * math.cos(angle), y + radius * math.sin(angle)))
        pen.shape(points, fill)

    return part(draw)


def mask(fill):
    def draw(pen, pose):
        x = pose.turn * 7
        pen.blob(
            [
                (x - 31, -42),
                (x - 16, -52),
                (x, -46),
                (x + 16, -52),
                (x + 31, -42),
                (x + 18, -24),
                (x, -33),
                (x - 18, -24),
            ],
            fill,
            0,
        )

    return part(draw)


def goggles(pen, pose):
    pen.stroke([(-35, -58), (0, -64), (35, -58)], 7, "#6b4a2f")
    for side in (-1, 1):
        pen.oval(side * 14 + pose.turn * 5, -63, 12, 11, "#c98a3a", 1.5)
        pen.oval(side * 14 + pose.turn * 5, -63, 8, 7.4, "#7fd6e8", 1.5)


def stripes(fill):
    def draw(pen, pose):
        for side in (-1, 1):
            for y in (-34, -26):
                pen.stroke([(side * 36, y), (side * 27, y + 1)], 3.6, fill, curve=False)
        for x in (-8, 0, 8):
            pen.stroke([(x, -70), (x, -60)], 3.6, fill, curve=False)

    return part(draw)


def tentacles(pen, pose):
    for k, x in enumerate((-28, -14, 0, 14, 28)):
        swing = pose.sway * 8 * (1 if k % 2 else -1)
        pen.limb(
            [(x * 0.6, 40), (x * 0.9, 66), (x * 1.3 + swing, 88), (x * 1.5 + swing + (8 if x >= 0 else -8), 88)],
            12,
            "#55c9c2" if k % 2 else "#3fb0b4",
        )


def spots(fill, places):
    def draw(pen, pose):
        for x, y, size in places:
            pen.oval(x + pose.turn * 4, y, size, size * 0.85, fill, outline=False)

    return part(draw)


def ghost_body(pen, pose):
    blow = pose.sway * 8
    rags = [(42, 78), (26, 68), (12, 86), (-4, 70), (-18, 86), (-28, 68), (-42, 80)]
    outline = [(-26, -12), (26, -12), (36, 30), *((x + blow, y) for x, y in rags), (-36, 30)]
    pen.shape(smooth(outline), "#cdb4f6", 6)
    pen.oval(0, 24, 13, 13, "#fff3b0")


def crown(pen, pose):
    pen.shape([(-22, -66), (-27, -90), (-12, -78), (0, -97), (12, -78), (27, -90), (22, -66)], "#f7c948", 3)
    for x, y in ((-27, -91), (0, -98), (27, -91)):
        pen.oval(x, y, 4, 4, "#ff5d7a")


def bow(pen, pose):
    for side in (-1, 1):
        pen.blob([(0, -2), (side * 18, -11), (side * 20, 9)], "#e0393e", 2)
    pen.oval(0, -1, 4.5, 4.5, "#b8262e")


def flower(pen, pose):
    for k in range(6):
        x, y = ring(24, -64, 7, 7, 60 * k, 60 * k + 1, 1)[0]
        pen.oval(x, y, 5, 5, "#ff86b0", 1)
    pen.oval(24, -64, 4.6, 4.6, "#ffd23f")


def whiskers(pen, pose):
    for side in (-1, 1):
        for y in (-24, -19):
            pen.stroke([(side * 20 + pose.turn * 9, y), (side * 40 + pose.turn * 5, y * 1.3 + 4)], 1.2, curve=False)


def tutu_collar(pen, pose):
    for x in (-18, -6, 6, 18):
        pen.oval(x, 0, 9, 6, "#ffffff", 1.5)


def bobble(fill):
    return part(lambda pen, pose: pen.oval(pose.sway * 4, -89, 8, 8, fill, 2))
