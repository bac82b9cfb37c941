#!/usr/bin/env python3
"""Measures the built-in embedder `scatter` in float32 and bfloat16; exit code 1 when it falls short.

    .venv/bin/python Tools/check_scatter.py                                # our own samples
    .venv/bin/python Tools/check_scatter.py --products FOLDER --photos FOLDER
    .venv/bin/python Tools/check_scatter.py --goldens                      # also writes Tests/Goldens/scatter* and
                                                                           # ModelFolders/scatter/golden*

Samples: each view but the first looks for its character among the first views, in its project and in all projects.
Products: FOLDER/<product>/*.jpg; each photo looks for its product among all other photos (leave one out); pictures
named iconic.* are left out. Photos: any pictures; prints the cosines of all pairs, the highest first.
Set-up: see Tools/requirements.txt. On machines without bfloat16 both columns show float32.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import openvino as ov
from PIL import Image, ImageDraw, ImageOps

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "ModelFolders" / "scatter"
PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}
GOLDENS = ["view-1", "view-3"]  # of three characters, see goldens()


def picture(path, size):
    """Upright, flattened on white, the middle square resized to size x size."""
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGBA")
    image = Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), image).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return image.resize((size, size), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))


class Embedder:
    """scatter on one core, compiled with one precision."""

    def __init__(self, precision):
        self.size = json.loads((MODEL / "model.json").read_text())["image"]["width"]
        hints = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"}
        self.request = ov.Core().compile_model(MODEL / "openvino_model.xml", "CPU", hints).create_infer_request()

    def embed(self, images):
        """[n, dims], each of length 1."""
        vectors = []
        for image in images:
            pixels = np.asarray(image, np.float32).transpose(2, 0, 1)[None] / 255
            vectors.append(np.array(self.request.infer([pixels])[0][0], np.float64))
        vectors = np.array(vectors)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def milliseconds(self, image, rounds=200):
        """The median time of one picture, decoded and resized before."""
        pixels = np.asarray(image, np.float32).transpose(2, 0, 1)[None] / 255
        times = []
        for _ in range(rounds + 20):
            start = time.perf_counter()
            self.request.infer([pixels])
            times.append(time.perf_counter() - start)
        return 1000 * float(np.median(times[20:]))


def samples():
    """Paths of the sample pictures, (project, character) and view of each."""
    paths = sorted((ROOT / "Samples").glob("*/*/view-*.jpg"))
    return paths, [(path.parts[-3], path.parts[-2]) for path in paths], [path.stem for path in paths]


def check_samples(vectors, owners, views, paths):
    """Top-1 share in the own project, and among all anchors."""
    anchors = [i for i, view in enumerate(views) if view == "view-1"]
    queries = [i for i, view in enumerate(views) if view != "view-1"]
    cosines = vectors @ vectors.T
    right = {"own project": 0, "all projects": 0}
    margins = []
    for query in queries:
        own = [a for a in anchors if owners[a][0] == owners[query][0]]
        for name, among in (("own project", own), ("all projects", anchors)):
            best = max(among, key=lambda a: cosines[query, a])
            right[name] += owners[best] == owners[query]
            if owners[best] != owners[query]:
                shown = paths[query].relative_to(ROOT)
                print(f"  miss ({name}): {shown} found {owners[best][1]} {cosines[query, best]:.3f}")
        true = max(cosines[query, a] for a in own if owners[a] == owners[query])
        margins.append(true - max(cosines[query, a] for a in own if owners[a] != owners[query]))
    same = "  ".join(f"{name} {count}/{len(queries)}" for name, count in right.items())
    print(f"  samples: {same}  margin min {min(margins):.3f} median {np.median(margins):.3f}")
    return right["own project"] == len(queries)


def check_products(vectors, labels):
    """Leave-one-out top-1 and top-5."""
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    order = np.argsort(-cosines, axis=1)
    hits = labels[order] == labels[:, None]
    other = labels[:, None] != labels[None]
    same = ~other & ~np.eye(len(labels), dtype=bool)
    print(
        f"  products: leave-one-out top-1 {hits[:, 0].mean():.3f} top-5 {hits[:, :5].any(1).mean():.3f}"
        f"  cosine same {cosines[same].mean():.3f} other {cosines[other].mean():.3f}"
    )
    return hits[:, 0].mean() >= 0.75


def show_photos(vectors, names):
    cosines = vectors @ vectors.T
    pairs = [(cosines[i, j], names[i], names[j]) for i in range(len(names)) for j in range(i)]
    print(f"  photos: median cosine of all pairs {np.median([pair[0] for pair in pairs]):.3f}; the highest:")
    for cosine, one, other in sorted(pairs, reverse=True)[:8]:
        print(f"    {cosine:.3f}  {one}  {other}")


def goldens(embedder):
    """Six pictures of exactly the input's size and their embeddings: no resampler stands between."""
    folder = ROOT / "Tests" / "Goldens" / "scatter"
    folder.mkdir(parents=True, exist_ok=True)
    paths, owners, views = samples()
    chosen = sorted(set(owners))[:: len(set(owners)) // 3][:3]
    vectors = {}
    for path, owner, view in zip(paths, owners, views):
        if owner in chosen and view in GOLDENS:
            image = picture(path, embedder.size)
            name = f"{owner[1]}-{view}.png"
            image.save(folder / name)
            vectors[name] = [round(float(value), 7) for value in embedder.embed([image])[0]]
    lines = [f'"{name}": {json.dumps(values)}' for name, values in vectors.items()]
    (folder.parent / "scatter.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"goldens: {len(vectors)} pictures in {folder.relative_to(ROOT)}")


def drawings(size):
    """Three small drawings of exactly the input's size, by name: shapes, stripes and rings."""
    shapes = Image.new("RGB", (size, size), (240, 232, 210))
    pen = ImageDraw.Draw(shapes)
    pen.rectangle((0, size * 3 // 4, size, size), fill=(70, 140, 80))
    pen.ellipse((size // 4, size // 6, size * 3 // 4, size * 2 // 3), fill=(214, 64, 48))
    left, middle, right = size // 8, size // 2, size * 7 // 8
    pen.polygon([(left, right), (middle, middle), (right, right)], fill=(40, 70, 150))
    stripes = Image.new("RGB", (size, size), (20, 24, 40))
    pen = ImageDraw.Draw(stripes)
    for index in range(0, size, size // 8):
        pen.rectangle((index, 0, index + size // 16 - 1, size), fill=(250, 200 - index, index + 60))
    rings = Image.new("RGB", (size, size), (90, 150, 190))
    pen = ImageDraw.Draw(rings)
    for index, inset in enumerate(range(0, size // 2, size // 16)):
        pen.ellipse((inset, inset, size - 1 - inset, size - 1 - inset), fill=(30 * index, 250 - 20 * index, 120))
    return {"golden-shapes.png": shapes, "golden-stripes.png": stripes, "golden-rings.png": rings}


def folder_goldens(embedder):
    """What `hearth models verify` compares with: drawings inside the model's folder and their embeddings."""
    lines = []
    for name, image in drawings(embedder.size).items():
        image.save(MODEL / name, optimize=True)
        vector = embedder.embed([image])[0].round(6) + 0.0  # no minus before a nought
        lines.append(json.dumps({"image": name, "vector": vector.tolist()}) + "\n")
    (MODEL / "goldens.jsonl").write_text("".join(lines))
    print(f"goldens: {len(lines)} drawings in {MODEL.relative_to(ROOT)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--products", type=Path, help="a folder of folders, one a product")
    parser.add_argument("--photos", type=Path, help="a folder of pictures")
    parser.add_argument("--goldens", action="store_true", help="write Tests/Goldens/scatter* and the folder's own")
    arguments = parser.parse_args()

    embedders = {precision: Embedder(precision) for precision in ("f32", "bf16")}
    size = embedders["f32"].size
    sets = {}
    paths, owners, views = samples()
    sets["samples"] = [picture(path, size) for path in paths]
    if arguments.products:
        found = sorted(p for p in arguments.products.glob("*/*.*") if p.suffix in PICTURES and p.stem != "iconic")
        labels = np.array([path.parent.name for path in found])
        sets["products"] = [picture(path, size) for path in found]
    if arguments.photos:
        photos = sorted(p for p in arguments.photos.iterdir() if p.suffix in PICTURES)
        sets["photos"] = [picture(path, size) for path in photos]
    sets = {name: images for name, images in sets.items() if images}

    good, vectors = True, {}
    for precision, embedder in embedders.items():
        one = next(iter(sets.values()))[0]
        print(f"{precision}: {embedder.milliseconds(one):.2f} ms a picture on one core")
        vectors[precision] = {name: embedder.embed(images) for name, images in sets.items()}
        if "samples" in sets:
            good &= check_samples(vectors[precision]["samples"], owners, views, paths)
        if "products" in sets:
            good &= check_products(vectors[precision]["products"], labels)
        if "photos" in sets:
            show_photos(vectors[precision]["photos"], [path.name for path in photos])
    lowest = min((vectors["f32"][name] * vectors["bf16"][name]).sum(1).min() for name in sets)
    print(f"bf16 against f32: lowest cosine {lowest:.5f}")
    good &= lowest >= 0.999
    if arguments.goldens:
        goldens(embedders["f32"])
        folder_goldens(embedders["f32"])
    print("good" if good else "NOT good enough")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
