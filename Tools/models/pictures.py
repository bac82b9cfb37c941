"""Pictures for golden vectors, drawn by arithmetic, and what is done to pictures in a second implementation."""

import struct
import zlib

import numpy as np

NAMES = ("shapes", "landscape", "fabric")


def shapes(x, y):
    """A disc, a ring and a bar on a ground that goes from blue to white."""
    picture = np.stack([80 + 150 * y, 130 + 110 * y, 215 + 35 * y], -1)
    picture[np.hypot(x - 0.33, y - 0.4) < 0.2] = (214, 40, 44)
    picture[np.abs(np.hypot(x - 0.7, y - 0.62) - 0.17) < 0.045] = (250, 205, 30)
    picture[(np.abs(x - 0.6) < 0.32) & (np.abs(y - 0.18) < 0.06)] = (28, 96, 52)
    return picture


def landscape(x, y):
    """Sky with a sun, two rows of hills and a meadow."""
    picture = np.stack([120 + 120 * y, 170 + 50 * y, 235 - 40 * y], -1)
    picture[np.hypot(x - 0.72, y - 0.2) < 0.09] = (255, 240, 170)
    for base, height, speed, colour in ((0.5, 0.1, 9, (96, 112, 134)), (0.62, 0.07, 17, (70, 92, 66))):
        picture[y > base + height * np.sin(speed * x + base)] = colour
    meadow = y > 0.74
    blades = 30 * np.sin(160 * x + 40 * y * y)
    picture[meadow] = np.stack([70 + blades, 138 + blades, 48 + 0 * blades], -1)[meadow]
    return picture


def fabric(x, y):
    """Woven threads in three colours, with a shadow."""
    warp, weft = np.sin(2 * np.pi * 14 * x), np.sin(2 * np.pi * 11 * (y + 0.1 * x))
    over = (warp * weft > 0)[..., None]
    threads = np.where(over, np.array([182.0, 60, 74]), np.array([232.0, 214, 180]))
    threads = threads + 22 * np.stack([warp, weft, warp * weft], -1)
    return threads * (1 - 0.35 * np.clip(x + y - 0.9, 0, 1))[..., None]


def golden(name, side):
    """One of the pictures, uint8 [side, side, 3]."""
    centres = (np.arange(side) + 0.5) / side
    x, y = np.meshgrid(centres, centres)
    draw = {"shapes": shapes, "landscape": landscape, "fabric": fabric}[name]
    return np.clip(np.round(draw(x, y)), 0, 255).astype(np.uint8)


def write_png(path, picture):
    """Writes uint8 [height, width, 3]."""
    height, width, _ = picture.shape

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9))
                     + chunk(b"IEND", b""))


def planes(picture):
    """float64 [3, height, width] of uint8 [height, width, 3], values 0...255."""
    return picture.transpose(2, 0, 1).astype(np.float64)


def cubic(x):
    """Keys' kernel with a = -0.5."""
    x = np.abs(x)
    return np.where(x < 1, (1.5 * x - 2.5) * x * x + 1, np.where(x < 2, ((2.5 - 0.5 * x) * x - 4) * x + 2, 0))


def reduced(planes, side):
    """[3, side, side] of larger square planes by the bicubic filter of Pillow, which averages all source pixels."""
    source = planes.shape[-1]
    scale = source / side
    centres = (np.arange(side)[:, None] + 0.5) * scale
    weights = cubic((np.arange(source)[None, :] + 0.5 - centres) / scale)
    weights /= weights.sum(1, keepdims=True)
    return np.clip(weights @ planes @ weights.T, 0, 255)
