#!/usr/bin/env python3
"""Writes the built-in image embedder `scatter` as OpenVINO IR. Nothing in it is trained.

    python3 -m venv .venv && .venv/bin/pip install -r Tools/requirements.txt
    .venv/bin/python Tools/make_scatter.py [FOLDER]        # default: ModelFolders/scatter

Pinned: numpy 2.4.6, openvino 2026.4.1. The same versions write the same bytes.

The mathematics (docs/models/scatter.md has the same with formulae):

1. Opponent colours. Y = 0.299 R + 0.587 G + 0.114 B; a = (R - G) / 2; b = (R + G) / 4 - B / 2. Dividing a and b by
   Y + 0.15 takes most of the brightness of the light out of them; c -> c / (0.3 + |c|) spreads pale colours.
2. Wavelets. psi is a Morlet wavelet, G(u) (exp(i xi u) - beta), beta such that its sum is 0. It is turned to
   6 directions, and put on a pyramid of 4 octaves (2 x 2 pixels become their average).
   First order:  U1[j, t] = |x * psi[j, t]|, for luminance at 4 octaves, for a and b at octaves 1..3.
   Second order: U2[j1, t1, j2, t2] = |U1[j1, t1] * psi[j2, t2]| with j2 > j1, on luminance.
3. Low pass. Averages under fixed windows: Gaussians on a 2 x 2 grid, one in the middle, and the whole picture.
   Second order is also averaged over t1 at fixed t2 - t1 (mod 180 degrees).
   Mirroring a picture mirrors the windows and turns direction t to -t, so the mean of what a picture and its mirrored
   copy give is a sum over exchanged numbers. Each of these numbers becomes that mean plus SIDED of its difference.
4. Colour statistics. Histograms with linear B-splines as bins, in the middle: 7 x 7 over (a, b), once with equal
   weights, once weighted by a^2 + b^2, so that pale backgrounds count little; 8 over Y (also of the whole picture).
   And the zeroth order: Y, a, b averaged on a 4 x 4 grid.
5. Compression. log(S + e) for the orders 1 and 2, square root (Hellinger) for histograms. Then a fixed mean goes:
   that of all entries of the group, and for histograms the analytic mean of a flat histogram.
6. Each group is brought to length 1 (less when it holds hardly more than rounding, as in flat pictures) and multiplied
   by the square root of its share; shares add up to 1. So the cosine of two pictures is the average of the groups'
   cosines, weighted by share.
7. Pictures without colour. Their colour groups say only that there is none, which is as far from every coloured
   picture. So the colour groups are multiplied by E^2 / (E^2 + GREY^2), E being the mean of a^2 + b^2: nearly 1 for
   all that has colour, 0 for grey pictures, which are then compared by light and shape alone.

Sources: J. Bruna, S. Mallat, Invariant Scattering Convolution Networks, IEEE TPAMI 35(8), 2013;
L. Sifre, S. Mallat, Rotation, Scaling and Deformation Invariant Scattering, CVPR 2013;
M. Swain, D. Ballard, Color Indexing, IJCV 7(1), 1991;
R. Arandjelovic, A. Zisserman, Three things everyone should know to improve object retrieval, CVPR 2012 (Hellinger).
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import openvino as ov
import openvino.opset13 as op

LUMA = (0.299, 0.587, 0.114)  # BT.601
SIZE = 128  # side of the input, pixels
OCTAVES = 4
DIRECTIONS = 6
KERNEL = 7  # side of the wavelet's support, pixels of its octave
XI = 0.7 * np.pi  # centre frequency, radians a pixel
SIGMA = 1.2  # Gaussian's width along the wave, pixels
SLANT = 0.6  # 1 / elongation across it
LIGHT = 0.15  # keeps chromaticity calm in the dark
KNEE = 0.3  # chromaticity that is mapped to one half
HUES = 7  # bins an axis of the palettes
PALETTE_EDGE = 0.75  # outermost bin, companded chromaticity
CHROMA_FLOOR = 1e-3  # weight of grey among the vivid colours
GREYS = 8  # bins of luminance
MIDDLE = 0.22  # width of the middle window, part of the side
LOG_FLOOR = 3e-3
SIDED = 0.5  # part of the difference between left and right that is kept
GREY = 5e-4  # mean of a^2 + b^2 at which the colour groups count half
SHAPE_WINDOWS = ("middle", 2)
COLOUR_SHAPE_WINDOWS = ("whole", "middle")

# Share of each group in the cosine.
SHARES = {
    "palette": 0.10,
    "vivid": 0.40,
    "greys": 0.05,
    "light_layout": 0.033,
    "colour_layout": 0.067,
    "shape": 0.05,
    "colour_shape": 0.15,
    "texture": 0.15,
}

# Groups that hold nothing of a picture without colour.
COLOURED = {"palette", "vivid", "colour_layout", "colour_shape"}

# Squared lengths below which a group has nothing to say: a flat picture's is rounding, which must not be blown up.
CALM = {
    "palette": 1e-3,
    "vivid": 1e-3,
    "greys": 1e-3,
    "light_layout": 1e-2,
    "colour_layout": 1e-2,
    "shape": 1.0,
    "colour_shape": 1.0,
    "texture": 1.0,
}


def constant(values):
    """A float32 constant of the graph."""
    return op.constant(np.asarray(values, np.float32))


def integers(*values):
    """An int64 constant of the graph, for shapes and axes."""
    return op.constant(np.asarray(values, np.int64))


def reshape(x, *shape):
    """The same values in another shape; -1 is the rest."""
    return op.reshape(x, integers(*shape), False)


def morlet():
    """The wavelets, complex, [directions, KERNEL, KERNEL], each with mean 0 and absolute sum 1."""
    radius = KERNEL // 2
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float64)
    wavelets = []
    for k in range(DIRECTIONS):
        angle = np.pi * k / DIRECTIONS
        u = x * np.cos(angle) + y * np.sin(angle)
        v = y * np.cos(angle) - x * np.sin(angle)
        envelope = np.exp(-(u**2 + (SLANT * v) ** 2) / (2 * SIGMA**2))
        wave = np.exp(1j * XI * u)
        psi = envelope * (wave - (envelope * wave).sum() / envelope.sum())
        wavelets.append(psi / np.abs(psi).sum())
    return np.array(wavelets)


def mirror(x, by):
    """The picture goes on mirrored over its edges, so that edges make no waves."""
    return op.pad(x, integers(0, 0, by, by), integers(0, 0, by, by), "reflect")


def convolve(x, kernels, stride):
    """A convolution (as networks mean it: a correlation) without padding."""
    return op.convolution(x, constant(kernels), [stride] * 2, [0, 0], [0, 0], [1, 1])


def modulus(x, stride):
    """[m, 1, n, n] -> [m, DIRECTIONS, n / stride, n / stride]: the modulus of the wavelet transform."""
    psi = morlet()[:, None]
    waves = convolve(mirror(x, KERNEL // 2), np.concatenate([psi.real, psi.imag]), stride)
    # One convolution for both parts, and one that adds the squares up, are faster than two and a sum.
    pairs = np.concatenate([np.eye(DIRECTIONS), np.eye(DIRECTIONS)], 1)[:, :, None, None]
    return op.sqrt(op.add(convolve(op.multiply(waves, waves), pairs, 1), constant(1e-8)))


def halved(x):
    """The next octave: 2 x 2 pixels become their average."""
    return op.avg_pool(x, [2, 2], [0, 0], [0, 0], [2, 2], True)


def windows(side, *kinds):
    """Averaging windows over side x side pixels, [side * side, count]: "whole", "middle" or the grid's size."""
    at = (np.arange(side) + 0.5) / side
    columns = []
    for kind in kinds:
        if kind == "whole":
            columns.append(np.ones((side, side)))
        elif kind == "middle":
            bell = np.exp(-((at - 0.5) ** 2) / (2 * MIDDLE**2))
            columns.append(np.outer(bell, bell))
        else:
            bells = [np.exp(-((at - (k + 0.5) / kind) ** 2) * 2 * kind**2) for k in range(kind)]
            columns += [np.outer(vertical, horizontal) for vertical in bells for horizontal in bells]
    return np.stack([(column / column.sum()).ravel() for column in columns], 1)


def mirrored_windows(*kinds):
    """The order of the windows' columns after a picture is mirrored."""
    order = []
    for kind in kinds:
        start = len(order)
        count = 1 if isinstance(kind, str) else kind
        order += [start + row * count + count - 1 - column for row in range(count) for column in range(count)]
    return order


def mirrored_directions(groups=1):
    """The order of the directions after a picture is mirrored, for groups of them behind each other."""
    return [group * DIRECTIONS + -t % DIRECTIONS for group in range(groups) for t in range(DIRECTIONS)]


def unsided(x, *orders):
    """The mean of x and of what the mirrored picture gives, plus a part of their difference.

    Each of `orders` is an axis and the order of its numbers after a picture is mirrored.
    """
    mirrored = x
    for axis, order in orders:
        mirrored = op.gather(mirrored, integers(*order), integers(axis))
    return op.add(
        op.multiply(x, constant((1 + SIDED) / 2)), op.multiply(mirrored, constant((1 - SIDED) / 2)))


def averages(x, channels, side, *kinds):
    """[n, channels, side, side] -> [n, channels, windows]."""
    return op.matmul(reshape(x, -1, channels, side * side), constant(windows(side, *kinds)), False, False)


def centred(x, axes):
    """Without its mean over the axes."""
    return op.subtract(x, op.reduce_mean(x, integers(*axes), True))


def logarithm(x):
    """Compressed, with a floor that noise and flat pictures do not pass."""
    return op.log(op.add(x, constant(LOG_FLOOR)))


def unit(x, share, calm):
    """[n, ...] -> [n, size] of length sqrt(share); less when its square is not far above `calm`."""
    x = op.reshape(x, integers(0, -1), True)
    length = op.sqrt(op.add(op.reduce_sum(op.multiply(x, x), integers(1), True), constant(calm)))
    return op.multiply(op.divide(x, length), constant(np.sqrt(share)))


def luminance(pixels):
    """RGB 0..1 [n, 3, s, s] -> luminance -0.5..0.5 [n, 1, s, s]."""
    return op.subtract(convolve(pixels, np.array(LUMA)[None, :, None, None], 1), constant(0.5))


def opponents(pixels):
    """RGB 0..1 [n, 3, s, s] -> luminance -0.5..0.5 and both companded chromaticities -1..1, [n, 3, s, s]."""
    grey = luminance(pixels)
    chroma = convolve(pixels, np.array([[0.5, -0.5, 0], [0.25, 0.25, -0.5]])[:, :, None, None], 1)
    chroma = op.divide(chroma, op.add(grey, constant(0.5 + LIGHT)))
    return op.concat([grey, op.divide(chroma, op.add(op.abs(chroma), constant(KNEE)))], 1)


def hats(x, low, high, count):
    """[n, 1, p] -> [n, count, p]: memberships in linear B-splines, adding up to 1."""
    centres = np.linspace(low, high, count)[None, :, None]
    x = op.clamp(x, low, high)
    far = op.abs(op.multiply(op.subtract(x, constant(centres)), constant((count - 1) / (high - low))))
    return op.relu(op.subtract(constant(1), far))


def channel(x, index):
    """One channel of [n, c, ...], as [n, 1, ...]."""
    return op.slice(x, integers(index), integers(index + 1), integers(1), integers(1))


def palette(colours, side):
    """Joint histograms of both chromaticities in the middle: of all colours alike, and of the vivid ones first."""
    red_green = reshape(channel(colours, 1), -1, 1, side * side)
    yellow_blue = reshape(channel(colours, 2), -1, 1, side * side)
    columns, rows = (hats(x, -PALETTE_EDGE, PALETTE_EDGE, HUES) for x in (red_green, yellow_blue))
    plain = windows(side, "middle").T
    chroma = op.add(op.multiply(red_green, red_green), op.multiply(yellow_blue, yellow_blue))
    vivid = op.multiply(op.add(chroma, constant(CHROMA_FLOOR)), constant(plain * side * side))
    vivid = op.divide(vivid, op.reduce_sum(vivid, integers(2), True))
    joint = [op.matmul(op.multiply(columns, weights), rows, False, True) for weights in (constant(plain), vivid)]
    return [op.subtract(op.sqrt(histogram), constant(1 / HUES)) for histogram in joint]


def greys(colours, side):
    """Histograms of luminance, of the whole picture and of its middle."""
    bins = hats(reshape(channel(colours, 0), -1, 1, side * side), -0.5, 0.5, GREYS)
    pooled = op.matmul(bins, constant(windows(side, "whole", "middle")), False, False)
    return op.subtract(op.sqrt(pooled), constant(GREYS**-0.5))


def texture(first, sides):
    """Second order on luminance in the middle, averaged over t1 at fixed t2 - t1: [n, octave pairs, differences, 1]."""
    turned = np.zeros((DIRECTIONS, DIRECTIONS, DIRECTIONS))
    for t1 in range(DIRECTIONS):
        for t2 in range(DIRECTIONS):
            turned[(t2 - t1) % DIRECTIONS, t1, t2] = 1 / DIRECTIONS
    turned = turned.reshape(1, DIRECTIONS, -1)
    paths = []
    for j1 in range(OCTAVES - 1):
        side, x = sides[j1], reshape(first[j1], -1, 1, sides[j1], sides[j1])
        for j2 in range(j1 + 1, OCTAVES):
            stride = 2 if side > 16 else 1
            second = averages(modulus(x, stride), DIRECTIONS, side // stride, "middle")
            second = op.matmul(constant(turned), reshape(second, -1, DIRECTIONS**2, 1), False, False)
            paths.append(reshape(second, -1, 1, DIRECTIONS, 1))
            if j2 < OCTAVES - 1:
                x, side = halved(x), side // 2
    differences = unsided(op.concat(paths, 1), (2, mirrored_directions()))
    return centred(logarithm(differences), (1, 2, 3))


def colourfulness(colours, side):
    """What the colour groups are multiplied by, [n, 1]: nearly 1 where there is colour, 0 where there is none."""
    chroma = op.slice(colours, integers(1), integers(3), integers(1), integers(1))
    energy = op.reduce_sum(averages(op.multiply(chroma, chroma), 2, side, "whole"), integers(1, 2), False)
    squared = reshape(op.multiply(energy, energy), -1, 1)
    return op.divide(squared, op.add(squared, constant(GREY**2)))


def groups(pixels):
    """All groups of features by name, before they are weighted, and what the colour groups are multiplied by."""
    side = SIZE // 2
    colours = opponents(halved(pixels))
    first, sides, colour_shape, found = [modulus(luminance(pixels), 2)], [side], [], {}
    octave = reshape(colours, -1, 1, side, side)
    for j in range(1, OCTAVES):
        stride = 2 if j < OCTAVES - 1 else 1
        small = side // stride
        waves = reshape(modulus(octave, stride), -1, 3 * DIRECTIONS, small, small)
        first.append(op.slice(waves, integers(0), integers(DIRECTIONS), integers(1), integers(1)))
        sides.append(small)
        tinted = op.slice(waves, integers(DIRECTIONS), integers(3 * DIRECTIONS), integers(1), integers(1))
        pooled = averages(tinted, 2 * DIRECTIONS, small, *COLOUR_SHAPE_WINDOWS)
        colour_shape.append(op.unsqueeze(pooled, integers(1)))
        if j < OCTAVES - 1:
            octave, side = halved(octave), side // 2
        if j == 1:
            small_colours = reshape(octave, -1, 3, side, side)
            found["palette"], found["vivid"] = palette(small_colours, side)
            found["greys"] = greys(small_colours, side)
            layout = unsided(averages(small_colours, 3, side, 4), (2, mirrored_windows(4)))
            layout = centred(layout, (2,))
            found["light_layout"] = channel(layout, 0)
            found["colour_layout"] = op.slice(layout, integers(1), integers(3), integers(1), integers(1))
            colour = colourfulness(small_colours, side)
    shape = [
        op.unsqueeze(averages(waves, DIRECTIONS, small, *SHAPE_WINDOWS), integers(1))
        for waves, small in zip(first, sides)
    ]
    shape = unsided(op.concat(shape, 1), (2, mirrored_directions()), (3, mirrored_windows(*SHAPE_WINDOWS)))
    found["shape"] = centred(logarithm(shape), (1, 2, 3))
    colour_shape = unsided(
        op.concat(colour_shape, 1), (2, mirrored_directions(2)), (3, mirrored_windows(*COLOUR_SHAPE_WINDOWS)))
    found["colour_shape"] = centred(logarithm(colour_shape), (1, 2, 3))
    found["texture"] = texture(first, sides)
    return found, colour


def model():
    """The whole network and the length of its output."""
    pixels = op.parameter(ov.PartialShape([-1, 3, SIZE, SIZE]), np.float32, name="pixel_values")
    pixels.output(0).set_names({"pixel_values"})
    found, colour = groups(pixels)
    parts = {name: unit(found[name], share, CALM[name]) for name, share in SHARES.items()}
    vector = op.concat(
        [op.multiply(part, colour) if name in COLOURED else part for name, part in parts.items()], 1)
    result = op.result(vector)
    result.set_friendly_name("image_embeds")
    vector.output(0).set_names({"image_embeds"})
    network = ov.Model([result], [pixels], "scatter")
    for index, node in enumerate(network.get_ordered_ops()):
        if node.get_type_name() not in ("Parameter", "Result"):
            node.set_friendly_name(f"{node.get_type_name()}_{index}")
    return network, network.output(0).get_partial_shape()[1].get_length()


def description(dims, files):
    """The model.json beside the weights; docs/models/model-json.md explains the fields."""
    return {
        "id": "scatter",
        "kind": "image-embedding",
        "description": "Wavelet scattering and colour statistics with fixed analytic filters, trained on nothing. "
        "Finds near copies and look-alikes (palette, layout, shape, texture). Not semantic: it does not know what a "
        "picture shows.",
        "licence": "Apache-2.0",
        "commercial": True,
        "source": "Tools/make_scatter.py",
        "revision": "2",
        "weights": "openvino_model.xml",
        "files": files,
        "image": {
            "width": SIZE,
            "height": SIZE,
            "resize": "cover",
            "interpolation": "bicubic",
            "channels": "RGB",
            "layout": "NCHW",
            "scale": 0.00392156862745098,
            "mean": [0, 0, 0],
            "std": [1, 1, 1],
            "background": [255, 255, 255],
        },
        "output": {"name": "image_embeds", "dims": dims, "normalise": True},
        "match": {
            "threshold": 0.91,
            "anchors": 64,
            "perHalving": 0.01,
            "measured": "At most 10 % of strangers on average over six sets of pictures (drawings, sprites, photos of "
            "cartons in a shop, drawn products, fruit): 10 % of pictures that are looked for without any picture of "
            "their character reach it, and 74 % of those whose most similar other picture is the right one. "
            "docs/models/evaluation.md has the figures of each set, and of fewer anchors.",
        },
        "goldens": "goldens.jsonl",
    }


def main():
    root = Path(__file__).resolve().parent.parent
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "ModelFolders" / "scatter"
    folder.mkdir(parents=True, exist_ok=True)
    network, dims = model()
    ov.save_model(network, str(folder / "openvino_model.xml"), compress_to_fp16=False)
    names = ("openvino_model.xml", "openvino_model.bin")
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    (folder / "model.json").write_text(json.dumps(description(dims, files), indent=2) + "\n")
    size = sum((folder / name).stat().st_size for name in names)
    print(f"scatter: {dims} dims, {size} bytes in {folder}")


if __name__ == "__main__":
    main()
